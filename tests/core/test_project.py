"""Linear maps against NumPy."""

import numpy as np
import pytest

from ecmkit._core import project


@pytest.mark.parametrize("n_features", [1, 2, 3, 4, 5, 33])
def test_equals_numpy(n_features: int) -> None:
    random = np.random.default_rng(n_features)
    x, components = (
        random.normal(size=(rows, n_features)).astype(np.float32) for rows in (50, 3)
    )
    mean = random.normal(size=n_features).astype(np.float32)
    out = np.empty((50, 3), np.float32)
    project.project_f32(mean, components, x, out)
    exact = (x.astype(float) - mean) @ components.T.astype(float)
    # one rounding of the difference, of the product and of each sum
    bound = np.abs(x.astype(float) - mean) @ np.abs(components.T) * 2.0**-24
    assert (np.abs(out - exact) <= (n_features / 4 + 4) * bound + 1e-30).all()


def test_a_nan_spreads_to_its_row_alone() -> None:
    x = np.array([[1, 2], [np.nan, 0]], np.float32)
    out = np.empty((2, 1), np.float32)
    project.project_f32(np.zeros(2, np.float32), np.ones((1, 2), np.float32), x, out)
    assert out[0, 0] == 3
    assert np.isnan(out[1, 0])


def test_no_windows_do_nothing() -> None:
    project.project_f32(
        np.zeros(2, np.float32),
        np.ones((1, 2), np.float32),
        np.empty((0, 2), np.float32),
        np.empty((0, 1), np.float32),
    )


def test_wrong_shapes_are_refused() -> None:
    mean, components = np.zeros(2, np.float32), np.ones((1, 2), np.float32)
    x, out = np.zeros((3, 2), np.float32), np.empty((3, 1), np.float32)
    with pytest.raises(ValueError, match="mean"):
        project.project_f32(np.zeros(3, np.float32), components, x, out)
    with pytest.raises(ValueError, match="row of x"):
        project.project_f32(mean, components, np.zeros((3, 4), np.float32), out)
    with pytest.raises(ValueError, match="out"):
        project.project_f32(mean, components, x, np.empty((2, 1), np.float32))
    with pytest.raises(ValueError, match="0 x 2"):
        project.project_f32(
            mean, np.empty((0, 2), np.float32), x, np.empty((3, 0), np.float32)
        )
