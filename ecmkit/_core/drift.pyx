# cython: auto_pickle=False
"""Streaming tests for a change: ``ecm_drift.h``."""

import sys

import numpy as np

from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memcpy

from ecmkit._core cimport ecm, ecm_drift
from ecmkit._core.base cimport check

NONE = <int>ecm_drift.ECM_DRIFT_NONE
UP = <int>ecm_drift.ECM_DRIFT_UP
DOWN = <int>ecm_drift.ECM_DRIFT_DOWN
WIDER = <int>ecm_drift.ECM_DRIFT_WIDER
NARROWER = <int>ecm_drift.ECM_DRIFT_NARROWER
SHIFT = <int>ecm_drift.ECM_DRIFT_SHIFT
WARNING = <int>ecm_drift.ECM_DRIFT_WARNING
STATE_BYTES = <int>sizeof(ecm_drift.ecm_drift_cusum_t)

ALARM = np.dtype([("at", np.uint32), ("since", np.uint32), ("what", np.uint32)])
if sys.byteorder != "little":
    raise ImportError("states of detectors are little-endian, this machine is not")


cdef class Detector:
    """What all detectors have; the others fill in state and settings."""

    cdef int _begin(
        self,
        const ecm_drift.ecm_drift_kind_t *kind,
        void *state,
        const void *settings,
    ) except -1:
        self._kind = kind
        self._state = state
        self._settings = settings
        self._what = 0
        self._since = 0
        check(kind.init(state, settings))
        return 0

    cdef int _ready(self) except -1:
        if self._kind is NULL:
            raise RuntimeError("the detector was made without its settings")
        return 0

    def reset(self) -> None:
        """Start again, as after construction."""
        self._ready()
        check(self._kind.init(self._state, self._settings))
        self._what = 0
        self._since = 0

    def update(self, float x):
        """Take one value and return the detector itself.

        Parameters
        ----------
        x : float
            Finite.

        Raises
        ------
        ValueError
            If `x` is refused; the state is as it was.
        """
        cdef ecm.ecm_status_t status
        if self._kind is NULL:
            self._ready()
        status = self._kind.update(
            self._state, self._settings, x, &self._what, &self._since
        )
        if status < 0:
            check(status)
        return self

    def run_f32(self, const float[::1] x):
        """Take values one after another.

        Parameters
        ----------
        x : ndarray of float32, shape (n,)
            Finite.

        Returns
        -------
        ndarray of ALARM
            Index, values since the change, and what changed, of each alarm.

        Raises
        ------
        ValueError
            If a value is not finite; none was taken.
        """
        cdef Py_ssize_t n = x.shape[0], at = 0
        cdef uint32_t found = 0, taken = 0, i
        cdef ecm.ecm_status_t status = ecm.ECM_MORE
        cdef ecm_drift.ecm_drift_alarm_t[1024] room
        cdef const float *data = &x[0] if n else NULL
        self._ready()
        if n > 0xffffffff:
            raise ValueError(f"x has {n} values, expected at most 2^32 - 1")
        parts = []
        last = NONE
        while status == ecm.ECM_MORE:
            with nogil:
                status = ecm_drift.ecm_drift_run_f32(
                    self._kind, self._state, self._settings, data + at,
                    <uint32_t>(n - at), room, 1024, &found, &taken
                )
            check(status)
            part = np.empty(found, ALARM)
            if found:
                memcpy(
                    <void *><size_t>part.ctypes.data, room,
                    found * sizeof(ecm_drift.ecm_drift_alarm_t)
                )
                part["at"] += <uint32_t>at
            parts.append(part)
            at += taken
        alarms = np.concatenate(parts) if len(parts) > 1 else parts[0]
        self._what = self._since = 0
        if len(alarms) and alarms["at"][-1] == n - 1:
            self._what = alarms["what"][-1]
            self._since = alarms["since"][-1]
        return alarms

    def to_bytes(self) -> bytes:
        """Return the state as a device stores it, little-endian."""
        self._ready()
        return (<const char *>self._state)[: self._kind.state_bytes]

    def load(self, const uint8_t[::1] state) -> None:
        """Continue from a state, such as a device stored.

        Raises
        ------
        ValueError
            If the length is wrong or a field is outside its range.
        """
        cdef uint8_t[1024] before
        self._ready()
        if state.shape[0] != self._kind.state_bytes:
            raise ValueError(
                f"state has {state.shape[0]} bytes, expected {self._kind.state_bytes}"
            )
        memcpy(before, self._state, self._kind.state_bytes)
        memcpy(self._state, &state[0], self._kind.state_bytes)
        if self._kind.check(self._state, self._settings) < 0:
            memcpy(self._state, before, self._kind.state_bytes)
            raise ValueError("state has a field that is outside its range")
        self._what = 0
        self._since = 0

    @property
    def ratio(self) -> float:
        """Statistic over its limit, 0 ... 1 while there is no alarm."""
        self._ready()
        return self._kind.ratio(self._state, self._settings)

    @property
    def what(self) -> int:
        """What the last value told: `NONE`, `UP`, ..., `WARNING`."""
        return self._what

    @property
    def since(self) -> int:
        """Values since the estimated change; 0 without an alarm."""
        return self._since

    @property
    def drift_detected(self) -> bool:
        """Whether the last value raised an alarm."""
        return (
            self._what != ecm_drift.ECM_DRIFT_NONE
            and self._what != ecm_drift.ECM_DRIFT_WARNING
        )

    @property
    def warning_detected(self) -> bool:
        """Whether the last value gave a warning."""
        return self._what == ecm_drift.ECM_DRIFT_WARNING


cdef class Cusum(Detector):
    """A two-sided CUSUM; after an alarm both sums start again at zero.

    Parameters
    ----------
    k : float
        Reference value, half the shift to be found [standard deviations]; >= 0.
    h : float
        Limit [standard deviations]; > 0.

    Raises
    ------
    ValueError
        If `k` or `h` is outside its range.
    """

    cdef ecm_drift.ecm_drift_cusum_t _st
    cdef ecm_drift.ecm_drift_cusum_cfg_t _cfg

    def __init__(self, float k, float h):
        self._cfg.k = k
        self._cfg.h = h
        self._begin(&ecm_drift.ecm_drift_cusum_kind, &self._st, &self._cfg)

    def update_f32(self, float z) -> tuple[int, int]:
        """Take one value.

        Parameters
        ----------
        z : float
            Standardised value.

        Returns
        -------
        alarm : int
            `NONE`, `UP` or `DOWN`.
        since : int
            Values since the estimated change; 0 without an alarm.

        Raises
        ------
        ValueError
            If `z` is not a number.
        """
        cdef uint32_t alarm = 0, since = 0
        check(
            ecm_drift.ecm_drift_cusum_update_f32(
                &self._st, &self._cfg, z, &alarm, &since
            )
        )
        return alarm, since

    def update_many_f32(self, const float[::1] z):
        """Take values one after another.

        Parameters
        ----------
        z : ndarray of float32, shape (n,)
            Standardised values.

        Returns
        -------
        ratio : ndarray of float32, shape (n,)
            Larger sum over the limit; > 1 exactly at an alarm.
        alarm : ndarray of uint8, shape (n,)
            `NONE`, `UP` or `DOWN`.

        Raises
        ------
        ValueError
            If a value is not a number; those before it were taken.
        """
        cdef Py_ssize_t i, n = z.shape[0]
        cdef ecm.ecm_status_t status = ecm.ECM_OK
        cdef uint32_t alarm = 0
        ratios = np.zeros(n, np.float32)
        alarms = np.zeros(n, np.uint8)
        cdef float[::1] ratios_view = ratios
        cdef uint8_t[::1] alarms_view = alarms
        with nogil:
            for i in range(n):
                status = ecm_drift.ecm_drift_cusum_update_f32(
                    &self._st, &self._cfg, z[i], &alarm, NULL
                )
                if status < 0:
                    break
                alarms_view[i] = <uint8_t>alarm
                ratios_view[i] = ecm_drift.ecm_drift_cusum_ratio_f32(
                    &self._st, &self._cfg
                )
        check(status)
        return ratios, alarms

    @property
    def up(self) -> float:
        """Sum for an upward shift."""
        return self._st.up

    @property
    def down(self) -> float:
        """Sum for a downward shift."""
        return self._st.down

    @property
    def n(self) -> int:
        """Values taken."""
        return self._st.n

    @property
    def alarms_n(self) -> int:
        """Alarms so far."""
        return self._st.alarms_n


cdef class ScaleCusum(Detector):
    """A CUSUM of Hawkins' transform, for changes of scale.

    Parameters
    ----------
    k, h : float
        As of `Cusum`, in standard deviations of the transformed value.
    """

    cdef ecm_drift.ecm_drift_cusum_t _st
    cdef ecm_drift.ecm_drift_cusum_cfg_t _cfg

    def __init__(self, float k, float h):
        self._cfg.k = k
        self._cfg.h = h
        self._begin(&ecm_drift.ecm_drift_scale_kind, &self._st, &self._cfg)


def scale_score_f32(float z) -> float:
    """Return Hawkins' transform of a standardised value."""
    return ecm_drift.ecm_drift_scale_score_f32(z)
