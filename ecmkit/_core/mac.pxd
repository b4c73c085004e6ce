# Authentication codes by a Python callable, shared by the bindings of frames.
from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memcpy

from ecmkit._core.ecm cimport ECM_ERR_STATE, ECM_OK, ecm_status_t
from ecmkit._core.ecm_device cimport ECM_FRAME_MAC_BYTES


cdef inline ecm_status_t authenticate(
    void *user, const uint8_t *data, uint32_t length, uint8_t *mac
) noexcept with gil:
    """Call [callable, None]; an exception takes the place of None."""
    cdef list call = <list>user
    cdef bytes code
    try:
        code = bytes(call[0](<bytes>data[:length]))
        if len(code) < ECM_FRAME_MAC_BYTES:
            raise ValueError(
                f"mac gave {len(code)} bytes, expected >= {<int>ECM_FRAME_MAC_BYTES}"
            )
        memcpy(mac, <const char *>code, ECM_FRAME_MAC_BYTES)
    except Exception as error:
        call[1] = error
        return ECM_ERR_STATE
    return ECM_OK
