"""Blocks of a plan that go on from its features: a projection, a trained encoder."""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecmkit._core import feat
from ecmkit.features.rows import Row
from ecmkit.formats import DenseLayer, EncodeStep, ProjectStep
from ecmkit.graph.packing import fold_bias, pack_s8, right_shift

__all__ = [
    "BLOCKS",
    "LayerTables",
    "block_rows",
    "encode_step",
    "layer_tables",
    "project_step",
]

BLOCKS = ("project", "encode")
"""Steps behind the scaler, whose features come from features."""
_PREFIX = {"project": "pc", "encode": "latent"}
_WIDTH_MAX = 256  # ECM_APP_FEATURES_MAX
_INT8 = (-128, 127)
_BIAS = (-(2**29), 2**29)
"""Of a layer: no accumulator overflows, whatever the zero point of the input."""


@dataclass(frozen=True, kw_only=True)
class LayerTables:
    """A layer as ``ecm_nn_dense_s8_t`` has it."""

    weights: NDArray[np.int8]
    """Packed."""
    bias: NDArray[np.int32]
    multiplier: NDArray[np.int32]
    shift: NDArray[np.uint8]
    inputs_len: int
    output: NDArray[np.int16]
    """Zero point, least and largest."""


def layer_tables(layer: DenseLayer) -> LayerTables:
    """Bring a layer of a contract into the form of the device.

    Raises
    ------
    ValueError
        If its bias leaves 32 bits once the zero point of the input is folded in.
    """
    weights = np.array(layer.weights, np.int8, ndmin=2)
    bias = fold_bias(np.array(layer.bias, np.int32), weights, layer.input_zero)
    return LayerTables(
        weights=pack_s8(weights).weights,
        bias=bias,
        multiplier=np.array(layer.multiplier, np.int32),
        shift=np.array([right_shift(shift) for shift in layer.shift], np.uint8),
        inputs_len=weights.shape[1],
        output=np.array(
            [layer.output_zero, layer.output_min, layer.output_max], np.int16
        ),
    )


def block_rows(step: str, count: int, channel: str) -> Iterator[Row]:
    """Give the rows of a block: ``pc1``, ``pc2``, ... or ``latent1``, ..."""
    ids = {entry[3]: entry[0] for entry in feat.table()}
    for i in range(count):
        yield Row(
            id=ids[step],
            n=i,
            a=0.0,
            b=0.0,
            step=step,
            name=f"{_PREFIX[step]}{i + 1}",
            unit="1",
            channel=channel,
            order=0.0,
        )


def project_step(project: ProjectStep, n_features: int) -> ProjectStep:
    """Check a projection of so many features and round it to single precision.

    Raises
    ------
    ValueError
        Naming the field, what was found and expected.
    """
    _expect_count("project.mean", project.mean, n_features, "one for each feature")
    _expect_some("project.components", project.components)
    for i, row in enumerate(project.components):
        _expect_count(f"project.components[{i}]", row, n_features, "one a feature")
    for value in itertools.chain(project.mean, *project.components):
        if not math.isfinite(value):
            raise ValueError(f"project: found {value}, expected finite numbers")
    return ProjectStep(
        mean=_singles(project.mean),
        components=tuple(_singles(row) for row in project.components),
    )


def encode_step(encode: EncodeStep, n_features: int) -> EncodeStep:
    """Check an encoder of so many features.

    Raises
    ------
    ValueError
        Naming the field, what was found and expected.
    """
    _expect_some("encode.layers", encode.layers)
    width = n_features
    for i, layer in enumerate(encode.layers):
        _check_layer(layer, f"encode.layers[{i}]", width)
        width = len(layer.weights)
    for field in ("input_scale", "output_scale"):
        value = getattr(encode, field)
        if not 0 < value < math.inf:
            raise ValueError(f"encode.{field}: found {value}, expected above 0")
    return EncodeStep(
        layers=encode.layers,
        input_scale=float(np.float32(encode.input_scale)),
        output_scale=float(np.float32(encode.output_scale)),
    )


def _check_layer(layer: DenseLayer, where: str, n_inputs: int) -> None:
    _expect_some(f"{where}.weights", layer.weights)
    n = len(layer.weights)
    for i, row in enumerate(layer.weights):
        _expect_count(f"{where}.weights[{i}]", row, n_inputs, "one for each input")
        _expect_within(f"{where}.weights[{i}]", row, _INT8)
    limits = {"bias": _BIAS, "multiplier": (0, 2**31 - 1), "shift": (-31, 30)}
    for field, limit in limits.items():
        values = getattr(layer, field)
        _expect_count(f"{where}.{field}", values, n, "one for each output")
        _expect_within(f"{where}.{field}", values, limit)
    for field in ("input_zero", "output_zero", "output_min", "output_max"):
        _expect_within(f"{where}.{field}", (getattr(layer, field),), _INT8)
    if layer.output_min > layer.output_max:
        raise ValueError(
            f"{where}.output_max: found {layer.output_max}, expected "
            f"{layer.output_min} or more"
        )


def _expect_some(field: str, values: Sequence[object]) -> None:
    if not 1 <= len(values) <= _WIDTH_MAX:
        raise ValueError(f"{field}: found {len(values)}, expected 1 ... {_WIDTH_MAX}")


def _expect_count(field: str, values: Sequence[object], n: int, why: str) -> None:
    if len(values) != n:
        raise ValueError(f"{field}: found {len(values)} numbers, expected {n}, {why}")


def _expect_within(field: str, values: Sequence[int], limits: tuple[int, int]) -> None:
    least, most = limits
    for value in values:
        if not least <= value <= most:
            raise ValueError(f"{field}: found {value}, expected {least} ... {most}")


def _singles(values: Sequence[float]) -> tuple[float, ...]:
    return tuple(float(np.float32(value)) for value in values)
