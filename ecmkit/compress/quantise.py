"""Quantisation after training: which layers suffer, and a mix that keeps a budget."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from ecmkit import graph
from ecmkit.compress.report import BudgetError, Figures, Step, points_of
from ecmkit.features.table import FeatureTable
from ecmkit.graph import CompiledModel, Graph, GraphOnHost, ModelCost, Quantisation
from ecmkit.graph.int8 import calibrate, correct_bias, lowered, prepared
from ecmkit.train import TrainedModel

__all__ = ["LayerNoise", "quantise", "quantise_mixed", "sensitivity"]

F64 = NDArray[np.float64]
Kind = Literal["int8", "int16", "float"]

_WIDER: dict[Kind, Kind] = {"int8": "int16", "int16": "float"}
_ROWS = 128
_NOTHING = 200.0  # dB where no noise is seen at all


@dataclass(frozen=True, kw_only=True)
class LayerNoise:
    """What one layer in int8, all others in float32, does to a model."""

    layer: str
    """Name of its result, as `Quantisation.layers` has it."""
    op: str
    source: str
    """The node of the model file."""
    own_db: float
    """Signal to quantisation noise of what the layer gives [dB]."""
    result_db: float
    """Of what the model gives [dB]; the least of all layers is the first to widen."""

    def __str__(self) -> str:
        return (
            f"{self.layer} ({self.op}{f', {self.source}' if self.source else ''}): "
            f"{self.own_db:.1f} dB, of the result {self.result_db:.1f} dB"
        )


def quantise(model: TrainedModel, how: Quantisation) -> TrainedModel:
    """Return a model that is compiled with other settings of quantisation.

    Parameters
    ----------
    model : TrainedModel
        That carries windows for quantisation.
    how : Quantisation
        The settings.

    Raises
    ------
    ValueError
        If it carries no windows, or there is no such layer.

    Notes
    -----
    Nothing is trained: `quantise_aware` does.
    """
    _require_windows(model)
    made = replace(model, quantisation=how)
    known = graph.int8_layers(graph.of_features(model.onnx)) if how.layers else ()
    unknown = sorted(set(how.layers) - set(known))
    if unknown:
        raise ValueError(
            f"quantisation.layers: found {unknown[0]!r}, expected one of "
            f"{', '.join(known)}"
        )
    return made


def sensitivity(
    model: TrainedModel, table: FeatureTable, *, how: Quantisation | None = None
) -> tuple[LayerNoise, ...]:
    """Quantise each layer alone and see what it does.

    Parameters
    ----------
    model : TrainedModel
        That carries windows for quantisation.
    table : FeatureTable
        Rows to look at, the first 128 of them spread over all; no labels are read.
    how : Quantisation, optional
        Settings; its ``layers`` are not looked at.

    Returns
    -------
    tuple of LayerNoise
        In the order of execution.

    Notes
    -----
    Signal to noise is the mean square of the float32 value over that of the difference.
    Of layers that only move values nothing is said.
    """
    _require_windows(model)
    settings = msgspec.structs.replace(how or Quantisation(), layers={})
    made = graph.of_features(model.onnx)
    rows = table.x[np.linspace(0, len(table.x) - 1, _ROWS).astype(int)]
    names = graph.int8_layers(made)
    merged = prepared(made, settings)
    layers = dict(_noisy(merged, names))
    everything = replace(merged, outputs=(*layers, *merged.outputs))
    samples = _samples(merged, model.calibration)
    ready = correct_bias(merged, samples) if settings.correct_bias else merged
    ranges = calibrate(
        ready, samples, ranges=settings.ranges, percentile=settings.percentile
    )
    *values, wanted = _run(everything, rows)
    found = []
    for (name, node), exact in zip(layers.items(), values, strict=True):
        others: dict[str, Kind] = {other: "float" for other in names if other != name}
        one = lowered(
            replace(ready, outputs=(name, *ready.outputs)),
            ranges,
            activations=settings.activations,
            layers=others,
        )
        rounded, result = _run(one, rows)
        found.append(
            LayerNoise(
                layer=name,
                op=node.op,
                source=node.source,
                own_db=_decibels(exact, rounded),
                result_db=_decibels(wanted, result),
            )
        )
    return tuple(found)


def quantise_mixed(
    model: TrainedModel,
    table: FeatureTable,
    *,
    cost: Callable[[CompiledModel], ModelCost],
    budget_points: float,
    how: Quantisation | None = None,
    normal: Sequence[str] = (),
    most: int = 6,
) -> tuple[TrainedModel, tuple[Step, ...]]:
    """Widen layers, the most sensitive one first, until a budget is kept.

    Parameters
    ----------
    model : TrainedModel
        That carries windows for quantisation.
    table : FeatureTable
        Rows of groups that it has not learnt from.
    cost : callable
        Of a compiled model, see `ecmkit.compress.judge`.
    budget_points : float
        Most points that may be lost against float32, see `points_of`.
    how : Quantisation, optional
        Where to start: all int8 if left out.
    normal : sequence of str
        See `points_of`.
    most : int
        Most layers that are widened, each first to int16 and then to float32.

    Returns
    -------
    model : TrainedModel
        With the settings that keep the budget.
    steps : tuple of Step
        Each against float32; the last one passed.

    Raises
    ------
    BudgetError
        If even the widest mix loses more; names the layer that is the worst.
    """
    _require_windows(model)
    exact = replace(model, calibration=None)
    before = _figures(exact, table, cost, normal)
    settings = how or Quantisation()
    ranking: list[LayerNoise] = []
    steps: list[Step] = []
    while True:
        candidate = quantise(model, settings)
        after = _figures(candidate, table, cost, normal)
        step = Step(
            name=_name(settings),
            metric=after[1],
            before=before[0],
            after=after[0],
            budget_points=budget_points,
        )
        if step.passed:
            return candidate, (*steps, step)
        ranking = ranking or sorted(
            sensitivity(model, table, how=settings), key=lambda one: one.result_db
        )
        blamed = ranking[0].layer if ranking else ""
        step = msgspec.structs.replace(step, blamed=blamed)
        steps.append(step)
        layers = _wider(settings, [one.layer for one in ranking], most)
        if layers is None:
            raise BudgetError(step)
        settings = msgspec.structs.replace(settings, layers=layers)


def _wider(
    settings: Quantisation, ranking: Sequence[str], most: int
) -> dict[str, Kind] | None:
    """Widen the first layer that is not as wide as those behind it in the ranking."""
    layers: dict[str, Kind] = dict(settings.layers)
    for wanted in ("int16", "float"):
        for name in ranking[:most]:
            own = layers.get(name, settings.activations)
            if _WIDER.get(own) == wanted:
                layers[name] = wanted
                return layers
    return None


def _name(settings: Quantisation) -> str:
    wide = [f"{name} {kind}" for name, kind in settings.layers.items()]
    base = f"quantise {settings.activations}, {settings.ranges}"
    more = [w for w in ("equalise", "correct_bias") if getattr(settings, w)]
    return ", ".join([base, *more, *wide])


def _figures(
    model: TrainedModel,
    table: FeatureTable,
    cost: Callable[[CompiledModel], ModelCost],
    normal: Sequence[str],
) -> tuple[Figures, str]:
    compiled = model.compile()
    points, metric = points_of(model, table, compiled=compiled, normal=normal)
    return Figures(points=points, cost=cost(compiled)), metric


def _samples(made: Graph, rows: NDArray[np.float32] | None) -> list[list[F64]]:
    assert rows is not None
    shape = made.tensors[made.inputs[0]].shape
    return [[row.reshape(shape)] for row in rows]


def _noisy(made: Graph, names: Sequence[str]) -> Iterator[tuple[str, graph.Node]]:
    """Layers that round: those that only move values take over their scale."""
    for name in names:
        node = made.writer(name)
        if node is not None and node.op not in ("reshape", "copy", "concat", "pad"):
            yield name, node


def _run(made: Graph, rows: NDArray[np.float32]) -> list[F64]:
    host = GraphOnHost(graph.compile_graph(made, name="watched"), flags=("-O1",))
    shape = made.tensors[made.inputs[0]].shape
    found = host.run_rows(rows.reshape(len(rows), *shape))
    return [np.asarray(one, np.float64) for one in found]


def _decibels(exact: F64, rounded: F64) -> float:
    noise = float(np.mean(np.square(exact - rounded)))
    signal = float(np.mean(np.square(exact)))
    if noise == 0.0:
        return _NOTHING
    return min(10.0 * float(np.log10(max(signal, 1e-30) / noise)), _NOTHING)


def _require_windows(model: TrainedModel) -> None:
    if model.calibration is None:
        raise ValueError(
            f"model {model.name!r} of family {model.family!r} carries no windows for "
            "quantisation, expected a network with `int8=True`"
        )
