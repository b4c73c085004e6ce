"""int8 neural network layers: ``ecm_nn.h``."""

from libc.stdint cimport int8_t, int16_t, int32_t, uint16_t, uint32_t

from ecmkit._core cimport ecm, ecm_device
from ecmkit._core.base cimport check, same_length


def dense_s8(
    const int8_t[:, ::1] weights,
    const int32_t[::1] bias,
    const int32_t[::1] multiplier,
    const int8_t[::1] shift,
    int16_t input_zero,
    int16_t output_zero,
    int16_t output_min,
    int16_t output_max,
    const int8_t[:, ::1] x,
    int8_t[:, ::1] y,
) -> None:
    """Fully connected layer, for each row of `x`.

    Parameters
    ----------
    weights : ndarray of int8, shape (n_outputs, n_inputs)
        Symmetric, a scale per output.
    bias, multiplier : ndarray of int32, shape (n_outputs,)
        See ``ecm_nn_dense_s8_t``.
    shift : ndarray of int8, shape (n_outputs,)
        Exponents, -31 ... 30.
    input_zero, output_zero : int
        Zero points, -128 ... 127.
    output_min, output_max : int
        Clamp, within -128 ... 127.
    x : ndarray of int8, shape (n, n_inputs)
        Inputs.
    y : ndarray of int8, shape (n, n_outputs)
        Written; may not overlap `x`.

    Raises
    ------
    ValueError
        If shapes disagree or the device library refuses.
    """
    cdef ecm_device.ecm_nn_dense_s8_t layer
    cdef ecm.ecm_status_t status = ecm.ECM_OK
    cdef Py_ssize_t i, n = x.shape[0]
    same_length("bias", bias.shape[0], weights.shape[0])
    same_length("multiplier", multiplier.shape[0], weights.shape[0])
    same_length("shift", shift.shape[0], weights.shape[0])
    same_length("a row of x", x.shape[1], weights.shape[1])
    same_length("y", y.shape[0], n)
    same_length("a row of y", y.shape[1], weights.shape[0])
    if weights.shape[0] == 0 or weights.shape[1] == 0:
        raise ValueError("weights is empty, expected at least one input and output")
    layer.weights = &weights[0, 0]
    layer.bias = &bias[0]
    layer.multiplier = &multiplier[0]
    layer.shift = &shift[0]
    layer.inputs_len = <uint16_t>weights.shape[1]
    layer.outputs_len = <uint16_t>weights.shape[0]
    layer.input_zero = input_zero
    layer.output_zero = output_zero
    layer.output_min = output_min
    layer.output_max = output_max
    with nogil:
        for i in range(n):
            status = ecm_device.ecm_nn_dense_s8(&layer, &x[i, 0], &y[i, 0])
            if status < 0:
                break
    check(status)


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
        status = ecm_device.ecm_nn_mse_f32(&x[0], &y[0], <uint32_t>x.shape[0], &error)
    check(status)
    return error
