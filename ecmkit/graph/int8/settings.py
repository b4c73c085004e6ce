"""How a float model is quantised, as data that can be stored beside it."""

from collections.abc import Sequence
from typing import Literal

import msgspec
from numpy.typing import ArrayLike

from ecmkit.graph.int8.bias_correction import correct_bias
from ecmkit.graph.int8.calibration import to_int8
from ecmkit.graph.int8.lowering import LayerType
from ecmkit.graph.int8.ranges import Ranges
from ecmkit.graph.ir import Graph
from ecmkit.graph.transform import equalise, layers_merged

__all__ = ["Quantisation", "quantised"]


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
    made = layers_merged(graph)
    if how.equalise:
        made = equalise(made)
    if how.correct_bias:
        made = correct_bias(made, samples)
    return to_int8(
        made,
        samples,
        ranges=how.ranges,
        percentile=how.percentile,
        activations=how.activations,
        layers=how.layers,
    )
