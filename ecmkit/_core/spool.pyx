# cython: auto_pickle=False
"""Frames that wait in flash: ``ecm_spool.h``."""

cimport cython
from libc.stdint cimport uint8_t, uint32_t

from ecmkit._core cimport ecm, ecm_field, ecm_watch
from ecmkit._core.base cimport check
from ecmkit._core.flash cimport flash_open

VERSION = <int>ecm_field.ECM_SPOOL_VERSION
HEAD_BYTES = <int>ecm_field.ECM_SPOOL_HEAD_BYTES


def frame_bytes(uint32_t n) -> int:
    """Bytes of a sector that a frame of n takes: ``ECM_SPOOL_FRAME_BYTES``."""
    return ecm_field.ECM_SPOOL_FRAME_BYTES(n)


@cython.final
cdef class Spool:
    """Frames in sectors of memory, as a device has them in flash; opened at once.

    Parameters
    ----------
    image : bytes-like of uint8
        What the flash holds: sectors of `sector_bytes`; copied.
    sector_bytes : int
        A multiple of 16, 64 or more.

    Raises
    ------
    ValueError
        If these are not two sectors or more.

    Attributes
    ----------
    image : bytearray
        What the flash holds now.
    """

    cdef ecm_field.ecm_spool_cfg_t _cfg
    cdef ecm_field.ecm_spool_t _st
    cdef ecm_watch.ecm_state_store_t _store
    cdef uint8_t[::1] _memory
    cdef readonly bytearray image

    def __cinit__(self, const uint8_t[::1] image, uint32_t sector_bytes):
        if sector_bytes == 0 or image.shape[0] == 0 or image.shape[0] % sector_bytes:
            raise ValueError(
                f"image has {image.shape[0]} bytes, expected sectors of {sector_bytes}"
            )
        self.image = bytearray(image)
        self._memory = self.image
        flash_open(&self._store, &self._memory[0], sector_bytes)
        self._cfg.flash = &self._store
        self._cfg.sectors = <uint32_t>(image.shape[0] // sector_bytes)
        check(ecm_field.ecm_spool_open(&self._st, &self._cfg))

    @property
    def waiting(self) -> int:
        """Frames that are not acknowledged."""
        return ecm_field.ecm_spool_waiting(&self._st)

    @property
    def dropped(self) -> int:
        """Frames that are gone without an acknowledgement."""
        return self._st.dropped

    def append(self, const uint8_t[::1] data) -> None:
        """Keep a frame; ValueError if it does not fit into a sector."""
        cdef uint8_t none = 0
        cdef const uint8_t *first = &data[0] if data.shape[0] else &none
        check(
            ecm_field.ecm_spool_append(
                &self._st, &self._cfg, first, <uint32_t>data.shape[0]
            )
        )

    def next(self, uint32_t largest=65535) -> tuple[int, bytes] | None:
        """Number and bytes of the next frame; None if all were given out."""
        cdef bytearray found = bytearray(max(largest, 1))
        cdef uint8_t[::1] view = found
        cdef uint32_t length = 0, number = 0
        cdef ecm.ecm_status_t status = ecm_field.ecm_spool_next(
            &self._st, &self._cfg, &view[0], largest, &length, &number
        )
        check(status)
        return None if status == ecm.ECM_MORE else (number, bytes(found[:length]))

    def pass_over(self) -> bool:
        """Pass over the next frame; whether there was one."""
        cdef ecm.ecm_status_t status = ecm_field.ecm_spool_pass(&self._st, &self._cfg)
        check(status)
        return status != ecm.ECM_MORE

    def rewind(self) -> None:
        """Give out again what is not acknowledged."""
        check(ecm_field.ecm_spool_rewind(&self._st))

    def ack(self, uint32_t number) -> None:
        """Acknowledge a frame and all before it."""
        check(ecm_field.ecm_spool_ack(&self._st, &self._cfg, number))
