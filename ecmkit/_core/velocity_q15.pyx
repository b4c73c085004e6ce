# cython: auto_pickle=False
"""RMS of vibration velocity in integers: ``ecm_velocity_q15.h``."""

cimport cython
from libc.stdint cimport int16_t, uint16_t, uint32_t

from ecmkit._core cimport ecm, ecm_machine as c
from ecmkit._core.base cimport check


@cython.final
cdef class VelocityQ15:
    """Settings and state of a meter of 16-bit samples, at its start.

    Parameters
    ----------
    c1, c2, c1_shift, c2_shift, b0, b1, a1, a2, up, gain : int
        Of the sections, as the header names them.
    factor, settle_len, block_len : int
        Samples for an output; outputs that are left out, and in a block.

    Raises
    ------
    ValueError
        If the device library refuses.
    """

    cdef c.ecm_velocity_q15_cfg_t _cfg
    cdef c.ecm_velocity_q15_t _st

    def __cinit__(
        self, *, int16_t c1, int16_t c2, uint16_t c1_shift, uint16_t c2_shift,
        int16_t b0, int16_t b1, int16_t a1, int16_t a2, uint16_t up, uint16_t factor,
        uint32_t gain, uint32_t settle_len, uint32_t block_len
    ):
        self._cfg = c.ecm_velocity_q15_cfg_t(
            c1=c1, c2=c2, c1_shift=c1_shift, c2_shift=c2_shift, b0=b0, b1=b1, a1=a1,
            a2=a2, up=up, factor=factor, gain=gain, settle_len=settle_len,
            block_len=block_len
        )
        self.start()

    def start(self) -> None:
        """Start over."""
        check(c.ecm_velocity_q15_init(&self._st, &self._cfg))

    def update(self, const int16_t[::1] x) -> None:
        """Take samples, shape (n,)."""
        cdef ecm.ecm_status_t status
        cdef const int16_t *data = &x[0] if x.shape[0] else NULL
        with nogil:
            status = c.ecm_velocity_q15_update(
                &self._st, &self._cfg, data, <uint32_t>x.shape[0]
            )
        check(status)

    def rms(self) -> int | None:
        """RMS over the span in Q16.16; None while warming up."""
        cdef uint32_t rms = 0
        cdef ecm.ecm_status_t status
        status = c.ecm_velocity_q15_rms(&self._st, &self._cfg, &rms)
        check(status)
        return rms if status == ecm.ECM_OK else None
