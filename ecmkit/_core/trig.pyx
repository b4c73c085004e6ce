"""Sine, cosine and the angle of a point: ``ecm_trig.h``, element by element."""

from ecmkit._core cimport ecm
from ecmkit._core.base cimport same_length


def sin_f32(const float[::1] x, float[::1] out) -> None:
    """Sine of radians, at most 0.52 ulp off, whatever their size."""
    cdef Py_ssize_t i
    same_length("out", out.shape[0], x.shape[0])
    with nogil:
        for i in range(x.shape[0]):
            out[i] = ecm.ecm_trig_sin_f32(x[i])


def cos_f32(const float[::1] x, float[::1] out) -> None:
    """Cosine of radians, at most 0.52 ulp off, whatever their size."""
    cdef Py_ssize_t i
    same_length("out", out.shape[0], x.shape[0])
    with nogil:
        for i in range(x.shape[0]):
            out[i] = ecm.ecm_trig_cos_f32(x[i])


def sincos_f32(const float[::1] x, float[::1] s, float[::1] c) -> None:
    """Sine into `s` and cosine into `c`."""
    cdef Py_ssize_t i
    same_length("s", s.shape[0], x.shape[0])
    same_length("c", c.shape[0], x.shape[0])
    with nogil:
        for i in range(x.shape[0]):
            ecm.ecm_trig_sincos_f32(x[i], &s[i], &c[i])


def atan2_f32(const float[::1] y, const float[::1] x, float[::1] out) -> None:
    """Angle of the points (x, y) in radians, at most 0.52 ulp off."""
    cdef Py_ssize_t i
    same_length("x", x.shape[0], y.shape[0])
    same_length("out", out.shape[0], y.shape[0])
    with nogil:
        for i in range(y.shape[0]):
            out[i] = ecm.ecm_trig_atan2_f32(y[i], x[i])
