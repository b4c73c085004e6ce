"""The intermediate form: a short list of typed operations on vectors."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Clip",
    "Dense",
    "DenseS8",
    "Dequantize",
    "Forest",
    "Mse",
    "Nearest",
    "Op",
    "Program",
    "Quantize",
    "Scale",
]

F32 = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class _OneToOne:
    """An operation that makes vector `y` of vector `x`."""

    x: str
    y: str = ""
    """Given when the operation joins a program."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the vectors that are read."""
        return (self.x,)


@dataclass(frozen=True, kw_only=True)
class Scale(_OneToOne):
    """``y = (x - mean) * inv_sd``, element by element."""

    mean: F32
    inv_sd: F32

    def __str__(self) -> str:
        return f"{self.y} = scale({self.x})"


@dataclass(frozen=True, kw_only=True)
class Clip(_OneToOne):
    """``y = min(max(x, lo), hi)``."""

    lo: float
    hi: float

    def __str__(self) -> str:
        return f"{self.y} = clip({self.x}, {self.lo:g}, {self.hi:g})"


@dataclass(frozen=True, kw_only=True)
class Dense(_OneToOne):
    """``y = weights @ x + bias``, with negative values set to 0 if `relu`."""

    weights: F32
    """Shape (n_outputs, n_inputs)."""
    bias: F32
    relu: bool = False

    def __str__(self) -> str:
        rows, columns = self.weights.shape
        tail = ", relu" if self.relu else ""
        return f"{self.y} = dense({self.x}, {columns} to {rows}{tail})"


@dataclass(frozen=True, kw_only=True)
class Quantize(_OneToOne):
    """``y = clamp(round(x / scale) + zero)`` in int8."""

    scale: float
    zero: int

    def __str__(self) -> str:
        return f"{self.y} = quantize({self.x}, {self.scale:.6g}, {self.zero})"


@dataclass(frozen=True, kw_only=True)
class DenseS8(_OneToOne):
    """Dense layer on int8 vectors, as ``ecm_nn_dense_s8`` defines it."""

    weights: NDArray[np.int8]
    """Shape (n_outputs, n_inputs); symmetric, one scale per output."""
    weight_scale: F32
    """Shape (n_outputs,)."""
    bias: NDArray[np.int32]
    multiplier: NDArray[np.int32]
    shift: NDArray[np.int8]
    input_zero: int
    output_zero: int
    output_scale: float
    output_min: int
    output_max: int

    def __str__(self) -> str:
        rows, columns = self.weights.shape
        return (
            f"{self.y} = dense_s8({self.x}, {columns} to {rows}, "
            f"{self.output_scale:.6g}, {self.output_zero})"
        )


@dataclass(frozen=True, kw_only=True)
class Dequantize(_OneToOne):
    """``y = scale * (x - zero)``."""

    scale: float
    zero: int

    def __str__(self) -> str:
        return f"{self.y} = dequantize({self.x}, {self.scale:.6g}, {self.zero})"


@dataclass(frozen=True, kw_only=True)
class Nearest(_OneToOne):
    """Euclidean distance to the nearest of the rows of `centroids`."""

    centroids: F32
    """Shape (n_clusters, n_features)."""

    def __str__(self) -> str:
        return f"{self.y} = nearest({self.x}, {len(self.centroids)} centroids)"


@dataclass(frozen=True, kw_only=True)
class Mse:
    """``y = mean((x - r)^2)`` of two vectors."""

    x: str
    r: str
    y: str = ""

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the vectors that are read."""
        return (self.x, self.r)

    def __str__(self) -> str:
        return f"{self.y} = mse({self.x}, {self.r})"


@dataclass(frozen=True, kw_only=True)
class Forest(_OneToOne):
    """Mean of the class probabilities of trees, as ``ecm_tree.h`` stores them."""

    threshold: F32
    """Shape (n_nodes,): trees one after another, each in preorder."""
    feature: NDArray[np.uint16]
    """Shape (n_nodes,): feature compared, or ``LEAF``."""
    right: NDArray[np.uint16]
    """Shape (n_nodes,): the other branch from the root, or the row in `leaves`."""
    roots: NDArray[np.uint32]
    """Shape (n_trees,)."""
    leaves: F32
    """Shape (n_leaves, n_classes): distinct rows."""

    def __str__(self) -> str:
        return (
            f"{self.y} = forest({self.x}, {len(self.roots)} trees, "
            f"{len(self.feature)} nodes, {len(self.leaves)} leaves)"
        )


Op = Scale | Clip | Dense | Quantize | DenseS8 | Dequantize | Nearest | Mse | Forest


@dataclass(frozen=True, kw_only=True)
class Program:
    """Operations in order; each vector is written once."""

    input: str
    output: str
    ops: tuple[Op, ...]
    widths: Mapping[str, int]
    """Number of elements of each vector."""

    def __str__(self) -> str:
        lines = [f"{op} [{self.widths[op.y]}]" for op in self.ops]
        head = f"{self.input} [{self.widths[self.input]}]"
        return "\n".join([head, *lines, f"return {self.output}"])

    def uses(self, name: str) -> int:
        """Count the readers of a vector; the caller counts as one of the output."""
        return sum(op.inputs.count(name) for op in self.ops) + (name == self.output)
