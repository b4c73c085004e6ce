# cython: auto_pickle=False
"""What a device is told: ``ecm_command.h``."""

cimport cython
from libc.stdint cimport uint8_t, uint32_t

from ecmkit._core cimport ecm, ecm_field
from ecmkit._core.base cimport check
from ecmkit._core.mac cimport authenticate
from ecmkit._core.state cimport Store

VERSION = <int>ecm_field.ECM_COMMAND_VERSION
MAX_BYTES = <int>ecm_field.ECM_COMMAND_MAX_BYTES
INTERVAL_MAX = <int>ecm_field.ECM_COMMAND_INTERVAL_MAX
STATE_TYPE = <int>ecm_field.ECM_COMMAND_STATE_TYPE
STATE_BYTES = <int>ecm_field.ECM_COMMAND_STATE_BYTES
ACK_ALARMS = <int>ecm_field.ECM_COMMAND_ACK_ALARMS
CHUNKS = <int>ecm_field.ECM_COMMAND_CHUNKS
RELEARN = <int>ecm_field.ECM_COMMAND_RELEARN
INTERVAL = <int>ecm_field.ECM_COMMAND_INTERVAL
ACK_FRAMES = <int>ecm_field.ECM_COMMAND_ACK_FRAMES
REARM = <int>ecm_field.ECM_COMMAND_REARM
GUARDED = <int>ecm_field.ECM_COMMAND_GUARDED
FORCED = <int>ecm_field.ECM_COMMAND_FORCED
BACK = <int>ecm_field.ECM_COMMAND_BACK


@cython.final
cdef class Commands:
    """The commands of one device.

    Parameters
    ----------
    device_id : int
    mac : callable or None
        bytes -> code of at least 4 bytes; None: no code is asked for.

    Attributes
    ----------
    last : int
        Number of the last command, 0 for none.
    """

    cdef ecm_field.ecm_command_cfg_t _cfg
    cdef ecm_field.ecm_command_t _st
    cdef list _call

    def __cinit__(self, uint32_t device_id, mac):
        self._call = [mac, None]
        self._cfg.device_id = device_id
        self._cfg.mac = NULL
        self._cfg.mac_user = <void *>self._call
        if mac is not None:
            self._cfg.mac = authenticate
        check(ecm_field.ecm_command_init(&self._st))

    @property
    def last(self) -> int:
        """Number of the last command."""
        return self._st.last

    def decode(self, const uint8_t[::1] data) -> tuple[int, int, int, int, bool]:
        """Number, kind, both values, and whether it is a command that there is.

        ValueError if it is refused.
        """
        cdef uint8_t none = 0
        cdef const uint8_t *first = &data[0] if data.shape[0] else &none
        cdef ecm_field.ecm_command_order_t order
        cdef ecm.ecm_status_t status = ecm_field.ecm_command_decode(
            &self._st, &self._cfg, first, <uint32_t>data.shape[0], &order
        )
        error = self._call[1]
        self._call[1] = None
        if error is not None:
            raise error
        check(status)
        return (order.seq, order.kind, order.value[0], order.value[1],
                status == ecm.ECM_OK)

    def save(self, Store store) -> None:
        """Save the number of the last command."""
        check(ecm_field.ecm_command_save(&self._st, &store._store))

    def load(self, Store store) -> None:
        """Go on from the number that was saved; ValueError if there is none."""
        check(ecm_field.ecm_command_load(&self._st, &store._store))
