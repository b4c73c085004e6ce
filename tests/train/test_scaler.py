import numpy as np
from sklearn.preprocessing import StandardScaler

from ecmkit.train.scaler import Scaler
from tests.synthetic import table


def test_standardises_as_sklearn() -> None:
    x = table().x
    expected = StandardScaler().fit_transform(x.astype(np.float64))
    np.testing.assert_allclose(Scaler.fit(x).apply(x), expected, atol=2e-6)


def test_constant_and_rounding_noise_are_ignored() -> None:
    x = np.full((50, 3), 1000.0, np.float32)
    x[::2, 1] = np.nextafter(np.float32(1000), np.float32(2000))
    x[:, 2] = 0.0
    scaler = Scaler.fit(x)
    assert scaler.inv_sd.tolist() == [0.0, 0.0, 0.0]
    assert scaler.apply(x).tolist() == np.zeros((50, 3)).tolist()


def test_tiny_features_are_not_taken_for_constant() -> None:
    x = 1e-12 * table().x
    assert (Scaler.fit(x.astype(np.float32)).inv_sd > 0).all()
