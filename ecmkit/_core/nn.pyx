"""What the layers of networks share: ``ecm_nn.h``."""

from libc.stdint cimport uint32_t

from ecmkit._core cimport ecm, ecm_nn
from ecmkit._core.base cimport check, same_length


def mse_f32(const float[::1] x, const float[::1] y) -> float:
    """Mean squared difference of two vectors of the same length, at least 1.

    Raises
    ------
    ValueError
        If the lengths disagree or are 0.
    """
    cdef ecm.ecm_status_t status
    cdef float error = 0
    same_length("y", y.shape[0], x.shape[0])
    if x.shape[0] == 0:
        raise ValueError("x is empty, expected at least one value")
    with nogil:
        status = ecm_nn.ecm_nn_mse_f32(&x[0], &y[0], <uint32_t>x.shape[0], &error)
    check(status)
    return error
