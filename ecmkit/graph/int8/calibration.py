"""Post-training quantisation, by the values of a calibration."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit.errors import FormatError
from ecmkit.graph.compiled import compile_graph
from ecmkit.graph.host import GraphOnHost
from ecmkit.graph.int8.lowering import Affine, Lowering, Source, ToRows
from ecmkit.graph.ir import Graph, check
from ecmkit.graph.quantise import affine
from ecmkit.graph.transform import layers_merged

__all__ = ["calibrate", "to_int8"]

Range = tuple[float, float]


def calibrate(graph: Graph, samples: Sequence[Sequence[ArrayLike]]) -> dict[str, Range]:
    """Find the smallest and largest element of each float32 value on samples.

    Parameters
    ----------
    graph : Graph
        In float32.
    samples : sequence of sequences of array-like
        For each sample its inputs, as the model will meet them.

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
    if not len(samples):
        raise ValueError("no samples to calibrate with")
    names = [
        name
        for node in graph.nodes
        for name in node.outputs
        if graph.tensors[name].dtype == "f32"
    ]
    watched = replace(graph, outputs=tuple(names))
    host = GraphOnHost(compile_graph(watched, name="calibrated"), flags=("-O1",))
    rows = [
        np.stack(
            [np.asarray(sample[at], graph.tensors[name].numpy) for sample in samples]
        )
        for at, name in enumerate(graph.inputs)
    ]
    values = dict(zip(graph.inputs, rows, strict=True))
    values.update(zip(names, host.run_rows(*rows), strict=True))
    ranges: dict[str, Range] = {}
    for name, value in values.items():
        if not np.all(np.isfinite(value)):
            raise FormatError(f"value {name!r}: holds NaN or infinity on a sample")
        if value.size:
            ranges[name] = float(value.min()), float(value.max())
    return ranges


def to_int8(
    graph: Graph,
    samples: Sequence[Sequence[ArrayLike]],
    *,
    ends: Literal["real", "int8"] = "real",
    dense_scales: Literal["channel", "tensor"] = "channel",
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

    Returns
    -------
    Graph
        Weights symmetric with a scale for each output, values with scale and zero
        point.

    Raises
    ------
    ValueError, FormatError
        See `calibrate`.

    Notes
    -----
    The scheme of LiteRT: activations affine, weights symmetric, bias in the scale of
    the accumulator. Source: B. Jacob et al., CVPR 2018, arXiv:1712.05877.
    """
    graph = layers_merged(graph)
    source = _Calibrated(graph, calibrate(graph, samples), dense_scales == "tensor")
    made = Lowering(graph, source, ends=ends).run()
    check(made)
    return made


class _Calibrated(Source):
    """Scales from ranges; any float32 value can become int8."""

    explicit = False

    def __init__(
        self, graph: Graph, ranges: Mapping[str, Range], one_for_dense: bool
    ) -> None:
        self.graph = graph
        self.ranges = ranges
        self.one_for_dense = one_for_dense

    def affine(self, name: str) -> Affine | None:
        span = self.ranges.get(name)
        return None if span is None else affine(*span)

    def constant(self, name: str) -> tuple[NDArray[np.int8], Affine] | None:
        value = self.graph.constants[name]
        if value.dtype != np.float32 or not value.size:
            return None
        scale, zero = affine(float(value.min()), float(value.max()))
        steps = np.rint(value.astype(np.float64) / scale) + zero
        return np.clip(steps, -128, 127).astype(np.int8), (scale, zero)

    def rows(
        self, name: str, to_rows: ToRows, least: NDArray[np.float64], *, dense: bool
    ) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
        rows = to_rows(self.graph.constants[name]).astype(np.float64)
        largest = np.abs(rows).max(axis=1)
        if dense and self.one_for_dense:
            largest, least = largest.max(keepdims=True), least.max(keepdims=True)
        scales = np.maximum(largest / 127.0, least)
        scales = np.where(scales > 0, scales, 1.0).astype(np.float32)
        scaled = np.rint(rows / scales.astype(np.float64)[:, None])
        return np.clip(scaled, -127, 127).astype(np.int8), scales
