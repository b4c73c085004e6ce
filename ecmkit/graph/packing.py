"""Weights in the order in which the kernels of ``ecm_nn_dense.h`` read them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "KEPT_MOST",
    "PackedS8",
    "fold_bias",
    "fold_wide",
    "pack_s8",
    "pack_shorter_s8",
    "right_shift",
    "zero_blocks",
]

KEPT_MOST = 0.8
"""Share of the blocks up to which a list of them is worth its bytes and steps: a block
of a list takes 12 instructions on Helium and 66 on Armv7E-M, one of all weights 10 and
63."""

S8 = NDArray[np.int8]
_ROWS = 4
_CHUNK = 16


@dataclass(frozen=True)
class PackedS8:
    """The tables of a layer's weights."""

    weights: S8
    """``ecm_nn_dense_s8_t.weights``."""
    blocks: NDArray[np.uint16] | None
    """``ecm_nn_dense_s8_t.blocks``; None where all blocks are kept."""

    @property
    def nbytes(self) -> int:
        """Bytes of flash."""
        return self.weights.nbytes + (0 if self.blocks is None else self.blocks.nbytes)


def pack_s8(weights: S8, *, blocks: bool = False) -> PackedS8:
    """Pack the weights of a fully connected layer.

    Parameters
    ----------
    weights : ndarray of int8, shape (n_outputs, n_inputs)
        Rows as TFLite has them. Those of a convolution are its filters, each flattened
        in the order kernel row, kernel column, input channel; with groups, pack each
        group and join them.
    blocks : bool
        Keep only the blocks of 4 outputs by 16 inputs that are not all 0; `n_inputs`
        must be a multiple of 16.

    Returns
    -------
    PackedS8

    Raises
    ------
    ValueError
        If `weights` is not two-dimensional, empty, or of a length that does not suit.

    Examples
    --------
    >>> pack_s8(np.arange(6, dtype=np.int8).reshape(2, 3)).weights
    array([0, 1, 2, 0, 3, 4, 5, 0], dtype=int8)
    """
    if weights.ndim != 2 or weights.size == 0:
        raise ValueError(
            f"weights: shape {weights.shape}, expected (n_outputs, n_inputs)"
        )
    rows, columns = weights.shape
    if max(rows, columns) > 0xFFFF:
        raise ValueError(f"weights: shape {weights.shape}, expected at most 65535")
    if blocks and columns % _CHUNK:
        raise ValueError(
            f"weights: {columns} inputs, expected a multiple of {_CHUNK} for blocks"
        )
    wide = np.zeros((rows, -(-columns // 4) * 4), np.int8)
    wide[:, :columns] = weights
    parts: list[S8] = []
    kept: list[int] = []
    for group in _groups(wide):
        starts = range(0, group.shape[1], _CHUNK)
        chunks = [group[:, start : start + _CHUNK] for start in starts]
        if blocks:
            pairs = [(s, c) for s, c in zip(starts, chunks, strict=True) if np.any(c)]
            kept += [len(pairs), *(start for start, _ in pairs)]
            chunks = [chunk for _, chunk in pairs]
        parts += [chunk.reshape(-1) for chunk in chunks]
    packed = np.concatenate([np.zeros(0, np.int8), *parts])
    return PackedS8(
        weights=packed if packed.size else np.zeros(4, np.int8),
        blocks=np.array(kept, np.uint16) if blocks else None,
    )


def pack_shorter_s8(weights: S8) -> PackedS8:
    """Pack the weights of a layer in the form that is smaller and quicker.

    Parameters
    ----------
    weights : ndarray of int8, shape (n_outputs, n_inputs)
        As for `pack_s8`.

    Returns
    -------
    PackedS8
        In blocks where `n_inputs` is a multiple of 16, at most `KEPT_MOST` of them have
        weights that are not 0, and the list is no longer than what it leaves out.

    Raises
    ------
    ValueError
        See `pack_s8`.

    Examples
    --------
    >>> pack_shorter_s8(np.eye(4, 64, dtype=np.int8)).nbytes
    68
    >>> pack_shorter_s8(np.ones((4, 64), np.int8)).blocks is None
    True
    """
    packed = pack_s8(weights)
    if weights.shape[1] % _CHUNK or 1.0 - zero_blocks(weights) > KEPT_MOST:
        return packed
    blocks = pack_s8(weights, blocks=True)
    return blocks if blocks.nbytes < packed.nbytes else packed


def zero_blocks(weights: S8) -> float:
    """Share of the blocks of `pack_s8` that are all 0.

    Parameters
    ----------
    weights : ndarray of int8, shape (n_outputs, n_inputs)
        Rows.

    Returns
    -------
    float
        0 ... 1.

    Examples
    --------
    >>> zero_blocks(np.eye(4, 32, dtype=np.int8))
    0.5
    """
    blocks = [
        np.any(group[:, start : start + _CHUNK])
        for group in _groups(weights)
        for start in range(0, group.shape[1], _CHUNK)
    ]
    return 1.0 - float(np.mean(blocks))


def _groups(weights: S8) -> list[S8]:
    """Four rows each, then the rows that are left, one each."""
    whole = len(weights) // _ROWS * _ROWS
    groups = [weights[at : at + _ROWS] for at in range(0, whole, _ROWS)]
    return groups + [weights[at : at + 1] for at in range(whole, len(weights))]


def fold_wide(
    bias: NDArray[np.int32], weights: S8, input_zero: int
) -> NDArray[np.int64]:
    """Fold the zero point of the input into the bias, in 64 bits; see `fold_bias`."""
    sums = weights.astype(np.int64).sum(axis=1)
    return np.asarray(bias.astype(np.int64) - input_zero * sums)


def fold_bias(
    bias: NDArray[np.int32], weights: S8, input_zero: int
) -> NDArray[np.int32]:
    """Bias with the zero point of the input folded in.

    Parameters
    ----------
    bias : ndarray of int32, shape (n_outputs,)
        Bias of each output.
    weights : ndarray of int8, shape (n_outputs, n_inputs)
        Rows.
    input_zero : int
        Zero point of the input, -128 ... 127.

    Returns
    -------
    ndarray of int32, shape (n_outputs,)
        ``bias - input_zero * weights.sum(axis=1)``.

    Raises
    ------
    ValueError
        If it leaves 32 bits.

    Examples
    --------
    >>> fold_bias(np.array([7], np.int32), np.array([[1, 2]], np.int8), -128)
    array([391], dtype=int32)
    """
    folded = fold_wide(bias, weights, input_zero)
    if np.any(np.abs(folded) >= 2**31):
        raise ValueError("bias: leaves 32 bits once the zero point is folded in")
    return folded.astype(np.int32)


def right_shift(shift: int) -> int:
    """Shift of ``ecm_nn_dense_s8_t`` from TFLite's, which points left.

    Parameters
    ----------
    shift : int
        Of `multiplier_and_shift`, -31 ... 30.

    Returns
    -------
    int
        1 ... 62.

    Examples
    --------
    >>> right_shift(-7)
    38
    """
    return 31 - shift
