# cython: auto_pickle=False
"""States that survive a power cut: ``ecm_state.h``."""

cimport cython
from libc.stdint cimport uint8_t, uint32_t

from ecmkit._core cimport ecm_field, ecm_watch
from ecmkit._core.base cimport check
from ecmkit._core.flash cimport flash_open

VERSION = <int>ecm_watch.ECM_STATE_VERSION
HEAD_BYTES = <int>ecm_watch.ECM_STATE_HEAD_BYTES


def slot_bytes(uint32_t n) -> int:
    """Bytes that a slot needs for data of n bytes: ``ECM_STATE_SLOT_BYTES``."""
    return ecm_watch.ECM_STATE_SLOT_BYTES(n)


def crc32(uint32_t crc, const uint8_t[::1] data) -> int:
    """CRC-32 of bytes behind those of which `crc` is the checksum, 0 for none."""
    cdef const uint8_t *first = &data[0] if data.shape[0] else NULL
    return ecm_watch.ecm_state_crc32(crc, first, <uint32_t>data.shape[0])


@cython.final
cdef class Store:
    """Two slots in memory, as a device has them in flash.

    Parameters
    ----------
    image : bytes-like of uint8, even length
        What the flash holds; copied.

    Raises
    ------
    ValueError
        If the length is odd or 0.

    Attributes
    ----------
    image : bytearray
        What the flash holds now.
    """

    def __cinit__(self, const uint8_t[::1] image):
        if image.shape[0] == 0 or image.shape[0] % 2:
            raise ValueError(f"image has {image.shape[0]} bytes, expected two slots")
        self.image = bytearray(image)
        self._memory = self.image
        flash_open(&self._store, &self._memory[0], <uint32_t>(image.shape[0] // 2))

    def save(self, uint32_t type, const uint8_t[::1] data) -> None:
        """Save data as the newest record; ValueError if it does not fit."""
        cdef const uint8_t *first = &data[0] if data.shape[0] else NULL
        check(
            ecm_watch.ecm_state_save(
                &self._store, type, first, <uint32_t>data.shape[0]
            )
        )

    def load(self, uint32_t type) -> bytes:
        """Return the newest whole record; ValueError if there is none of this type."""
        cdef bytearray found = bytearray(self._store.slot_bytes)
        cdef uint8_t[::1] view = found
        cdef uint32_t length = 0
        check(
            ecm_watch.ecm_state_load(
                &self._store, type, &view[0], self._store.slot_bytes, &length
            )
        )
        return bytes(found[:length])

    def save_parts(self, uint32_t type, list parts) -> None:
        """Save bytes-like pieces, at most 8, as one record."""
        cdef ecm_field.ecm_state_part_t[8] pieces
        cdef list kept = [bytearray(part) for part in parts]
        cdef Py_ssize_t i
        if len(kept) > 8:
            raise ValueError(f"{len(kept)} parts, expected at most 8")
        for i in range(len(kept)):
            pieces[i].data = <void *><char *>kept[i]
            pieces[i].bytes = <uint32_t>len(kept[i])
        check(
            ecm_field.ecm_state_save_parts(
                &self._store, type, pieces, <uint32_t>len(kept)
            )
        )

    def load_parts(self, uint32_t type, list lengths) -> tuple[list[bytes], int]:
        """Return pieces of the newest record, at most 8, and its bytes in all."""
        cdef ecm_field.ecm_state_part_t[8] pieces
        cdef list found = [bytearray(n) for n in lengths]
        cdef uint32_t length = 0
        cdef Py_ssize_t i
        if len(found) > 8:
            raise ValueError(f"{len(found)} parts, expected at most 8")
        for i in range(len(found)):
            pieces[i].data = <void *><char *>found[i]
            pieces[i].bytes = <uint32_t>len(found[i])
        check(
            ecm_field.ecm_state_load_parts(
                &self._store, type, pieces, <uint32_t>len(found), &length
            )
        )
        return [bytes(part) for part in found], length

    def load_before(self, uint32_t type) -> bytes:
        """Return the record before it."""
        cdef bytearray found = bytearray(self._store.slot_bytes)
        cdef uint8_t[::1] view = found
        cdef uint32_t length = 0
        check(
            ecm_field.ecm_state_load_before(
                &self._store, type, &view[0], self._store.slot_bytes, &length
            )
        )
        return bytes(found[:length])

    def revert(self) -> None:
        """Take the newest record back; ValueError if there is none before it."""
        check(ecm_field.ecm_state_revert(&self._store))
