"""Functions of a number that models use: ``ecm_func.h``, element by element."""

from ecmkit._core cimport ecm
from ecmkit._core.base cimport same_length


ctypedef float (*one_fn)(float) noexcept nogil
ctypedef float (*two_fn)(float, float) noexcept nogil


cdef int each(one_fn function, const float[::1] x, float[::1] out) except -1:
    cdef Py_ssize_t i
    same_length("out", out.shape[0], x.shape[0])
    with nogil:
        for i in range(x.shape[0]):
            out[i] = function(x[i])
    return 0


cdef int pairs(
    two_fn function, const float[::1] x, const float[::1] y, float[::1] out
) except -1:
    cdef Py_ssize_t i
    same_length("y", y.shape[0], x.shape[0])
    same_length("out", out.shape[0], x.shape[0])
    with nogil:
        for i in range(x.shape[0]):
            out[i] = function(x[i], y[i])
    return 0


def floor_f32(const float[::1] x, float[::1] out) -> None:
    """Largest integer that is not larger."""
    each(ecm.ecm_func_floor_f32, x, out)


def ceil_f32(const float[::1] x, float[::1] out) -> None:
    """Smallest integer that is not smaller."""
    each(ecm.ecm_func_ceil_f32, x, out)


def trunc_f32(const float[::1] x, float[::1] out) -> None:
    """Integer part."""
    each(ecm.ecm_func_trunc_f32, x, out)


def round_f32(const float[::1] x, float[::1] out) -> None:
    """Nearest integer, halves to the even one."""
    each(ecm.ecm_func_round_f32, x, out)


def tan_f32(const float[::1] x, float[::1] out) -> None:
    """Tangent, at most 2 ulp off."""
    each(ecm.ecm_func_tan_f32, x, out)


def asin_f32(const float[::1] x, float[::1] out) -> None:
    """Inverse sine, at most 3 ulp off."""
    each(ecm.ecm_func_asin_f32, x, out)


def acos_f32(const float[::1] x, float[::1] out) -> None:
    """Inverse cosine, at most 3 ulp off."""
    each(ecm.ecm_func_acos_f32, x, out)


def sinh_f32(const float[::1] x, float[::1] out) -> None:
    """Hyperbolic sine, at most 4 ulp off."""
    each(ecm.ecm_func_sinh_f32, x, out)


def cosh_f32(const float[::1] x, float[::1] out) -> None:
    """Hyperbolic cosine, at most 3 ulp off."""
    each(ecm.ecm_func_cosh_f32, x, out)


def asinh_f32(const float[::1] x, float[::1] out) -> None:
    """Inverse hyperbolic sine, at most 4 ulp off."""
    each(ecm.ecm_func_asinh_f32, x, out)


def acosh_f32(const float[::1] x, float[::1] out) -> None:
    """Inverse hyperbolic cosine, at most 4 ulp off."""
    each(ecm.ecm_func_acosh_f32, x, out)


def atanh_f32(const float[::1] x, float[::1] out) -> None:
    """Inverse hyperbolic tangent, at most 4 ulp off."""
    each(ecm.ecm_func_atanh_f32, x, out)


def log1p_f32(const float[::1] x, float[::1] out) -> None:
    """Logarithm of 1 + x, at most 3 ulp off."""
    each(ecm.ecm_func_log1p_f32, x, out)


def expm1_f32(const float[::1] x, float[::1] out) -> None:
    """Exponential less 1, at most 5 ulp off."""
    each(ecm.ecm_func_expm1_f32, x, out)


def softplus_f32(const float[::1] x, float[::1] out) -> None:
    """ln(1 + e^x), at most 3 ulp off."""
    each(ecm.ecm_func_softplus_f32, x, out)


def erf_f32(const float[::1] x, float[::1] out) -> None:
    """Error function, at most 7 ulp off."""
    each(ecm.ecm_func_erf_f32, x, out)


def pow_f32(
    const float[::1] x, const float[::1] y, float[::1] out
) -> None:
    """x to the power of y."""
    pairs(ecm.ecm_func_pow_f32, x, y, out)


def fmod_f32(
    const float[::1] x, const float[::1] y, float[::1] out
) -> None:
    """Remainder with the sign of x."""
    pairs(ecm.ecm_func_fmod_f32, x, y, out)


def mod_f32(
    const float[::1] x, const float[::1] y, float[::1] out
) -> None:
    """Remainder with the sign of y."""
    pairs(ecm.ecm_func_mod_f32, x, y, out)


def clip_f32(const float[::1] x, float lo, float hi, float[::1] out) -> None:
    """min(max(x, lo), hi); NaN stays."""
    cdef Py_ssize_t i
    same_length("out", out.shape[0], x.shape[0])
    with nogil:
        for i in range(x.shape[0]):
            out[i] = ecm.ecm_func_clip_f32(x[i], lo, hi)
