# cython: auto_pickle=False
"""Is the sensor all right: ``ecm_health.h``."""

cimport cython
from libc.stdint cimport int16_t, uint32_t
from libc.string cimport memcpy

from ecmkit._core cimport ecm, ecm_device
from ecmkit._core.base cimport check, same_length

NONFINITE = <int>ecm_device.ECM_HEALTH_NONFINITE
CLIPPED = <int>ecm_device.ECM_HEALTH_CLIPPED
STUCK = <int>ecm_device.ECM_HEALTH_STUCK
MISSING = <int>ecm_device.ECM_HEALTH_MISSING
OUTSIDE = <int>ecm_device.ECM_HEALTH_OUTSIDE
SPIKE = <int>ecm_device.ECM_HEALTH_SPIKE
DEAD = <int>ecm_device.ECM_HEALTH_DEAD
OFFSET = <int>ecm_device.ECM_HEALTH_OFFSET
SIGNATURE = <int>ecm_device.ECM_HEALTH_SIGNATURE
RATE = <int>ecm_device.ECM_HEALTH_RATE
BITS = <int>ecm_device.ECM_HEALTH_BITS


@cython.final
cdef class Health:
    """Counters of one sensor and the limits by which it is judged.

    Parameters
    ----------
    range, stuck_len, clip_count, low, high, spike, spike_count, block_len, dead_band, \
offset, offset_limit, signature_low, signature_high, period_ns, rate_ppm, rate_len
        The fields of ``ecm_health_cfg_t``; 0 turns a check off, but for the first two.

    Raises
    ------
    ValueError
        If a limit is outside its range.
    """

    cdef ecm_device.ecm_health_t _st
    cdef ecm_device.ecm_health_cfg_t _cfg

    def __cinit__(
        self,
        *,
        float range,
        uint32_t stuck_len,
        uint32_t clip_count,
        float low,
        float high,
        float spike,
        uint32_t spike_count,
        uint32_t block_len,
        float dead_band,
        float offset,
        float offset_limit,
        float signature_low,
        float signature_high,
        uint32_t period_ns,
        uint32_t rate_ppm,
        uint32_t rate_len,
    ):
        cdef uint32_t verdict
        self._cfg.range = range
        self._cfg.stuck_len = stuck_len
        self._cfg.clip_count = clip_count
        self._cfg.low = low
        self._cfg.high = high
        self._cfg.spike = spike
        self._cfg.spike_count = spike_count
        self._cfg.block_len = block_len
        self._cfg.dead_band = dead_band
        self._cfg.offset = offset
        self._cfg.offset_limit = offset_limit
        self._cfg.signature_low = signature_low
        self._cfg.signature_high = signature_high
        self._cfg.period_ns = period_ns
        self._cfg.rate_ppm = rate_ppm
        self._cfg.rate_len = rate_len
        check(ecm_device.ecm_health_init(&self._st))
        check(ecm_device.ecm_health_update_f32(&self._st, &self._cfg, NULL, 0, &verdict))

    def update_f32(self, const float[::1] x) -> int:
        """Judge a stretch of samples, shape (n,); return the bits of its verdict."""
        cdef ecm.ecm_status_t status
        cdef uint32_t verdict = 0
        cdef const float *first = &x[0] if x.shape[0] else NULL
        with nogil:
            status = ecm_device.ecm_health_update_f32(
                &self._st, &self._cfg, first, <uint32_t>x.shape[0], &verdict
            )
        check(status)
        return verdict

    def time(self, uint32_t t_us, uint32_t x_len) -> int:
        """Judge a time stamp [microseconds] that `x_len` samples came with."""
        cdef uint32_t verdict = 0
        check(
            ecm_device.ecm_health_time(&self._st, &self._cfg, t_us, x_len, &verdict)
        )
        return verdict

    def update_s16(self, const int16_t[::1] x) -> int:
        """Judge integers of a sensor, shape (n,); return the bits of their verdict."""
        cdef ecm.ecm_status_t status
        cdef uint32_t verdict = 0
        cdef const int16_t *first = &x[0] if x.shape[0] else NULL
        with nogil:
            status = ecm_device.ecm_health_update_s16(
                &self._st, &self._cfg, first, <uint32_t>x.shape[0], &verdict
            )
        check(status)
        return verdict

    def gap(self) -> None:
        """Note that samples were lost: the next one starts a new run and block."""
        check(ecm_device.ecm_health_gap(&self._st))

    def reset(self) -> None:
        """Clear all counters."""
        check(ecm_device.ecm_health_init(&self._st))

    def to_bytes(self) -> bytes:
        """State, with the bytes of ``ecm_health_t``."""
        return (<const char *>&self._st)[: sizeof(ecm_device.ecm_health_t)]

    def load(self, bytes state) -> None:
        """Go on from such a state."""
        same_length("state", len(state), sizeof(ecm_device.ecm_health_t))
        memcpy(&self._st, <const char *>state, sizeof(ecm_device.ecm_health_t))

    @property
    def run(self) -> int:
        """Length of the present run of equal samples."""
        return self._st.run

    @property
    def counters(self) -> dict[str, int]:
        """Counters by name, as in ``ecm_health_t`` without ``_n``."""
        return {
            "nonfinite": self._st.nonfinite_n,
            "clipped": self._st.clipped_n,
            "stuck": self._st.stuck_n,
            "missing": self._st.missing_n,
            "outside": self._st.outside_n,
            "spikes": self._st.spikes_n,
            "dead": self._st.dead_n,
            "offset": self._st.offset_n,
            "signature": self._st.signature_n,
            "rate": self._st.rate_n,
            "lost": self._st.lost_n,
        }
