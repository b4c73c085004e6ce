"""What features, samples and lines add to an output: SHAP, integrated gradients."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit.errors import FormatError
from ecmkit.graph import import_onnx
from ecmkit.graph.ir import Graph, Node
from ecmkit.graph.transform import coded_features, codes_of

if TYPE_CHECKING:
    import torch

__all__ = ["Attribution", "Saliency", "saliency", "tree_shap"]

F64 = NDArray[np.float64]
_LEAF = 0xFFFF


@dataclass(frozen=True, kw_only=True)
class Attribution:
    """How an output comes about: the base, and what each input adds to it."""

    values: F64
    """Shape (n, n_features, n_outputs)."""
    base: F64
    """Mean output over the background, shape (n_outputs,)."""
    output: F64
    """What is explained, shape (n, n_outputs): base plus the sum of values."""


def tree_shap(onnx: bytes, x: ArrayLike, background: ArrayLike) -> Attribution:
    """Explain a tree ensemble by Shapley values, exactly.

    The game is: a feature that is known has the value of the row, one that is not has
    that of a row of the background, and the payoff is the mean output over the
    background. Thresholds are the float32 numbers that the device compares with.

    Parameters
    ----------
    onnx : bytes
        A model of trees over its input, such as `TrainedModel.onnx` of a forest.
    x : array-like, shape (n, n_features)
        Rows to explain; finite.
    background : array-like, shape (m, n_features)
        Rows of known operation, such as 100 of the training; finite.

    Returns
    -------
    Attribution
        In the unit of the trees' sum: probabilities of a random forest; of boosted
        trees what comes before the base value and the logistic function. Where trees
        hold the second of two classes only, there is one output.

    Raises
    ------
    FormatError
        If the model is no tree ensemble over its input.
    ValueError
        If a shape does not fit, or a value is not finite.

    Notes
    -----
    A leaf is reached if the row of x or that of the background meets the conditions of
    each feature on its way. With a features that only x meets and b that only the other
    meets, its value v adds v (a - 1)! b! / (a + b)! to each of the first and takes
    v a! (b - 1)! / (a + b)! from each of the second. O(n m) for each leaf.

    References
    ----------
    S. M. Lundberg et al., Nature Machine Intelligence 2 (2020), 56-67, interventional.

    Examples
    --------
    >>> from ecmkit.features import FeatureTable
    >>> from ecmkit.train import fit_forest
    >>> x = np.random.default_rng(1).normal(size=(60, 2)).astype(np.float32)
    >>> names = np.where(x[:, 0] > 0, "worn", "normal")
    >>> table = FeatureTable(
    ...     x=x, names=("rms", "noise"), units=("g", "1"), recording=names,
    ...     start=np.arange(60), label=names, group=names, contract_id="",
    ... )
    >>> forest = fit_forest(table, n_trees=3, max_depth=2, seed=1)
    >>> found = tree_shap(forest.onnx, [[2.0, 0.1]], x)
    >>> bool(np.allclose(found.base + found.values.sum(axis=1), found.output))
    True
    >>> bool(found.values[0, 0, 0] > abs(found.values[0, 1, 0]))
    True
    """
    graph = coded_features(import_onnx(onnx))
    node = _trees_of(graph)
    leaves = _leaves_of(graph, node)
    width = graph.tensors[graph.inputs[0]].size
    rows, known = (
        codes_of(graph, node, _rows(given, width, name))
        for given, name in ((x, "x"), (background, "background"))
    )
    n_outputs = len(leaves[0].value)
    values = np.zeros((len(rows), width, n_outputs))
    base, output = np.zeros(n_outputs), np.zeros((len(rows), n_outputs))
    for leaf in leaves:
        mine, other = leaf.met(rows), leaf.met(known)
        base += other.all(axis=1).mean() * leaf.value
        output += mine.all(axis=1, keepdims=True) * leaf.value
        share = _shares(mine, other)
        values[:, leaf.features] += share[:, :, None] * leaf.value
    return Attribution(values=values, base=base, output=output)


@dataclass(frozen=True, kw_only=True)
class Saliency:
    """What each sample, and each line of the spectrum, adds to an output."""

    samples: F64
    """Shape of the rows."""
    lines: F64
    """The same sum, cut by frequency along the last axis: shape (n, ..., n_lines)."""
    frequency_hz: F64
    """Of the lines, shape (n_lines,)."""
    output: F64
    """Of the rows, shape (n,)."""
    base: float
    """Output of the baseline."""

    @property
    def incomplete(self) -> F64:
        """What the sum of `samples` misses of output minus base, shape (n,)."""
        total = self.samples.reshape(len(self.samples), -1).sum(axis=1)
        gap: F64 = self.output - self.base - total
        return gap


def saliency(
    module: "Callable[[torch.Tensor], torch.Tensor]",
    x: ArrayLike,
    *,
    output: int = 0,
    fs_hz: float,
    baseline: ArrayLike | None = None,
    steps: int = 64,
) -> Saliency:
    """Explain a network by integrated gradients, over time and over frequency.

    The gradient is averaged on the straight line from the baseline to the row
    (Gauss-Legendre nodes) and multiplied with their difference. As the difference is
    also a sum of its Fourier lines, the same integral tells what each line adds.

    Parameters
    ----------
    module : callable
        A torch module or function, differentiable: rows of shape (n, ...) in, shape
        (n, n_outputs) out, such as the logits of a classifier.
    x : array-like, shape (n, ..., n_samples)
        Rows to explain.
    output : int
        Which of the outputs.
    fs_hz : float
        Sampling rate of the last axis.
    baseline : array-like, shape (..., n_samples), optional
        Where nothing is to be seen, such as silence; the default is zeros.
    steps : int
        Nodes of the integral, at least 1; a network with kinks (ReLU) needs more of
        them than a smooth one, see `Saliency.incomplete`.

    Returns
    -------
    Saliency

    Raises
    ------
    ValueError
        If a shape or a setting does not fit.

    References
    ----------
    M. Sundararajan, A. Taly, Q. Yan, Axiomatic attribution for deep networks, ICML
    2017; J. Vielhaben et al., Pattern Recognition 150 (2024), 110309.
    """
    import torch

    rows = np.asarray(x, np.float32)
    if rows.ndim < 2 or steps < 1 or not fs_hz > 0:
        raise ValueError(
            f"x of shape {rows.shape}, {steps} steps, {fs_hz} Hz: expected shape "
            "(n, ..., n_samples), at least 1, above 0"
        )
    zero = np.zeros(rows.shape[1:]) if baseline is None else np.asarray(baseline)
    if zero.shape != rows.shape[1:]:
        raise ValueError(f"baseline has shape {zero.shape}, expected {rows.shape[1:]}")
    start = torch.as_tensor(zero, dtype=torch.float32)
    way = torch.as_tensor(rows) - start
    made = module(torch.as_tensor(rows))
    if made.ndim != 2 or not 0 <= output < made.shape[1]:
        raise ValueError(
            f"output {output} of a result of shape {tuple(made.shape)}: expected one "
            "of the columns of (n, n_outputs)"
        )
    total = np.zeros(rows.shape)
    nodes, weights = np.polynomial.legendre.leggauss(steps)
    for node, weight in zip(0.5 * (nodes + 1.0), 0.5 * weights, strict=True):
        point = (start + node * way).requires_grad_(True)
        (slope,) = torch.autograd.grad(module(point)[:, output].sum(), point)
        total += weight * slope.detach().numpy()
    way_np = np.asarray(rows - zero, np.float64)
    return Saliency(
        samples=total * way_np,
        lines=_by_line(total, way_np),
        frequency_hz=np.arange(rows.shape[-1] // 2 + 1) * (fs_hz / rows.shape[-1]),
        output=made[:, output].detach().numpy().astype(np.float64),
        base=float(module(start[None])[0, output].detach()),
    )


def _by_line(slope: F64, way: F64) -> F64:
    """Sum slope times each Fourier line of the way, over the last axis."""
    n = way.shape[-1]
    product = (np.conj(np.fft.rfft(slope)) * np.fft.rfft(way)).real / n
    # A line but the first, and the last of an even length, has a twin below zero.
    product[..., 1 : (n + 1) // 2] *= 2.0
    return np.asarray(product)


def _rows(x: ArrayLike, width: int, name: str) -> NDArray[np.float32]:
    rows = np.asarray(x, np.float32)
    if rows.ndim != 2 or rows.shape[1] != width or not len(rows):
        raise ValueError(f"{name} has shape {rows.shape}, expected (n, {width})")
    if not np.isfinite(rows).all():
        raise ValueError(f"{name}: found values that are not finite")
    return rows


def _trees_of(graph: Graph) -> Node:
    """Return the only node of trees, which reads the input of the model."""
    found = [node for node in graph.nodes if node.op == "trees"]
    if len(found) != 1 or found[0].inputs[0] != graph.inputs[0]:
        raise FormatError(
            f"ONNX: found {len(found)} tree ensembles that read the input, expected one"
        )
    node = found[0]
    if node.attrs["how"] not in ("sum", "average"):
        raise node.refuse(f"found the {node.attrs['how']} of the trees, expected a sum")
    return node


@dataclass(frozen=True)
class _Leaf:
    """A leaf, and what leads to it: a range of each feature on its way."""

    features: NDArray[np.int64]
    above: NDArray[np.float32]
    """The feature is larger than this."""
    most: NDArray[np.float32]
    """And at most this."""
    value: F64

    def met(self, rows: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Whether rows meet the condition of each feature, shape (n, n_features)."""
        own = rows[:, self.features]
        return np.asarray((own > self.above) & (own <= self.most))


def _leaves_of(graph: Graph, node: Node) -> list[_Leaf]:
    """All leaves of all trees.

    Nodes are in preorder: a branch is followed by its yes, and knows the place of its
    no in its own tree; a leaf knows the row of its value.
    """
    threshold, feature, right, roots, values = (
        graph.constants[name] for name in node.inputs[1:6]
    )
    scale = 1.0 / len(roots) if node.attrs["how"] == "average" else 1.0
    found = []
    for root in roots.tolist():
        waiting: list[tuple[int, dict[int, tuple[float, float]]]] = [(root, {})]
        while waiting:
            at, way = waiting.pop()
            if feature[at] == _LEAF:
                found.append(_leaf(way, scale * values[right[at]].astype(np.float64)))
                continue
            which, limit = int(feature[at]), float(threshold[at])
            low, high = way.get(which, (-np.inf, np.inf))
            yes = way | {which: (low, min(high, limit))}
            no = way | {which: (max(low, limit), high)}
            waiting += [(at + 1, yes), (root + int(right[at]), no)]
    return found


def _leaf(way: dict[int, tuple[float, float]], value: F64) -> _Leaf:
    ranges = np.array(list(way.values()), np.float32).reshape(-1, 2)
    features = np.array(list(way), np.int64)
    return _Leaf(features, ranges[:, 0], ranges[:, 1], value)


def _shares(mine: NDArray[np.bool_], other: NDArray[np.bool_]) -> F64:
    """Share of a leaf's value that each feature on its way gets, shape (n, n_own)."""
    reached = (mine[:, None] | other[None]).all(axis=2)
    only_mine = mine[:, None] & ~other[None]
    only_other = other[None] & ~mine[:, None]
    a, b = only_mine.sum(axis=2), only_other.sum(axis=2)
    table = _weights(mine.shape[1])
    gain = np.where(reached, table[a, b], 0.0)
    loss = np.where(reached, table[b, a], 0.0)
    total = np.einsum("nm,nmf->nf", gain, only_mine)
    total -= np.einsum("nm,nmf->nf", loss, only_other)
    return np.asarray(total / len(other))


@cache
def _weights(most: int) -> F64:
    """Return (a - 1)! b! / (a + b)! for a and b up to `most`; 0 for a = 0."""
    table = np.zeros((most + 1, most + 1))
    for a in range(1, most + 1):
        for b in range(most + 1):
            table[a, b] = 1.0 / (a * math.comb(a + b, a))
    return table
