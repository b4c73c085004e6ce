"""Maps keep neighbours together."""

import sys
from xml.etree import ElementTree

import numpy as np
import pytest

from ecmkit.errors import DataError, MissingError
from ecmkit.features import FeatureTable, feature_map
from tests.features.tables import machines, table_of


def clusters() -> FeatureTable:
    """Three far apart, of 30 windows each."""
    random = np.random.default_rng(3)
    label = np.repeat(["a", "b", "c"], 30)
    centre = np.repeat(np.eye(3, 8) * 20, 30, axis=0)
    return table_of(centre + random.normal(size=(90, 8)), label, label)


@pytest.mark.parametrize("method", ["pca", "tsne", "umap"])
def test_neighbours_stay_neighbours(method: str) -> None:
    found = feature_map(clusters(), method=method, neighbours=10, seed=1)  # type: ignore[arg-type]
    assert found.points.shape == (90, 2)
    distance = np.linalg.norm(found.points[:, None] - found.points, axis=2)
    np.fill_diagonal(distance, np.inf)
    nearest = distance.argsort(axis=1)[:, :5]
    assert (found.label[nearest] == found.label[:, None]).mean() > 0.99


def test_the_same_seed_gives_the_same_map() -> None:
    one, other = (feature_map(clusters(), method="tsne", seed=4) for _ in "ab")
    np.testing.assert_array_equal(one.points, other.points)


def test_the_picture_names_every_label() -> None:
    svg = feature_map(machines(0), method="pca").svg()
    ElementTree.fromstring(svg)
    assert svg.count("<path") > 10
    assert svg == feature_map(machines(0), method="pca").svg()


def test_one_feature_is_enough() -> None:
    points = feature_map(machines(0).columns(["x0"]), method="pca").points
    assert (points[:, 1] == 0).all()


def test_wrong_arguments_are_named() -> None:
    table = machines(0)
    with pytest.raises(ValueError, match="did you mean 'umap'"):
        feature_map(table, method="umpa")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="240, expected 2"):
        feature_map(table, neighbours=240)
    with pytest.raises(DataError, match="5 windows"):
        feature_map(table.rows(np.arange(240) < 5))


def test_without_umap_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "umap", None)
    with pytest.raises(MissingError, match=r"ecmkit\[explore\]"):
        feature_map(clusters(), method="umap")
