"""How a float model is quantised, as data that can be stored beside it."""

from collections.abc import Sequence
from typing import Literal

import msgspec
from numpy.typing import ArrayLike

from ecmkit.graph.int8.bias_correction import correct_bias
from ecmkit.graph.int8.calibration import calibrate, lowered
from ecmkit.graph.int8.lowering import LayerType
from ecmkit.graph.int8.ranges import Ranges
from ecmkit.graph.ir import Graph
from ecmkit.graph.transform import equalise, layers_merged

__all__ = ["Quantisation", "prepared", "quantised"]


class Quantisation(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """Settings of quantisation after training."""

    ranges: Ranges = "min-max"
    """How the ranges of values are chosen, see `ecmkit.graph.int8.ranges`."""
    percentile: float = 99.99
    """For the way of that name."""
    equalise: bool = False
    """Whether neighbouring layers' channels are brought to like ranges first."""
    correct_bias: bool = False
    """Whether biases make up for the mean error of the weights."""
    activations: Literal["int8", "int16"] = "int8"
    """What values are."""
    layers: dict[str, LayerType] = {}
    """Layers that do otherwise, by the name of their result."""


def quantised(
    graph: Graph, samples: Sequence[Sequence[ArrayLike]], how: Quantisation
) -> Graph:
    """Quantise a float graph as the settings say.

    Parameters
    ----------
    graph : Graph
        In float32, batch 1.
    samples : sequence of sequences of array-like
        For each sample its inputs.
    how : Quantisation
        The settings.

    Returns
    -------
    Graph

    Raises
    ------
    ValueError, FormatError
        See `to_int8`.
    """
    made = prepared(graph, how)
    if how.correct_bias:
        made = correct_bias(made, samples)
    found = calibrate(made, samples, ranges=how.ranges, percentile=how.percentile)
    return lowered(made, found, activations=how.activations, layers=how.layers)


def prepared(graph: Graph, how: Quantisation) -> Graph:
    """Merge and equalise layers as the settings say: the same function in float32.

    Parameters
    ----------
    graph : Graph
        In float32.
    how : Quantisation
        The settings.

    Returns
    -------
    Graph
    """
    made = layers_merged(graph)
    return equalise(made) if how.equalise else made
