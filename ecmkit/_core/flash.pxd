# Flash in the memory of the host, shared by the bindings of what is kept in flash.
from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memcpy, memset

from ecmkit._core.ecm cimport ECM_OK, ecm_status_t
from ecmkit._core.ecm_watch cimport ecm_state_store_t


cdef inline ecm_status_t flash_read(
    void *user, uint32_t at, uint8_t *data, uint32_t length
) noexcept nogil:
    memcpy(data, <const uint8_t *>user + at, length)
    return ECM_OK


cdef inline ecm_status_t flash_erase(
    void *user, uint32_t at, uint32_t length
) noexcept nogil:
    memset(<uint8_t *>user + at, 0xFF, length)
    return ECM_OK


cdef inline ecm_status_t flash_write(
    void *user, uint32_t at, const uint8_t *data, uint32_t length
) noexcept nogil:
    memcpy(<uint8_t *>user + at, data, length)
    return ECM_OK


cdef inline void flash_open(
    ecm_state_store_t *store, uint8_t *memory, uint32_t slot_bytes
) noexcept nogil:
    """Let a store be this memory."""
    store.read = flash_read
    store.erase = flash_erase
    store.write = flash_write
    store.user = <void *>memory
    store.slot_bytes = slot_bytes
