"""Smaller models that answer the same: prune, distil, quantise, with figures."""

from ecmkit.compress.aware_training import quantise_aware
from ecmkit.compress.blame import blamed_layer
from ecmkit.compress.channels import remove_channels, shrunk
from ecmkit.compress.distil import distil
from ecmkit.compress.forest_codes import quantise_forest
from ecmkit.compress.forests import prune_forest
from ecmkit.compress.prune import prune, sparsity_of
from ecmkit.compress.quantise import LayerNoise, quantise, quantise_mixed, sensitivity
from ecmkit.compress.recipe import (
    Recipe,
    compressed,
    compression_steps,
    nested,
)
from ecmkit.compress.report import (
    BudgetError,
    Figures,
    Step,
    judge,
    markdown,
    points_of,
)

__all__ = [
    "BudgetError",
    "Figures",
    "LayerNoise",
    "Recipe",
    "Step",
    "blamed_layer",
    "compressed",
    "compression_steps",
    "distil",
    "judge",
    "markdown",
    "nested",
    "points_of",
    "prune",
    "prune_forest",
    "quantise",
    "quantise_aware",
    "quantise_forest",
    "quantise_mixed",
    "remove_channels",
    "sensitivity",
    "shrunk",
    "sparsity_of",
]
