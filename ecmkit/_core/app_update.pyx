# cython: auto_pickle=False
"""New data in the field: ``ecm_app_update.h``."""

cimport cython
from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memcpy, memset

from ecmkit._core cimport ecm, ecm_update, ecm_watch
from ecmkit._core.base cimport check
from ecmkit._core.flash cimport flash_open

VERSION = <int>ecm_update.ECM_APP_UPDATE_VERSION
HEAD_BYTES = <int>ecm_update.ECM_APP_UPDATE_HEAD_BYTES
ID_BYTES = <int>ecm_update.ECM_APP_UPDATE_ID_BYTES
SIGNATURE_MIN = <int>ecm_update.ECM_APP_UPDATE_SIGNATURE_MIN
SIGNATURE_MAX = <int>ecm_update.ECM_APP_UPDATE_SIGNATURE_MAX
UNIT_BYTES = <int>ecm_update.ECM_APP_UPDATE_UNIT_BYTES
REASONS = {
    "none": <int>ecm_update.ECM_APP_UPDATE_NONE,
    "done": <int>ecm_update.ECM_APP_UPDATE_DONE,
    "format": <int>ecm_update.ECM_APP_UPDATE_FORMAT,
    "contract": <int>ecm_update.ECM_APP_UPDATE_CONTRACT,
    "layout": <int>ecm_update.ECM_APP_UPDATE_LAYOUT,
    "length": <int>ecm_update.ECM_APP_UPDATE_LENGTH,
    "old": <int>ecm_update.ECM_APP_UPDATE_OLD,
    "signature": <int>ecm_update.ECM_APP_UPDATE_SIGNATURE,
    "flash": <int>ecm_update.ECM_APP_UPDATE_FLASH,
    "incomplete": <int>ecm_update.ECM_APP_UPDATE_INCOMPLETE,
    "back": <int>ecm_update.ECM_APP_UPDATE_BACK,
    "taken": <int>ecm_update.ECM_APP_UPDATE_TAKEN,
}


def slot_bytes(uint32_t n) -> int:
    """Bytes of a slot for a block of n bytes: ``ECM_APP_UPDATE_SLOT_BYTES``."""
    return ecm_update.ECM_APP_UPDATE_SLOT_BYTES(n)


@cython.final
cdef class Updates:
    """The data of an application on a device: the firmware's own, and two slots.

    Parameters
    ----------
    firmware : bytes-like of uint8
        The block that came with the firmware; its ids are the application's.
    parts : sequence of (bytes or None, int)
        Of each part: contract and layout of its weights, 32 bytes, and their number of
        tables; or None, and its bytes. At most 8.
    slots : bytes-like of uint8
        What the flash holds: two slots; copied.

    Raises
    ------
    ValueError
        If the block has no head, or the slots are not two of 128 bytes or more.
    """

    cdef ecm_update.ecm_app_update_cfg_t _cfg
    cdef ecm_update.ecm_app_update_t _st
    cdef ecm_update.ecm_app_update_part_t[8] _parts
    cdef ecm_update.ecm_weights_cfg_t[8] _weights
    cdef ecm_watch.ecm_state_store_t _store
    cdef const uint8_t[::1] _firmware
    cdef uint8_t[::1] _memory
    cdef readonly bytearray image
    """What the flash holds now."""

    def __cinit__(self, const uint8_t[::1] firmware, parts, const uint8_t[::1] slots):
        cdef const uint8_t[::1] ids
        if firmware.shape[0] < ecm_update.ECM_APP_UPDATE_HEAD_BYTES:
            raise ValueError(f"firmware has {firmware.shape[0]} bytes, expected more")
        if slots.shape[0] % 2 or slots.shape[0] < 256:
            raise ValueError(f"slots have {slots.shape[0]} bytes, expected two slots")
        if len(parts) > 8:
            raise ValueError(f"parts has length {len(parts)}, expected at most 8")
        self.image = bytearray(slots)
        self._memory = self.image
        self._firmware = firmware
        memset(&self._st, 0, sizeof(self._st))
        for i, (ids, n) in enumerate(parts):
            self._parts[<int>i].weights = NULL
            self._parts[<int>i].check = NULL
            self._parts[<int>i].bytes = n
            if ids is not None:
                memcpy(self._weights[<int>i].contract_id, &ids[0], 16)
                memcpy(self._weights[<int>i].layout_id, &ids[16], 16)
                self._weights[<int>i].tables_len = n
                self._parts[<int>i].weights = &self._weights[<int>i]
        memcpy(self._cfg.contract_id, &firmware[32], 16)
        memcpy(self._cfg.layout_id, &firmware[48], 16)
        self._cfg.parts = self._parts
        self._cfg.parts_len = <uint32_t>len(parts)
        self._cfg.firmware = &firmware[0]
        self._cfg.slots = &self._memory[0]
        self._cfg.slot_bytes = <uint32_t>(slots.shape[0] // 2)
        flash_open(&self._store, &self._memory[0], self._cfg.slot_bytes)

    def start(self) -> bool:
        """Look at the slots after a reset; whether one was damaged and erased."""
        cdef ecm.ecm_status_t status = ecm_update.ecm_app_update_start(
            &self._cfg, &self._store
        )
        check(status)
        return status == ecm.ECM_MORE

    def begin(self, uint32_t length) -> None:
        """Begin an update of so many bytes."""
        check(
            ecm_update.ecm_app_update_begin(
                &self._st, &self._cfg, &self._store, length
            )
        )

    def write(self, const uint8_t[::1] data) -> None:
        """Take bytes."""
        cdef const uint8_t *first = &data[0] if data.shape[0] else NULL
        check(
            ecm_update.ecm_app_update_write(
                &self._st, &self._cfg, &self._store, first, <uint32_t>data.shape[0]
            )
        )

    def commit(self, verify) -> None:
        """Let the new data count, or raise ValueError and leave all as it was.

        Parameters
        ----------
        verify : callable
            (data, signature) -> whether the signature is right.
        """
        cdef list call = [verify, None]
        status = ecm_update.ecm_app_update_commit(
            &self._st, &self._cfg, &self._store, judge, <void *>call
        )
        if call[1] is not None:
            raise call[1]
        check(status)

    def revert(self) -> None:
        """Take the newest data back."""
        check(ecm_update.ecm_app_update_revert(&self._cfg, &self._store))

    @property
    def reason(self) -> int:
        """How the last update ended: one of `REASONS`."""
        return self._st.reason

    @property
    def version(self) -> int:
        """Version of the data that count."""
        return ecm_update.ecm_app_update_version(&self._cfg)

    def place(self) -> int:
        """Which data count: -1 for the firmware's own, or the slot."""
        cdef const uint8_t *found = ecm_update.ecm_app_update_data(&self._cfg)
        if found == self._cfg.firmware:
            return -1
        return (found - self._cfg.slots) // self._cfg.slot_bytes

    def part(self, uint32_t part, uint32_t length, *, firmware=False) -> bytes:
        """So many bytes of a part of the data that count, or of the firmware's own."""
        cdef const uint8_t *found = <const uint8_t *>(
            ecm_update.ecm_app_update_part_of(
                &self._cfg, self._cfg.firmware, part
            )
            if firmware
            else ecm_update.ecm_app_update_part(&self._cfg, part)
        )
        if found == NULL:
            raise ValueError(f"part is {part}, expected below {self._cfg.parts_len}")
        return <bytes>found[:length]


cdef ecm.ecm_status_t judge(
    void *user, const uint8_t *data, uint32_t length, const uint8_t *signature,
    uint32_t signature_bytes
) noexcept with gil:
    """Call [callable, None]; an exception takes the place of None."""
    cdef list call = <list>user
    try:
        if call[0](<bytes>data[:length], <bytes>signature[:signature_bytes]):
            return ecm.ECM_OK
    except Exception as error:
        call[1] = error
    return ecm.ECM_ERR_ARG
