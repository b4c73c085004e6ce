# Shared by the bindings of layers: checked tables become the structures of the headers.
from libc.stdint cimport int8_t, int16_t, int32_t, uint8_t, uint16_t

from ecmkit._core.base cimport same_length
from ecmkit._core.ecm_nn cimport ecm_nn_dense_s8_t, ecm_nn_window_t


cdef inline int window_of(
    ecm_nn_window_t *to, const uint16_t[::1] window
) except -1:
    """The 13 sizes of ``ecm_nn_window_t`` in their order."""
    same_length("window", window.shape[0], 13)
    to.input_h, to.input_w, to.input_c = window[0], window[1], window[2]
    to.output_h, to.output_w = window[3], window[4]
    to.kernel_h, to.kernel_w = window[5], window[6]
    to.stride_h, to.stride_w = window[7], window[8]
    to.dilation_h, to.dilation_w = window[9], window[10]
    to.pad_h, to.pad_w = window[11], window[12]
    return 0


cdef inline int factors_of(
    const int32_t[::1] multiplier, const uint8_t[::1] shift, int32_t limit
) except -1:
    """Are factors as the kernels of int8, or of int16, want them?"""
    cdef Py_ssize_t i
    cdef int32_t first, last
    for i in range(multiplier.shape[0]):
        first, last = 1, 62
        if limit != 128:
            first, last = (1, 46) if multiplier[i] < 0x8000 else (17, 62)
        if not first <= shift[i] <= last or multiplier[i] < 0:
            raise ValueError(
                f"multiplier {multiplier[i]} and shift {shift[i]} of output {i}, "
                f"expected 0 and more, and {first} ... {last}"
            )
    return 0


cdef inline int dense_of(
    ecm_nn_dense_s8_t *to,
    const int8_t[::1] weights,
    const uint16_t[::1] blocks,
    const int32_t[::1] bias,
    const int32_t[::1] multiplier,
    const uint8_t[::1] shift,
    Py_ssize_t inputs_len,
    Py_ssize_t groups,
    const int16_t[::1] output,
    int32_t limit = 128,
) except -1:
    """Tables of `groups` layers one after another; `output` is zero, least, most.

    `limit` is 128, or 32768 where values are int16.
    """
    cdef Py_ssize_t n = bias.shape[0], row = (inputs_len + 3) // 4 * 4, at, o, i, k
    same_length("multiplier", multiplier.shape[0], n)
    same_length("shift", shift.shape[0], n)
    same_length("output", output.shape[0], 3)
    if not (0 < inputs_len <= 0xFFFF and 0 < n <= 0xFFFF and n % groups == 0):
        raise ValueError(
            f"{inputs_len} inputs, {n} outputs, {groups} groups: expected 1 ... 65535 "
            "inputs and outputs, and as many outputs in each group"
        )
    if not -limit <= output[1] <= output[2] < limit or not -limit <= output[0] < limit:
        raise ValueError(
            f"output is {output[0]}, {output[1]}, {output[2]}, expected zero, least, "
            f"most within {-limit} ... {limit - 1}"
        )
    factors_of(multiplier, shift, limit)
    if blocks is None:
        same_length("weights", weights.shape[0], row * n)
        to.blocks = NULL
    else:
        if groups != 1:
            raise ValueError(f"blocks with {groups} groups, expected 1")
        at, o, k = 0, 0, 0
        while o < n:
            if at >= blocks.shape[0]:
                raise ValueError("blocks ends within a group")
            for i in range(at + 1, at + 1 + blocks[at]):
                if i >= blocks.shape[0] or blocks[i] + 16 > inputs_len:
                    raise ValueError(f"blocks, element {i}: not within the inputs")
            i = 4 if o + 4 <= n else 1
            k, o, at = k + 16 * i * blocks[at], o + i, at + 1 + blocks[at]
        same_length("blocks", blocks.shape[0], at)
        same_length("weights", weights.shape[0], k if k > 0 else 4)
        to.blocks = &blocks[0]
    to.weights = &weights[0]
    to.bias = &bias[0]
    to.multiplier = &multiplier[0]
    to.shift = &shift[0]
    to.inputs_len = <uint16_t>inputs_len
    to.outputs_len = <uint16_t>(n // groups)
    to.output_zero, to.output_min, to.output_max = output[0], output[1], output[2]
    to.reserved = 0
    return 0
