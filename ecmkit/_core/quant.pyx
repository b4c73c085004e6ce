"""The affine scheme of TFLite: ``ecm_quant.h``."""

from libc.stdint cimport int8_t, int16_t, int32_t, uint32_t

from ecmkit._core cimport ecm, ecm_device, ecm_nn_s16
from ecmkit._core.base cimport check, same_length


def requantize_s32(int32_t acc, int32_t multiplier, int32_t shift) -> int:
    """acc * multiplier * 2^(shift - 31), rounded as the TFLite reference kernels do.

    Parameters
    ----------
    acc : int
        Accumulator, 32 bits.
    multiplier : int
        Q31 significand, 2^30 ... 2^31 - 1, or 0.
    shift : int
        Exponent, -31 ... 30.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If `multiplier` or `shift` is outside its range.
    """
    if multiplier < 0 or not -31 <= shift <= 30:
        raise ValueError(
            f"multiplier {multiplier} or shift {shift} is outside its range"
        )
    return ecm_device.ecm_quant_requantize_s32(acc, multiplier, shift)


def quantize_f32_s8(
    const float[::1] x, float scale, int32_t zero, int8_t[::1] q
) -> None:
    """Real to int8: round(x / scale) + zero, saturated.

    Parameters
    ----------
    x : ndarray of float32, shape (n,)
        Any; NaN gives `zero`.
    scale : float
        Greater than 0.
    zero : int
        Zero point, -128 ... 127.
    q : ndarray of int8, shape (n,)
        Written.

    Raises
    ------
    ValueError
        If shapes disagree or the device library refuses.
    """
    cdef ecm.ecm_status_t status
    same_length("q", q.shape[0], x.shape[0])
    if x.shape[0] == 0:
        return
    with nogil:
        status = ecm_device.ecm_quant_quantize_f32_s8(
            &x[0], <uint32_t>x.shape[0], scale, zero, &q[0]
        )
    check(status)


def dequantize_s8_f32(
    const int8_t[::1] q, float scale, int32_t zero, float[::1] x
) -> None:
    """int8 to real: scale * (q - zero).

    Parameters
    ----------
    q : ndarray of int8, shape (n,)
        Quantised values.
    scale : float
        Greater than 0.
    zero : int
        Zero point, -128 ... 127.
    x : ndarray of float32, shape (n,)
        Written.

    Raises
    ------
    ValueError
        If shapes disagree or the device library refuses.
    """
    cdef ecm.ecm_status_t status
    same_length("x", x.shape[0], q.shape[0])
    if q.shape[0] == 0:
        return
    with nogil:
        status = ecm_device.ecm_quant_dequantize_s8_f32(
            &q[0], <uint32_t>q.shape[0], scale, zero, &x[0]
        )
    check(status)


def quantize_f32_s16(const float[::1] x, float scale, int16_t[::1] q) -> None:
    """Real to int16: round(x / scale), saturated.

    Parameters
    ----------
    x : ndarray of float32, shape (n,)
        Any; NaN gives 0.
    scale : float
        Greater than 0.
    q : ndarray of int16, shape (n,)
        Written.

    Raises
    ------
    ValueError
        If shapes disagree or the device library refuses.
    """
    cdef ecm.ecm_status_t status
    same_length("q", q.shape[0], x.shape[0])
    if x.shape[0] == 0:
        return
    with nogil:
        status = ecm_nn_s16.ecm_quant_quantize_f32_s16(
            &x[0], <uint32_t>x.shape[0], scale, &q[0]
        )
    check(status)


def dequantize_s16_f32(const int16_t[::1] q, float scale, float[::1] x) -> None:
    """int16 to real: scale * q.

    Parameters
    ----------
    q : ndarray of int16, shape (n,)
        Quantised values.
    scale : float
        Greater than 0.
    x : ndarray of float32, shape (n,)
        Written.

    Raises
    ------
    ValueError
        If shapes disagree or the device library refuses.
    """
    cdef ecm.ecm_status_t status
    same_length("x", x.shape[0], q.shape[0])
    if q.shape[0] == 0:
        return
    with nogil:
        status = ecm_nn_s16.ecm_quant_dequantize_s16_f32(
            &q[0], <uint32_t>q.shape[0], scale, &x[0]
        )
    check(status)
