# cython: auto_pickle=False
"""RMS of vibration velocity in a band: ``ecm_velocity.h``."""

cimport cython
from libc.stdint cimport uint32_t

from ecmkit._core cimport ecm, ecm_machine as c
from ecmkit._core.base cimport check

BLOCKS = <int>c.ECM_VELOCITY_BLOCKS


@cython.final
cdef class VelocityF32:
    """Settings and state of a meter in single precision, at its start.

    Parameters
    ----------
    c1, c2, a1, a2, b1, gain : float
        Of the sections, as the header names them.
    factor, settle_len, block_len : int
        Samples for an output; pairs of outputs that are left out, and in a block.

    Raises
    ------
    ValueError
        If the device library refuses.
    """

    cdef c.ecm_velocity_cfg_f32_t _cfg
    cdef c.ecm_velocity_f32_t _st

    def __cinit__(
        self, *, float c1, float c2, float a1, float a2, float b1, float gain,
        uint32_t factor, uint32_t settle_len, uint32_t block_len
    ):
        self._cfg = c.ecm_velocity_cfg_f32_t(
            c1=c1, c2=c2, a1=a1, a2=a2, b1=b1, gain=gain, factor=factor,
            settle_len=settle_len, block_len=block_len
        )
        self.start()

    def start(self) -> None:
        """Start over."""
        check(c.ecm_velocity_init_f32(&self._st, &self._cfg))

    def update(self, const float[::1] x) -> None:
        """Take samples, shape (n,), all finite."""
        cdef ecm.ecm_status_t status
        cdef const float *data = &x[0] if x.shape[0] else NULL
        with nogil:
            status = c.ecm_velocity_update_f32(
                &self._st, &self._cfg, data, <uint32_t>x.shape[0]
            )
        check(status)

    def rms(self) -> float | None:
        """RMS over the span; None while warming up."""
        cdef float rms = 0
        cdef ecm.ecm_status_t status
        status = c.ecm_velocity_rms_f32(&self._st, &self._cfg, &rms)
        check(status)
        return rms if status == ecm.ECM_OK else None
