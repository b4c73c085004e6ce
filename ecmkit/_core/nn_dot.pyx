"""Four sums of products at once: ``ecm_nn_dot.h``."""

from libc.stdint cimport uint32_t

from ecmkit._core cimport ecm, ecm_nn
from ecmkit._core.base cimport check, same_length


def four_f32(
    const float[:, ::1] w, const float[:, ::1] x, float[::1] sums
) -> None:
    """Two rows of weights by two inputs.

    Parameters
    ----------
    w, x : ndarray of float32, shape (2, n)
        Weights and inputs.
    sums : ndarray of float32, shape (4,)
        Written: w[0] x[0], w[1] x[0], w[0] x[1], w[1] x[1].

    Raises
    ------
    ValueError
        If shapes disagree.
    """
    cdef ecm.ecm_status_t status
    cdef float none = 0
    cdef uint32_t n = <uint32_t>w.shape[1]
    same_length("w", w.shape[0], 2)
    same_length("x", x.shape[0], 2)
    same_length("a row of x", x.shape[1], w.shape[1])
    same_length("sums", sums.shape[0], 4)
    with nogil:
        if n == 0:
            status = ecm_nn.ecm_nn_dot_four_f32(
                &none, &none, &none, &none, 0, &sums[0]
            )
        else:
            status = ecm_nn.ecm_nn_dot_four_f32(
                &w[0, 0], &w[1, 0], &x[0, 0], &x[1, 0], n, &sums[0]
            )
    check(status)
