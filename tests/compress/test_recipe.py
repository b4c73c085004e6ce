"""Recipes: steps in their order, and what does not fit a family left alone."""

import pytest

from ecmkit.compress import compressed, compression_steps, sparsity_of
from ecmkit.errors import FormatError
from ecmkit.graph import Quantisation
from tests.compress.conftest import flat


def test_steps_of_a_network(mlp, table) -> None:
    made = compressed(
        mlp, flat(table),
        {"channels": 0.5, "prune": 0.5, "epochs": 4, "ranges": "percentile"},
    )  # fmt: skip
    assert made.network.options["widths"] == (16, 16)
    assert all(share >= 0.45 for share in sparsity_of(made.network).values())
    assert made.quantisation == Quantisation(ranges="percentile")


def test_steps_of_another_family_are_left_out(forest, mlp, table) -> None:
    assert compressed(forest, flat(table), {"prune": 0.5, "aware": True}) is forest
    assert compressed(mlp, flat(table), {"gain": 0.1}) is mlp
    cut = compressed(forest, flat(table), {"gain": 0.05})
    assert cut.hash != forest.hash


def test_steps_one_by_one_end_where_all_of_them_do(mlp, forest, table) -> None:
    how = {"channels": 0.5, "prune": 0.5, "epochs": 2, "ranges": "mse"}
    steps = list(compression_steps(mlp, flat(table), how))
    assert [name for name, _ in steps] == [
        "remove 50% of the channels", "prune 50% in blocks", "quantise",
    ]  # fmt: skip
    assert steps[-1][1].hash == compressed(mlp, flat(table), how).hash
    both = {"gain": 0.05, "bits": 8, "budget_points": 1.0}
    names = [name for name, _ in compression_steps(forest, flat(table), both)]
    assert names == ["prune forest, gain 0.05", "limits of 8 bits"]


def test_unknown_options_are_named(mlp, table) -> None:
    with pytest.raises(FormatError, match=r"compression.*prun"):
        compressed(mlp, flat(table), {"prun": 0.5})
