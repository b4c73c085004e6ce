"""Order statistics and histograms of one window: ``ecm_rank.h``."""

from libc.stdint cimport int16_t, int32_t, uint32_t

from ecmkit._core cimport ecm
from ecmkit._core.base cimport check, same_length


def work_len(uint32_t x_len) -> int:
    """Return the words of work memory for a window."""
    return ecm.ECM_RANK_WORK_LEN(x_len)


cdef int32_t *_work(int32_t[::1] work, Py_ssize_t n) except? NULL:
    same_length("work", work.shape[0], ecm.ECM_RANK_WORK_LEN(<uint32_t>n))
    return &work[0] if n else NULL


def quantiles_f32(
    const float[::1] x, const float[::1] q, int32_t[::1] work, float[::1] out
) -> None:
    """Quantiles by linear interpolation."""
    cdef ecm.ecm_status_t status
    cdef Py_ssize_t n = x.shape[0], m = q.shape[0]
    cdef int32_t *memory = _work(work, n)
    same_length("out", out.shape[0], m)
    if m == 0:
        return
    with nogil:
        status = ecm.ecm_rank_quantiles_f32(
            &x[0] if n else NULL, <uint32_t>n, &q[0], <uint32_t>m, memory, &out[0]
        )
    check(status)


def median_f32(const float[::1] x, int32_t[::1] work) -> tuple[float, float]:
    """Median and median absolute deviation."""
    cdef ecm.ecm_status_t status
    cdef Py_ssize_t n = x.shape[0]
    cdef int32_t *memory = _work(work, n)
    cdef float median, mad
    with nogil:
        status = ecm.ecm_rank_median_f32(
            &x[0] if n else NULL, <uint32_t>n, memory, &median, &mad
        )
    check(status)
    return median, mad


def histogram_f32(const float[::1] x, float lo, float hi, uint32_t[::1] count) -> None:
    """Count samples in bins of equal width between lo and hi."""
    cdef ecm.ecm_status_t status
    cdef Py_ssize_t n = x.shape[0], bins = count.shape[0]
    with nogil:
        status = ecm.ecm_rank_histogram_f32(
            &x[0] if n else NULL, <uint32_t>n, lo, hi, <uint32_t>bins,
            &count[0] if bins else NULL,
        )
    check(status)


def entropy_f32(const float[::1] x, uint32_t[::1] work) -> float:
    """Entropy of the histogram of as many bins as work is long."""
    cdef ecm.ecm_status_t status
    cdef Py_ssize_t n = x.shape[0], bins = work.shape[0]
    cdef float entropy
    with nogil:
        status = ecm.ecm_rank_entropy_f32(
            &x[0] if n else NULL, <uint32_t>n, <uint32_t>bins,
            &work[0] if bins else NULL, &entropy,
        )
    check(status)
    return entropy


def quantiles_q15(
    const int16_t[::1] x, const uint32_t[::1] q, int32_t[::1] work, int32_t[::1] out
) -> None:
    """Quantiles by linear interpolation; q and out are Q31."""
    cdef ecm.ecm_status_t status
    cdef Py_ssize_t n = x.shape[0], m = q.shape[0]
    cdef int32_t *memory = _work(work, n)
    same_length("out", out.shape[0], m)
    if m == 0:
        return
    with nogil:
        status = ecm.ecm_rank_quantiles_q15(
            &x[0] if n else NULL, <uint32_t>n, &q[0], <uint32_t>m, memory, &out[0]
        )
    check(status)


def median_q15(const int16_t[::1] x, int32_t[::1] work) -> tuple[int, int]:
    """Median and median absolute deviation, both Q31."""
    cdef ecm.ecm_status_t status
    cdef Py_ssize_t n = x.shape[0]
    cdef int32_t *memory = _work(work, n)
    cdef int32_t median
    cdef uint32_t mad
    with nogil:
        status = ecm.ecm_rank_median_q15(
            &x[0] if n else NULL, <uint32_t>n, memory, &median, &mad
        )
    check(status)
    return median, mad


def histogram_q15(
    const int16_t[::1] x, int16_t lo, int16_t hi, uint32_t[::1] count
) -> None:
    """Count samples in bins of equal width from lo to hi."""
    cdef ecm.ecm_status_t status
    cdef Py_ssize_t n = x.shape[0], bins = count.shape[0]
    with nogil:
        status = ecm.ecm_rank_histogram_q15(
            &x[0] if n else NULL, <uint32_t>n, lo, hi, <uint32_t>bins,
            &count[0] if bins else NULL,
        )
    check(status)


def entropy_q15(const int16_t[::1] x, uint32_t[::1] work) -> float:
    """Entropy of the histogram of as many bins as work is long."""
    cdef ecm.ecm_status_t status
    cdef Py_ssize_t n = x.shape[0], bins = work.shape[0]
    cdef float entropy
    with nogil:
        status = ecm.ecm_rank_entropy_q15(
            &x[0] if n else NULL, <uint32_t>n, <uint32_t>bins,
            &work[0] if bins else NULL, &entropy,
        )
    check(status)
    return entropy
