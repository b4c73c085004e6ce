"""Statistics of many windows: whatever array comes in, the device's bits."""

import numpy as np
import pytest

from ecmkit import features
from ecmkit._core import stats


def test_any_array_is_taken_as_float32_windows():
    x = np.random.default_rng(0).standard_normal((6, 64)).astype(np.float32)
    x.flags.writeable = False
    expected = {k: [stats.time_f32(row)[k] for row in x] for k in stats.time_fields()}
    for same in (
        x,
        x.tolist(),
        x.astype(float),
        x.astype(">f4"),
        np.asfortranarray(x),
        np.repeat(x, 2, axis=1)[:, ::2],
        np.ma.array(x).data,
    ):
        found = features.time_statistics(same, threads=2)
        assert list(found) == stats.time_fields()
        for name, values in found.items():
            assert values.dtype == np.float32
            assert values.tolist() == expected[name]


def test_integers_and_no_windows():
    found = features.time_statistics(np.array([[1, 2, 3], [4, 4, 4]], np.int16))
    assert found["mean"].tolist() == [2, 4]
    assert found["variance"].tolist() == [np.float32(2 / 3), 0]
    empty = features.time_statistics(np.empty((0, 64)))
    assert all(v.shape == (0,) for v in empty.values())
    nothing = features.time_statistics(np.empty((3, 0)))
    assert not any(v.any() for v in nothing.values())


def test_a_window_that_is_not_finite_leaves_the_others_alone():
    x = np.ones((3, 8))
    x[1, 3] = np.nan
    found = features.time_statistics(x)["mean"]
    np.testing.assert_array_equal(found, [1, np.nan, 1])


@pytest.mark.parametrize("wrong", [np.zeros(5), np.zeros((2, 2, 2)), 3.0])
def test_wrong_shapes(wrong):
    with pytest.raises(ValueError, match="dimensions, expected"):
        features.time_statistics(wrong)


@pytest.mark.parametrize("threads", [0, 257])
def test_wrong_numbers_of_threads(threads):
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        features.time_statistics(np.zeros((4, 4)), threads=threads)


@pytest.mark.data
@pytest.mark.parametrize(
    ("bearing", "first", "last"),
    [
        ("1_1", 0.545, 5.72),
        ("1_2", 0.517, 1.89),
        ("2_2", 0.275, 1.73),
        ("3_1", 0.454, 0.834),
    ],
)
def test_bearings_that_ran_to_failure_end_louder(bearing, first, last, real_data):
    """Horizontal RMS [g], mean of the first and of the last five snapshots."""
    npz = np.load(real_data / "femto_pronostia" / f"Bearing{bearing}.npz")
    rms = features.time_statistics(npz["x"][:, :, 0] * npz["scale"], threads=2)["rms"]
    assert rms[:5].mean() == pytest.approx(first, rel=0.005)
    assert rms[-5:].mean() == pytest.approx(last, rel=0.005)
