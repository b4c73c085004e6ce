"""Post-training quantisation, by the values of a calibration."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit.errors import FormatError
from ecmkit.graph.compiled import compile_graph
from ecmkit.graph.host import GraphOnHost
from ecmkit.graph.int8.layers import RULES
from ecmkit.graph.int8.lowering import (
    Affine,
    Integer,
    LayerType,
    Lowering,
    Source,
    ToRows,
)
from ecmkit.graph.int8.ranges import Ranges, range_of
from ecmkit.graph.ir import Graph, check
from ecmkit.graph.quantise import affine, symmetric_rows
from ecmkit.graph.transform import layers_merged

__all__ = ["calibrate", "int8_layers", "lowered", "to_int8"]

Range = tuple[float, float]


def calibrate(
    graph: Graph,
    samples: Sequence[Sequence[ArrayLike]],
    *,
    ranges: Ranges = "min-max",
    percentile: float = 99.99,
) -> dict[str, Range]:
    """Find the range of each float32 value on samples.

    Parameters
    ----------
    graph : Graph
        In float32.
    samples : sequence of sequences of array-like
        For each sample its inputs, as the model will meet them.
    ranges : {"min-max", "percentile", "entropy", "mse"}
        All that was seen, or less of it and finer steps; ``entropy`` and ``mse`` weigh
        both, see `ecmkit.graph.int8.ranges.range_of`.
    percentile : float
        For the way of that name.

    Returns
    -------
    dict
        Range by name of the value.

    Raises
    ------
    ValueError
        If there are no samples, or their shapes do not fit.
    FormatError
        If a value is not finite on them.
    """
    names = [
        name
        for node in graph.nodes
        for name in node.outputs
        if graph.tensors[name].dtype == "f32"
    ]
    return {
        name: range_of(value, ranges=ranges, percentile=percentile)
        for name, value in values_on(graph, samples, names).items()
        if value.size
    }


def values_on(
    graph: Graph, samples: Sequence[Sequence[ArrayLike]], names: Sequence[str]
) -> dict[str, NDArray[Any]]:
    """Run a graph on samples and look at values inside.

    Parameters
    ----------
    graph : Graph
        In float32.
    samples : sequence of sequences of array-like
        For each sample its inputs.
    names : sequence of str
        Of values that operations make, and of inputs.

    Returns
    -------
    dict
        Those values and all inputs, each of shape (n_samples, *its own).

    Raises
    ------
    ValueError
        If there are no samples, or their shapes do not fit.
    FormatError
        If a value is not finite on them.
    """
    if not len(samples):
        raise ValueError("no samples to calibrate with")
    made = [name for name in names if name not in graph.inputs]
    rows = [
        np.stack(
            [np.asarray(sample[at], graph.tensors[name].numpy) for sample in samples]
        )
        for at, name in enumerate(graph.inputs)
    ]
    values = dict(zip(graph.inputs, rows, strict=True))
    if made:
        watched = replace(graph, outputs=tuple(made))
        host = GraphOnHost(compile_graph(watched, name="calibrated"), flags=("-O1",))
        values.update(zip(made, host.run_rows(*rows), strict=True))
    for name, value in values.items():
        if not np.all(np.isfinite(value)):
            raise FormatError(f"value {name!r}: holds NaN or infinity on a sample")
    return values


def to_int8(
    graph: Graph,
    samples: Sequence[Sequence[ArrayLike]],
    *,
    ends: Literal["real", "int8"] = "real",
    dense_scales: Literal["channel", "tensor"] = "channel",
    activations: Literal["int8", "int16"] = "int8",
    layers: Mapping[str, LayerType] | None = None,
    ranges: Ranges = "min-max",
    percentile: float = 99.99,
) -> Graph:
    """Replace layers of a float graph by int8 layers.

    Dense layers, convolutions (also of groups and depthwise), pools, means, sums and
    products of two values, activations, softmax and what only moves values become int8;
    what lies between them and has no int8 form stays float32.

    Parameters
    ----------
    graph : Graph
        In float32, batch 1.
    samples : sequence of sequences of array-like
        For `calibrate`.
    ends : {"real", "int8"}
        Inputs and outputs: float32 as before, where a last softmax or logistic also
        stays float32; or all int8, as accelerators for whole integers want them.
    dense_scales : {"channel", "tensor"}
        Scales of the weights of dense layers: one for each output, or one for all,
        which LiteRT before 2024 (tflite-runtime 2.14) needs.
    activations : {"int8", "int16"}
        What values are; weights are int8 with both. int16 is symmetric, with a 256th
        of the steps, for twice the memory and more instructions.
    layers : mapping of str to {"int8", "int16", "float"}, optional
        Layers that do otherwise, by the name of their result: see `int8_layers`. Values
        change their type between layers where they must.
    ranges, percentile
        For `calibrate`.

    Returns
    -------
    Graph
        Weights symmetric with a scale for each output, values with scale and zero
        point.

    Raises
    ------
    ValueError
        If a name of `layers` is none, or a type; and see `calibrate`.
    FormatError
        See `calibrate`.

    Notes
    -----
    The scheme of LiteRT: activations affine, weights symmetric, bias in the scale of
    the accumulator. Source: B. Jacob et al., CVPR 2018, arXiv:1712.05877.
    """
    graph = layers_merged(graph)
    _check_layers(graph, activations, layers or {})
    found = calibrate(graph, samples, ranges=ranges, percentile=percentile)
    return lowered(
        graph, found, ends=ends, dense_scales=dense_scales, activations=activations,
        layers=layers,
    )  # fmt: skip


def lowered(
    graph: Graph,
    ranges: Mapping[str, Range],
    *,
    ends: Literal["real", "int8"] = "real",
    dense_scales: Literal["channel", "tensor"] = "channel",
    activations: Literal["int8", "int16"] = "int8",
    layers: Mapping[str, LayerType] | None = None,
) -> Graph:
    """Replace layers of a float graph whose ranges are known.

    Parameters
    ----------
    graph : Graph
        In float32, batch 1; of `layers_merged`.
    ranges : mapping of str to (float, float)
        From `calibrate` of the same graph, or of one with other outputs.
    ends, dense_scales, activations, layers
        See `to_int8`.

    Returns
    -------
    Graph
        See `to_int8`.

    Raises
    ------
    ValueError
        If a name of `layers` is none, or a type.
    """
    given = {} if layers is None else dict(layers)
    _check_layers(graph, activations, given)
    source = _Calibrated(graph, ranges, dense_scales == "tensor")
    lowering = Lowering(graph, source, ends=ends, activations=activations, layers=given)
    made = lowering.run()
    check(made)
    return made


def int8_layers(graph: Graph) -> tuple[str, ...]:
    """Names of the layers that `to_int8` may quantise, as its `layers` has them.

    Parameters
    ----------
    graph : Graph
        In float32.

    Returns
    -------
    tuple of str
        The name of the result of each, in the order of execution; those of a rectifier
        that becomes part of a layer are not among them.
    """
    graph = layers_merged(graph)
    lowering = Lowering(graph, _NoScales())
    names, gone = [], set[int]()
    for at, node in enumerate(graph.nodes):
        if node.op in RULES and at not in gone:
            names.append(node.outputs[0])
            gone |= lowering.fused(at)[1]
    return tuple(names)


def _check_layers(
    graph: Graph, activations: str, layers: Mapping[str, LayerType]
) -> None:
    if activations not in ("int8", "int16"):
        raise ValueError(f"activations {activations!r}: expected 'int8' or 'int16'")
    known = {name for node in graph.nodes for name in node.outputs}
    for name, kind in layers.items():
        if name not in known:
            near = get_close_matches(name, known, 1) or sorted(known)[:1]
            raise ValueError(f"layer {name!r}: there is none, the nearest are {near}")
        if kind not in get_args(LayerType):
            kinds = ", ".join(get_args(LayerType))
            raise ValueError(f"layer {name!r}: {kind!r}, expected one of {kinds}")


class _NoScales(Source):
    """No scales: for the names of layers alone."""

    explicit = False

    def affine(self, name: str, dtype: Integer = "s8") -> Affine | None:
        return None

    def constant(
        self, name: str, dtype: Integer = "s8"
    ) -> tuple[NDArray[Any], Affine] | None:
        return None

    def rows(
        self, name: str, to_rows: ToRows, least: NDArray[np.float64], *, dense: bool
    ) -> None:
        return None


class _Calibrated(Source):
    """Scales from ranges; any float32 value can become int8."""

    explicit = False

    def __init__(
        self, graph: Graph, ranges: Mapping[str, Range], one_for_dense: bool
    ) -> None:
        self.graph = graph
        self.ranges = ranges
        self.one_for_dense = one_for_dense

    def affine(self, name: str, dtype: Integer = "s8") -> Affine | None:
        span = self.ranges.get(name)
        return None if span is None else affine(*span, dtype=dtype)

    def constant(
        self, name: str, dtype: Integer = "s8"
    ) -> tuple[NDArray[Any], Affine] | None:
        value = self.graph.constants[name]
        if value.dtype != np.float32 or not value.size:
            return None
        scale, zero = affine(float(value.min()), float(value.max()), dtype=dtype)
        steps = np.rint(value.astype(np.float64) / scale) + zero
        limits = np.iinfo(np.int8 if dtype == "s8" else np.int16)
        return np.clip(steps, limits.min, limits.max).astype(limits.dtype), (
            scale,
            zero,
        )

    def rows(
        self, name: str, to_rows: ToRows, least: NDArray[np.float64], *, dense: bool
    ) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
        rows = to_rows(self.graph.constants[name]).astype(np.float64)
        return symmetric_rows(rows, least, one=dense and self.one_for_dense)
