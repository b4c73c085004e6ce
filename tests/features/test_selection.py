"""Selections on tables of which the useful features are known."""

from dataclasses import replace

import numpy as np
import pytest

from ecmkit.errors import DataError
from ecmkit.features import select, selection_methods
from tests.features.tables import machines, table_of

SEEDS = range(5)


def test_variance_drops_what_does_not_vary() -> None:
    found = select(machines(0), method="variance")
    assert "x6" not in found.names
    assert len(found.names) == 6
    assert found.scores[6] == 0


def test_correlation_keeps_the_first_of_two_alike() -> None:
    found = select(machines(0), method="correlation", limit=0.9)
    assert found.names == ("x0", "x1", "x3", "x4", "x5")
    all_but_constant = select(machines(0), method="correlation", limit=1.0)
    assert len(all_but_constant.names) == 6


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("method", ["mutual_information", "l1", "trees", "mrmr"])
def test_informative_features_come_first(method: str, seed: int) -> None:
    found = select(machines(seed), method=method, keep=3, seed=seed)  # type: ignore[arg-type]
    assert found.names[0] in ("x0", "x1", "x2")
    assert "x1" in found.names
    assert {"x0", "x2"} & set(found.names)
    if method in ("mutual_information", "trees"):  # the others do not need a copy
        assert set(found.names) == {"x0", "x1", "x2"}


@pytest.mark.parametrize("seed", SEEDS)
def test_mrmr_takes_a_copy_later_than_mutual_information_does(seed: int) -> None:
    table = machines(seed)
    assert set(select(table, method="mrmr", keep=2).names) in (
        {"x0", "x1"}, {"x2", "x1"},
    )  # fmt: skip
    assert set(select(table, method="mutual_information", keep=2).names) == {"x0", "x2"}


@pytest.mark.parametrize("method", ["forward", "backward"])
def test_wrappers_take_what_helps_on_other_machines(method: str) -> None:
    found = select(machines(1), method=method, keep=2)  # type: ignore[arg-type]
    assert "x1" in found.names
    assert {"x0", "x2"} & set(found.names)
    assert all(found.scores[found.features.index(name)] > 0 for name in found.names)


def test_a_wrapper_may_keep_all() -> None:
    assert len(select(machines(1), method="forward", keep=7).names) == 7


@pytest.mark.parametrize(
    "method", ["mutual_information", "mrmr", "l1", "trees", "forward"]
)
def test_a_number_may_be_the_target(method: str) -> None:
    table = machines(2)
    severity = 2.0 * table.x[:, 4] + 0.1 * table.x[:, 1]
    found = select(table, method=method, keep=1, target=severity)  # type: ignore[arg-type]
    assert found.names == ("x4",)


def test_the_unit_of_a_feature_does_not_matter() -> None:
    table = machines(3)
    scaled = replace(table, x=table.x * np.float32(1e-3) + np.float32(5))
    for method in ("mutual_information", "mrmr", "l1", "trees"):
        one, other = (
            select(t, method=method, keep=3, seed=1)  # type: ignore[arg-type]
            for t in (table, scaled)
        )
        assert one.names[:1] == other.names[:1]


def test_the_same_seed_gives_the_same() -> None:
    one, other = (select(machines(4), method="trees", keep=3, seed=9) for _ in "ab")
    assert one == other


def test_apply_keeps_the_order_of_the_table() -> None:
    table = machines(0)
    chosen = select(table, method="mrmr", keep=2)
    left = chosen.apply(table)
    assert left.names == tuple(n for n in table.names if n in chosen.names)
    at = [table.names.index(name) for name in left.names]
    np.testing.assert_array_equal(left.x, table.x[:, at])
    others = table.columns([n for n in table.names if n not in chosen.names])
    with pytest.raises(DataError, match=chosen.names[0]):
        chosen.apply(others)


def test_methods_are_listed() -> None:
    assert {"variance", "mrmr", "l1"} <= set(selection_methods())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"method": "mrmrr", "keep": 1}, ["method", "'mrmrr'", "did you mean 'mrmr'"]),
        ({"method": "mrmr"}, ["keep", "None", "1 ... 7"]),
        ({"method": "mrmr", "keep": 8}, ["keep", "8", "1 ... 7"]),
        ({"method": "mrmr", "keep": 1, "limit": 0.1}, ["limit", "0.1", "nothing"]),
        ({"method": "variance", "keep": 1}, ["keep", "1", "nothing"]),
        ({"method": "variance", "limit": -1.0}, ["limit", "-1.0"]),
        ({"method": "correlation", "limit": 1.5}, ["limit", "1.5"]),
        ({"method": "trees", "keep": 1, "target": [1.0]}, ["target", "(1,)", "(240,)"]),
        ({"method": "trees", "keep": 1, "estimator": "x"}, ["estimator", "nothing"]),
    ],
)  # fmt: skip
def test_wrong_options_are_named(options: dict[str, object], words: list[str]) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        select(machines(0), **options)  # type: ignore[arg-type]
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_tables_that_teach_nothing_are_refused() -> None:
    table = machines(0)
    alike = replace(table, label=np.full(240, "normal"))
    with pytest.raises(DataError, match="two or more different"):
        select(alike, method="mrmr", keep=1)
    alone = replace(table, group=np.full(240, "a"))
    with pytest.raises(DataError, match="1 group"):
        select(alone, method="forward", keep=1)
    confounded = table_of(
        np.random.default_rng(0).normal(size=(40, 2)),
        np.repeat(["a", "b"], 20),
        np.repeat(["m1", "m2"], 20),
    )
    with pytest.raises(DataError, match="only one group"):
        select(confounded, method="backward", keep=1)
    x = table.x.copy()
    x[7, 2] = np.nan
    with pytest.raises(DataError, match=r"x2.*window 7"):
        select(replace(table, x=x), method="variance")
    with pytest.raises(DataError, match="1 windows"):
        select(table.rows(np.arange(240) == 0), method="variance")
