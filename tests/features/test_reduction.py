"""Principal components against scikit-learn, and on the device's arithmetic."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from ecmkit.errors import DataError
from ecmkit.features import fit_pca
from tests.features.tables import machines


def test_equals_scikit_learn() -> None:
    table = machines(0)
    z = StandardScaler().fit_transform(table.x.astype(float))
    model = PCA(4).fit(z)
    expected = model.transform(z)
    found = fit_pca(table, n_components=4)
    got = found.apply(table)
    assert got.names == ("pc1", "pc2", "pc3", "pc4")
    signs = np.sign((got.x * expected).sum(axis=0))
    # x3 reaches 50 standard deviations of its noise: 2^-24 of that, seven terms
    np.testing.assert_allclose(got.x * signs, expected, atol=5e-6)
    np.testing.assert_allclose(found.explained, model.explained_variance_ratio_)


def test_without_scale_the_largest_variance_wins() -> None:
    found = fit_pca(machines(0), n_components=1, scale=False)
    assert np.abs(found.components[0]).argmax() == 3
    assert found.explained[0] > 0.9


def test_signs_do_not_depend_on_the_solver() -> None:
    weights = fit_pca(machines(1), n_components=3).components
    assert (weights[np.arange(3), np.abs(weights).argmax(axis=1)] > 0).all()


def test_share_takes_as_many_as_needed() -> None:
    table = machines(0)
    whole = fit_pca(table, n_components=7).explained
    for share in (0.3, 0.8, 1.0):
        found = fit_pca(table, share=share).explained
        assert found.sum() >= share - 1e-9
        assert found[:-1].sum() < share
        np.testing.assert_allclose(found, whole[: len(found)])


def test_a_feature_that_does_not_vary_has_no_weight() -> None:
    assert (fit_pca(machines(0), n_components=2).components[:, 6] == 0).all()


def test_wrong_arguments_are_named() -> None:
    table = machines(0)
    for options, word in (
        ({}, "just one"),
        ({"n_components": 1, "share": 0.5}, "just one"),
        ({"n_components": 8}, r"8, expected 1 \.\.\. 7"),
        ({"share": 0.0}, "share"),
    ):
        with pytest.raises(ValueError, match=word):
            fit_pca(table, **options)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="expected x0"):
        fit_pca(table, n_components=1).apply(table.columns(["x1"]))
    with pytest.raises(DataError, match="do not vary"):
        fit_pca(table.columns(["x6"]), n_components=1)
    with pytest.raises(DataError, match="not finite"):
        fit_pca(replace(table, x=table.x * np.float32(np.inf)), n_components=1)
