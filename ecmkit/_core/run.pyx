# cython: auto_pickle=False
"""Whether a machine runs: ``ecm_run.h``."""

cimport cython
import numpy as np
from libc.stdint cimport uint32_t

from ecmkit._core cimport ecm, ecm_run
from ecmkit._core.base cimport check

STEADY = <int>ecm_run.ECM_RUN_STEADY
OFF = <int>ecm_run.ECM_RUN_OFF
TRANSIENT = <int>ecm_run.ECM_RUN_TRANSIENT


@cython.final
cdef class Run:
    """What a machine does, by one value a window.

    Parameters
    ----------
    off_below, change_most, settle_len
        See ``ecm_run_cfg_t``.

    Raises
    ------
    ValueError
        If a limit is negative or not finite.
    """

    cdef ecm_run.ecm_run_t _st
    cdef ecm_run.ecm_run_cfg_t _cfg

    def __cinit__(
        self, *, float off_below, float change_most, uint32_t settle_len
    ):
        self._cfg.off_below = off_below
        self._cfg.change_most = change_most
        self._cfg.settle_len = settle_len
        check(ecm_run.ecm_run_init(&self._st, &self._cfg))

    @property
    def state(self) -> int:
        """`STEADY`, `OFF` or `TRANSIENT`; `OFF` before the first value."""
        return self._st.state

    def update_f32(self, float x) -> int:
        """Take the value of one window; `STEADY`, `OFF` or `TRANSIENT`."""
        cdef uint32_t state = 0
        check(ecm_run.ecm_run_update_f32(&self._st, &self._cfg, x, &state))
        return state

    def update_many_f32(self, const float[::1] x):
        """Take values of windows in turn; the state at each."""
        found = np.empty(x.shape[0], np.uint8)
        cdef unsigned char[::1] view = found
        cdef uint32_t state = 0
        cdef Py_ssize_t i
        cdef ecm.ecm_status_t status = ecm.ECM_OK
        for i in range(x.shape[0]):
            status = ecm_run.ecm_run_update_f32(&self._st, &self._cfg, x[i], &state)
            check(status)
            view[i] = <unsigned char>state
        return found

    def to_bytes(self) -> bytes:
        """Return the state as a device stores it, little-endian."""
        return (<const char *>&self._st)[: sizeof(ecm_run.ecm_run_t)]
