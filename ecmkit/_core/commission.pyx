# cython: auto_pickle=False
"""A baseline that is learnt on the machine: ``ecm_commission.h``."""

cimport cython
import numpy as np
from libc.stdint cimport uint16_t, uint32_t

from ecmkit._core cimport ecm, ecm_field
from ecmkit._core.base cimport check, same_length
from ecmkit._core.state cimport Store

BINS = <int>ecm_field.ECM_COMMISSION_BINS
EDGES = <int>ecm_field.ECM_COMMISSION_EDGES
HEAD_WORDS = <int>ecm_field.ECM_COMMISSION_HEAD_WORDS
WINDOWS_MIN = <int>ecm_field.ECM_COMMISSION_WINDOWS_MIN
WINDOWS_MAX = <int>ecm_field.ECM_COMMISSION_WINDOWS_MAX
BASELINE_TYPE = <int>ecm_field.ECM_COMMISSION_BASELINE_TYPE
LEARN_TYPE = <int>ecm_field.ECM_COMMISSION_LEARN_TYPE
EMPTY = <int>ecm_field.ECM_COMMISSION_EMPTY
LEARNING = <int>ecm_field.ECM_COMMISSION_LEARNING
MONITORING = <int>ecm_field.ECM_COMMISSION_MONITORING
RELEARNING = <int>ecm_field.ECM_COMMISSION_RELEARNING


def baseline_words(uint32_t features_len) -> int:
    """Words of a baseline: ``ECM_COMMISSION_BASELINE_WORDS``."""
    return ecm_field.ECM_COMMISSION_BASELINE_WORDS(features_len)


def learn_words(uint32_t features_len, uint32_t k) -> int:
    """Words of what is gathered: ``ECM_COMMISSION_LEARN_WORDS``."""
    return ecm_field.ECM_COMMISSION_LEARN_WORDS(features_len, k)


@cython.final
cdef class Commission:
    """The baseline of one device, with its memory.

    Parameters
    ----------
    id, features_len, k, windows_len, ks_limit, shift_limit
        See ``ecm_commission_cfg_t``.

    Raises
    ------
    ValueError
        If the device library refuses the settings.
    """

    cdef ecm_field.ecm_commission_cfg_t _cfg
    cdef ecm_field.ecm_commission_t _st
    cdef uint32_t[::1] _learn
    cdef uint32_t[::1] _baseline

    def __cinit__(
        self, *, uint32_t id, uint16_t features_len, uint16_t k, uint32_t windows_len,
        float ks_limit, float shift_limit,
    ):
        self._cfg.id = id
        self._cfg.features_len = features_len
        self._cfg.k = k
        self._cfg.windows_len = windows_len
        self._cfg.ks_limit = ks_limit
        self._cfg.shift_limit = shift_limit
        check(ecm_field.ecm_commission_init(&self._st, &self._cfg))
        self._learn = np.zeros(learn_words(features_len, k), np.uint32)
        self._baseline = np.zeros(baseline_words(features_len), np.uint32)

    @property
    def phase(self) -> int:
        """One of `EMPTY`, `LEARNING`, `MONITORING`, `RELEARNING`."""
        return self._st.phase

    @property
    def n(self) -> int:
        """Windows gathered."""
        return self._st.n

    @property
    def generation(self) -> int:
        """Baselines frozen so far."""
        return self._st.generation

    @property
    def difference(self) -> tuple[int, float, float]:
        """Feature that differed most in the last relearn; its `ks` and `shift`."""
        return (self._st.feature, self._st.ks, self._st.shift)

    def numbers(self):
        """Floats of the baseline: edges, shares, means, spreads; copied."""
        cdef const float *first = ecm_field.ecm_commission_numbers(&self._baseline[0])
        cdef Py_ssize_t n = self._baseline.shape[0] - HEAD_WORDS
        return np.asarray(<const float[:n]>first).copy()

    def begin(self, bint forced) -> None:
        """Begin to learn."""
        check(
            ecm_field.ecm_commission_begin(
                &self._st, &self._cfg, &self._learn[0], forced
            )
        )

    def cancel(self) -> None:
        """Give up learning."""
        check(ecm_field.ecm_commission_cancel(&self._st))

    def check_kept(self, Commission kept) -> None:
        """Refuse if learning cannot go on from the state and memory of another one."""
        check(
            ecm_field.ecm_commission_check(
                &self._st, &self._cfg, &kept._st, &kept._learn[0]
            )
        )

    def update_f32(self, const float[::1] x) -> bool:
        """Gather the features of one window; whether these are enough."""
        same_length("x", x.shape[0], self._cfg.features_len)
        cdef ecm.ecm_status_t status = ecm_field.ecm_commission_update_f32(
            &self._st, &self._cfg, &self._learn[0], &x[0]
        )
        check(status)
        return status == ecm.ECM_OK

    def update_some_f32(
        self, const float[::1] x, uint32_t at, uint32_t features
    ) -> tuple[int, bool]:
        """Gather so many features of a window from `at`; the next, 0 at the end; enough."""
        same_length("x", x.shape[0], self._cfg.features_len)
        cdef ecm.ecm_status_t status = ecm_field.ecm_commission_update_some_f32(
            &self._st, &self._cfg, &self._learn[0], &x[0], &at, features
        )
        check(status)
        return at, status == ecm.ECM_OK

    def finish(self) -> bool:
        """Judge what was gathered, and freeze it; whether it was accepted."""
        cdef ecm.ecm_status_t status = ecm_field.ecm_commission_finish(
            &self._st, &self._cfg, &self._baseline[0], &self._learn[0]
        )
        check(status)
        return status == ecm.ECM_OK

    def finish_some(self, uint32_t features) -> bool | None:
        """Judge and freeze so many features; None until it is done, then as `finish`."""
        cdef ecm.ecm_status_t status = ecm_field.ecm_commission_finish_some(
            &self._st, &self._cfg, &self._baseline[0], &self._learn[0], features
        )
        check(status)
        return None if status == ecm.ECM_MORE else status == ecm.ECM_OK

    def save(self, Store store) -> None:
        """Keep the baseline."""
        check(
            ecm_field.ecm_commission_save(
                &self._st, &self._cfg, &self._baseline[0], &store._store
            )
        )

    def load(self, Store store) -> None:
        """Go on with the baseline that was saved last."""
        check(
            ecm_field.ecm_commission_load(
                &self._st, &self._cfg, &self._baseline[0], &store._store
            )
        )

    def back(self, Store store) -> None:
        """Go on with the baseline that was saved before the last one."""
        check(
            ecm_field.ecm_commission_back(
                &self._st, &self._cfg, &self._baseline[0], &store._store
            )
        )

    def pause(self, Store store) -> None:
        """Keep what was gathered."""
        check(
            ecm_field.ecm_commission_pause(
                &self._st, &self._cfg, &self._learn[0], &store._store
            )
        )

    def resume(self, Store store) -> None:
        """Go on gathering."""
        check(
            ecm_field.ecm_commission_resume(
                &self._st, &self._cfg, &self._learn[0], &store._store
            )
        )
