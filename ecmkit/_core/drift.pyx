# cython: auto_pickle=False
"""Streaming tests for a change in a standardised statistic: ``ecm_drift.h``."""

cimport cython
import struct

import numpy as np

from libc.stdint cimport uint8_t, uint32_t

from ecmkit._core cimport ecm, ecm_device
from ecmkit._core.base cimport check

NONE = <int>ecm_device.ECM_DRIFT_NONE
UP = <int>ecm_device.ECM_DRIFT_UP
DOWN = <int>ecm_device.ECM_DRIFT_DOWN
STATE_BYTES = <int>sizeof(ecm_device.ecm_drift_cusum_t)

_LAYOUT = struct.Struct("<2f4I")


@cython.final
cdef class Cusum:
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

    cdef ecm_device.ecm_drift_cusum_t _st
    cdef ecm_device.ecm_drift_cusum_cfg_t _cfg

    def __cinit__(self, float k, float h):
        cdef ecm_device.ecm_drift_cusum_t scratch
        cdef uint32_t alarm
        self._cfg.k = k
        self._cfg.h = h
        check(ecm_device.ecm_drift_cusum_init(&scratch))
        check(
            ecm_device.ecm_drift_cusum_update_f32(
                &scratch, &self._cfg, 0.0, &alarm, NULL
            )
        )
        check(ecm_device.ecm_drift_cusum_init(&self._st))

    @staticmethod
    def from_bytes(state: bytes, *, k: float, h: float) -> Cusum:
        """Continue from a state of `STATE_BYTES` bytes, such as a device stored.

        Raises
        ------
        ValueError
            If the length is wrong or a sum is negative or not a number.
        """
        cdef Cusum self = Cusum(k, h)
        if len(state) != _LAYOUT.size:
            raise ValueError(f"state has {len(state)} bytes, expected {_LAYOUT.size}")
        values = _LAYOUT.unpack(state)
        if not (values[0] >= 0 and values[1] >= 0):
            raise ValueError(f"state has sums {values[0]}, {values[1]}, expected >= 0")
        self._st.up = values[0]
        self._st.down = values[1]
        self._st.n = values[2]
        self._st.up_since = values[3]
        self._st.down_since = values[4]
        self._st.alarms_n = values[5]
        return self

    def to_bytes(self) -> bytes:
        """Return the state as the device stores it: 24 bytes, little-endian."""
        return _LAYOUT.pack(
            self._st.up, self._st.down, self._st.n, self._st.up_since,
            self._st.down_since, self._st.alarms_n,
        )

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
            ecm_device.ecm_drift_cusum_update_f32(
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
                status = ecm_device.ecm_drift_cusum_update_f32(
                    &self._st, &self._cfg, z[i], &alarm, NULL
                )
                if status < 0:
                    break
                alarms_view[i] = <uint8_t>alarm
                ratios_view[i] = ecm_device.ecm_drift_cusum_ratio_f32(
                    &self._st, &self._cfg
                )
        check(status)
        return ratios, alarms

    @property
    def ratio(self) -> float:
        """Larger sum over the limit; > 1 exactly after an alarm."""
        return ecm_device.ecm_drift_cusum_ratio_f32(&self._st, &self._cfg)

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
