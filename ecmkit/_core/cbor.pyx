"""Heads of CBOR items: ``ecm_cbor.h``."""

from libc.stdint cimport uint8_t, uint32_t

from ecmkit._core cimport ecm_field

HEAD_MAX = <int>ecm_field.ECM_CBOR_HEAD_MAX


def put_number(uint32_t value, uint32_t length) -> bytes:
    """Lowest bytes of a number, most significant first; at most 4."""
    cdef uint8_t[4] raw
    if length > 4:
        raise ValueError(f"length is {length}, expected 0 ... 4")
    ecm_field.ecm_cbor_put_number(raw, value, length)
    return <bytes>raw[:length]


def put_head(uint32_t major, uint32_t value) -> bytes:
    """Head of an item; `major` in the upper three bits of a byte."""
    cdef uint8_t[5] raw
    cdef uint8_t *end = ecm_field.ecm_cbor_put_head(raw, major, value)
    return <bytes>raw[: end - &raw[0]]


def get_head(const uint8_t[::1] data, uint32_t major) -> tuple[int, int] | None:
    """Argument and bytes of the head that begins here; None if it is no such head."""
    cdef uint32_t value = 0
    cdef const uint8_t *end
    if data.shape[0] == 0:
        return None
    end = ecm_field.ecm_cbor_get_head(
        &data[0], &data[0] + data.shape[0], major, &value
    )
    return None if end == NULL else (value, end - &data[0])
