"""Fixed-point arithmetic: ``ecm_fixed.h``, element by element into `out`."""

from libc.stdint cimport int16_t, int32_t, uint32_t, uint64_t

from ecmkit._core cimport ecm
from ecmkit._core.base cimport check, same_length


def round_q15(const int32_t[::1] x, int16_t[::1] out) -> None:
    """Nearest Q15 of Q31, half up, saturated."""
    cdef Py_ssize_t i
    same_length("out", out.shape[0], x.shape[0])
    with nogil:
        for i in range(x.shape[0]):
            out[i] = ecm.ecm_fixed_round_q15(x[i])


def add_q15(const int16_t[::1] a, const int16_t[::1] b, int16_t[::1] out) -> None:
    """Saturating sum."""
    cdef Py_ssize_t i
    same_length("b", b.shape[0], a.shape[0])
    same_length("out", out.shape[0], a.shape[0])
    with nogil:
        for i in range(a.shape[0]):
            out[i] = ecm.ecm_fixed_add_q15(a[i], b[i])


def add_q31(const int32_t[::1] a, const int32_t[::1] b, int32_t[::1] out) -> None:
    """Saturating sum."""
    cdef Py_ssize_t i
    same_length("b", b.shape[0], a.shape[0])
    same_length("out", out.shape[0], a.shape[0])
    with nogil:
        for i in range(a.shape[0]):
            out[i] = ecm.ecm_fixed_add_q31(a[i], b[i])


def sub_q15(const int16_t[::1] a, const int16_t[::1] b, int16_t[::1] out) -> None:
    """Saturating difference."""
    cdef Py_ssize_t i
    same_length("b", b.shape[0], a.shape[0])
    same_length("out", out.shape[0], a.shape[0])
    with nogil:
        for i in range(a.shape[0]):
            out[i] = ecm.ecm_fixed_sub_q15(a[i], b[i])


def sub_q31(const int32_t[::1] a, const int32_t[::1] b, int32_t[::1] out) -> None:
    """Saturating difference."""
    cdef Py_ssize_t i
    same_length("b", b.shape[0], a.shape[0])
    same_length("out", out.shape[0], a.shape[0])
    with nogil:
        for i in range(a.shape[0]):
            out[i] = ecm.ecm_fixed_sub_q31(a[i], b[i])


def mul_q15(const int16_t[::1] a, const int16_t[::1] b, int16_t[::1] out) -> None:
    """Product, half up."""
    cdef Py_ssize_t i
    same_length("b", b.shape[0], a.shape[0])
    same_length("out", out.shape[0], a.shape[0])
    with nogil:
        for i in range(a.shape[0]):
            out[i] = ecm.ecm_fixed_mul_q15(a[i], b[i])


def mul_q31(const int32_t[::1] a, const int32_t[::1] b, int32_t[::1] out) -> None:
    """Product, half up."""
    cdef Py_ssize_t i
    same_length("b", b.shape[0], a.shape[0])
    same_length("out", out.shape[0], a.shape[0])
    with nogil:
        for i in range(a.shape[0]):
            out[i] = ecm.ecm_fixed_mul_q31(a[i], b[i])


def div_q15(const int16_t[::1] n, const int16_t[::1] d, int16_t[::1] out) -> None:
    """Quotient, half up, saturated."""
    cdef Py_ssize_t i
    same_length("d", d.shape[0], n.shape[0])
    same_length("out", out.shape[0], n.shape[0])
    with nogil:
        for i in range(n.shape[0]):
            out[i] = ecm.ecm_fixed_div_q15(n[i], d[i])


def div_q31(const int32_t[::1] n, const int32_t[::1] d, int32_t[::1] out) -> None:
    """Quotient, half up, saturated."""
    cdef Py_ssize_t i
    same_length("d", d.shape[0], n.shape[0])
    same_length("out", out.shape[0], n.shape[0])
    with nogil:
        for i in range(n.shape[0]):
            out[i] = ecm.ecm_fixed_div_q31(n[i], d[i])


def ratio_u32(uint32_t n, uint32_t d) -> tuple[int, int]:
    """n / d as (ratio, exponent): ratio * 2^(exponent - 31); neither may be 0."""
    cdef uint32_t ratio = 0
    cdef int32_t exponent = 0
    check(ecm.ecm_fixed_ratio_u32(n, d, &ratio, &exponent))
    return (ratio, exponent)


def sqrt_u64(const uint64_t[::1] x, uint32_t[::1] out) -> None:
    """Integer nearest to the square root."""
    cdef Py_ssize_t i
    same_length("out", out.shape[0], x.shape[0])
    with nogil:
        for i in range(x.shape[0]):
            out[i] = ecm.ecm_fixed_sqrt_u64(x[i])


def sqrt_q15(const int16_t[::1] x, int16_t[::1] out) -> None:
    """Square root; 0 for negative numbers."""
    cdef Py_ssize_t i
    same_length("out", out.shape[0], x.shape[0])
    with nogil:
        for i in range(x.shape[0]):
            out[i] = ecm.ecm_fixed_sqrt_q15(x[i])


def sqrt_q31(const int32_t[::1] x, int32_t[::1] out) -> None:
    """Square root; 0 for negative numbers."""
    cdef Py_ssize_t i
    same_length("out", out.shape[0], x.shape[0])
    with nogil:
        for i in range(x.shape[0]):
            out[i] = ecm.ecm_fixed_sqrt_q31(x[i])


def magnitude_q15(const int16_t[::1] x) -> int:
    """Root of the sum of squares, in Q15; may be 1 and above."""
    cdef const int16_t *data = &x[0] if x.shape[0] else NULL
    cdef uint32_t result
    with nogil:
        result = ecm.ecm_fixed_magnitude_q15(data, <uint32_t>x.shape[0])
    return result


def magnitude_q31(
    const int32_t[::1] re, const int32_t[::1] im, uint32_t[::1] out
) -> None:
    """sqrt(re^2 + im^2) in Q31, at most sqrt(2)."""
    cdef Py_ssize_t i
    same_length("im", im.shape[0], re.shape[0])
    same_length("out", out.shape[0], re.shape[0])
    with nogil:
        for i in range(re.shape[0]):
            out[i] = ecm.ecm_fixed_magnitude_q31(re[i], im[i])


def sin_q15(const uint32_t[::1] phase, int16_t[::1] out) -> None:
    """Sine of a phase, of which 2^32 is a turn."""
    cdef Py_ssize_t i
    same_length("out", out.shape[0], phase.shape[0])
    with nogil:
        for i in range(phase.shape[0]):
            out[i] = ecm.ecm_fixed_sin_q15(phase[i])


def sin_q31(const uint32_t[::1] phase, int32_t[::1] out) -> None:
    """Sine of a phase, of which 2^32 is a turn."""
    cdef Py_ssize_t i
    same_length("out", out.shape[0], phase.shape[0])
    with nogil:
        for i in range(phase.shape[0]):
            out[i] = ecm.ecm_fixed_sin_q31(phase[i])


def cos_q15(const uint32_t[::1] phase, int16_t[::1] out) -> None:
    """Cosine of a phase, of which 2^32 is a turn."""
    cdef Py_ssize_t i
    same_length("out", out.shape[0], phase.shape[0])
    with nogil:
        for i in range(phase.shape[0]):
            out[i] = ecm.ecm_fixed_cos_q15(phase[i])


def cos_q31(const uint32_t[::1] phase, int32_t[::1] out) -> None:
    """Cosine of a phase, of which 2^32 is a turn."""
    cdef Py_ssize_t i
    same_length("out", out.shape[0], phase.shape[0])
    with nogil:
        for i in range(phase.shape[0]):
            out[i] = ecm.ecm_fixed_cos_q31(phase[i])


def atan2_q15(const int16_t[::1] y, const int16_t[::1] x, int16_t[::1] out) -> None:
    """Angle of the points (x, y) in half turns."""
    cdef Py_ssize_t i
    same_length("x", x.shape[0], y.shape[0])
    same_length("out", out.shape[0], y.shape[0])
    with nogil:
        for i in range(y.shape[0]):
            out[i] = ecm.ecm_fixed_atan2_q15(y[i], x[i])


def atan2_q31(const int32_t[::1] y, const int32_t[::1] x, int32_t[::1] out) -> None:
    """Angle of the points (x, y) in half turns."""
    cdef Py_ssize_t i
    same_length("x", x.shape[0], y.shape[0])
    same_length("out", out.shape[0], y.shape[0])
    with nogil:
        for i in range(y.shape[0]):
            out[i] = ecm.ecm_fixed_atan2_q31(y[i], x[i])


def log2_q16(const uint32_t[::1] x, int32_t[::1] out) -> None:
    """Binary logarithm of Q16.16 in Q16.16."""
    cdef Py_ssize_t i
    same_length("out", out.shape[0], x.shape[0])
    with nogil:
        for i in range(x.shape[0]):
            out[i] = ecm.ecm_fixed_log2_q16(x[i])


def exp2_q16(const int32_t[::1] x, uint32_t[::1] out) -> None:
    """2^x of Q16.16 in Q16.16."""
    cdef Py_ssize_t i
    same_length("out", out.shape[0], x.shape[0])
    with nogil:
        for i in range(x.shape[0]):
            out[i] = ecm.ecm_fixed_exp2_q16(x[i])
