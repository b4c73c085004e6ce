# cython: auto_pickle=False
"""Time-synchronous average: ``ecm_tsa.h``."""

cimport cython
from cpython.mem cimport PyMem_Calloc, PyMem_Free
from libc.stdint cimport uint32_t

from ecmkit._core cimport ecm, ecm_machine as c
from ecmkit._core.base cimport check, same_length


@cython.final
cdef class AverageF32:
    """Settings, state and mean of an average over turns, at its start.

    Parameters
    ----------
    per_turn : int
        Samples in a turn, 1 or more.
    weight : float
        Least weight of the newest turn, 0 ... 1; 0: all alike.

    Raises
    ------
    ValueError
        If the device library refuses.
    """

    cdef c.ecm_tsa_cfg_t _cfg
    cdef c.ecm_tsa_t _st
    cdef float *_mean

    def __cinit__(self, uint32_t per_turn, float weight):
        self._cfg.per_turn = per_turn
        self._cfg.weight = weight
        self._mean = <float *>PyMem_Calloc(<size_t>per_turn + 1, sizeof(float))
        if self._mean == NULL:
            raise MemoryError
        self.start()

    def __dealloc__(self):
        PyMem_Free(self._mean)

    def start(self) -> None:
        """Start over."""
        check(c.ecm_tsa_init(&self._st, &self._cfg, self._mean))

    def update(self, const float[::1] x) -> None:
        """Take samples, shape (n,)."""
        cdef ecm.ecm_status_t status
        cdef const float *data = &x[0] if x.shape[0] else NULL
        with nogil:
            status = c.ecm_tsa_update_f32(
                &self._st, &self._cfg, self._mean, data, <uint32_t>x.shape[0]
            )
        check(status)

    def residual(self, uint32_t at, const float[::1] x, float[::1] out) -> None:
        """Write x less the average, x[0] being at place `at` of a turn."""
        same_length("out", out.shape[0], x.shape[0])
        if x.shape[0]:
            check(c.ecm_tsa_residual_f32(
                &self._cfg, self._mean, at, &x[0], <uint32_t>x.shape[0], &out[0]
            ))

    def mean(self, float[::1] out) -> None:
        """Copy the average, shape (per_turn,)."""
        cdef uint32_t i
        same_length("out", out.shape[0], self._cfg.per_turn)
        for i in range(self._cfg.per_turn):
            out[i] = self._mean[i]

    @property
    def turns(self) -> int:
        """Turns begun so far."""
        return self._st.turns
