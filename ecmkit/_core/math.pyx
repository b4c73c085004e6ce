"""Elementary functions: ``ecm_math.h``, element by element into `out`."""

from libc.stdint cimport int32_t, uint8_t, uint32_t

from ecmkit._core cimport ecm
from ecmkit._core.base cimport same_length


ctypedef float (*one_fn)(float) noexcept nogil


cdef int each(one_fn function, const float[::1] x, float[::1] out) except -1:
    """Write function(x) to `out`, without the interpreter lock."""
    cdef Py_ssize_t i
    same_length("out", out.shape[0], x.shape[0])
    with nogil:
        for i in range(x.shape[0]):
            out[i] = function(x[i])
    return 0


def sqrt_f32(const float[::1] x, float[::1] out) -> None:
    """Square root, correctly rounded."""
    each(ecm.ecm_math_sqrt_f32, x, out)


def exp_f32(const float[::1] x, float[::1] out) -> None:
    """Exponential function, at most 0.52 ulp off."""
    each(ecm.ecm_math_exp_f32, x, out)


def log_f32(const float[::1] x, float[::1] out) -> None:
    """Natural logarithm, at most 0.52 ulp off."""
    each(ecm.ecm_math_log_f32, x, out)


def log2_f32(const float[::1] x, float[::1] out) -> None:
    """Binary logarithm, at most 0.52 ulp off; exact at powers of two."""
    each(ecm.ecm_math_log2_f32, x, out)


def tanh_f32(const float[::1] x, float[::1] out) -> None:
    """Hyperbolic tangent, at most 0.52 ulp off."""
    each(ecm.ecm_math_tanh_f32, x, out)


def logistic_f32(const float[::1] x, float[::1] out) -> None:
    """1 / (1 + e^-x), at most 0.52 ulp off."""
    each(ecm.ecm_math_logistic_f32, x, out)


def isfinite_f32(const float[::1] x, uint8_t[::1] out) -> None:
    """1 for a finite number, 0 for NaN and the infinities."""
    cdef Py_ssize_t i
    same_length("out", out.shape[0], x.shape[0])
    with nogil:
        for i in range(x.shape[0]):
            out[i] = ecm.ecm_math_isfinite_f32(x[i])


def round_s32_f32(
    const float[::1] x, int32_t lo, int32_t hi, int32_t[::1] out
) -> None:
    """Float to integer, saturating, rounded half away from zero; NaN gives 0."""
    cdef Py_ssize_t i
    same_length("out", out.shape[0], x.shape[0])
    with nogil:
        for i in range(x.shape[0]):
            out[i] = ecm.ecm_math_round_s32_f32(x[i], lo, hi)


def sum_f32(const float[::1] x) -> float:
    """Sum in four striped lanes."""
    cdef const float *data = &x[0] if x.shape[0] else NULL
    cdef float result
    with nogil:
        result = ecm.ecm_math_sum_f32(data, <uint32_t>x.shape[0])
    return result
