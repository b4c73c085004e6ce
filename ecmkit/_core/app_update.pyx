# cython: auto_pickle=False
"""New weights in the field: ``ecm_app_update.h``."""

cimport cython
from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memcpy, memset

from ecmkit._core cimport ecm, ecm_update, ecm_watch
from ecmkit._core.base cimport check

UNIT_BYTES = <int>ecm_update.ECM_APP_UPDATE_UNIT_BYTES


def slot_bytes(uint32_t n) -> int:
    """Bytes of a slot for weights of n bytes: ``ECM_APP_UPDATE_SLOT_BYTES``."""
    return ecm_update.ECM_APP_UPDATE_SLOT_BYTES(n)


@cython.final
cdef class Updates:
    """The weights of a model on a device: the firmware's own, and two slots of flash.

    Parameters
    ----------
    firmware : bytes-like of uint8
        The block that came with the firmware; its ids are the model's.
    tables_len : int
        Number of tables.
    slots : bytes-like of uint8
        What the flash holds: two slots; copied.

    Raises
    ------
    ValueError
        If the block has no head, or the slots are not two of 64 bytes or more.
    """

    cdef ecm_update.ecm_app_update_cfg_t _cfg
    cdef ecm_update.ecm_app_update_t _st
    cdef ecm_watch.ecm_state_store_t _store
    cdef const uint8_t[::1] _firmware
    cdef uint8_t[::1] _memory
    cdef readonly bytearray image
    """What the flash holds now."""

    def __cinit__(
        self, const uint8_t[::1] firmware, uint32_t tables_len,
        const uint8_t[::1] slots,
    ):
        if firmware.shape[0] <= ecm_update.ECM_WEIGHTS_HEAD_BYTES:
            raise ValueError(f"firmware has {firmware.shape[0]} bytes, expected more")
        if slots.shape[0] % 2 or slots.shape[0] < 128:
            raise ValueError(f"slots have {slots.shape[0]} bytes, expected two slots")
        self.image = bytearray(slots)
        self._memory = self.image
        self._firmware = firmware
        memset(&self._st, 0, sizeof(self._st))
        memcpy(self._cfg.weights.contract_id, &firmware[16], 16)
        memcpy(self._cfg.weights.layout_id, &firmware[32], 16)
        self._cfg.weights.tables_len = tables_len
        self._cfg.firmware = &firmware[0]
        self._cfg.slots = &self._memory[0]
        self._cfg.slot_bytes = <uint32_t>(slots.shape[0] // 2)
        self._store.erase = memory_erase
        self._store.write = memory_write
        self._store.user = <void *>&self._memory[0]
        self._store.slot_bytes = self._cfg.slot_bytes

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

    def commit(self) -> None:
        """Let the new weights count, or raise ValueError and leave all as it was."""
        check(
            ecm_update.ecm_app_update_commit(&self._st, &self._cfg, &self._store)
        )

    def revert(self) -> None:
        """Take the newest weights back."""
        check(ecm_update.ecm_app_update_revert(&self._cfg, &self._store))

    def weights(self) -> int:
        """Which weights count: -1 for the firmware's own, or the slot."""
        cdef const uint8_t *found = <const uint8_t *>(
            ecm_update.ecm_app_update_weights(&self._cfg)
        )
        found -= ecm_update.ECM_WEIGHTS_HEAD_BYTES
        if found == self._cfg.firmware:
            return -1
        return (found - self._cfg.slots) // self._cfg.slot_bytes


cdef ecm.ecm_status_t memory_erase(
    void *user, uint32_t at, uint32_t length
) noexcept nogil:
    memset(<uint8_t *>user + at, 0xFF, length)
    return ecm.ECM_OK


cdef ecm.ecm_status_t memory_write(
    void *user, uint32_t at, const uint8_t *data, uint32_t length
) noexcept nogil:
    memcpy(<uint8_t *>user + at, data, length)
    return ecm.ECM_OK
