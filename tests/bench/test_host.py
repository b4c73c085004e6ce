"""The host application against direct extraction, and its state between calls."""

import numpy as np
import pytest

from ecmkit._core import feat
from ecmkit.bench import Golden, HostApp
from ecmkit.features import device_plan
from tests.package.sample import HOP, SPEED_HZ, WARM, WINDOW, contract, signal


def test_features_are_those_of_the_core(host_app: HostApp) -> None:
    x = signal()
    n = WARM + 6
    expected = np.empty((n, 6), np.float32)
    speed, done = np.full(n, SPEED_HZ, np.float32), np.ones(n, np.uint8)
    feat.Runner(device_plan(contract())).frames(x, speed, expected, done)
    assert done.tolist() == [0] * WARM + [1] * 6
    got = host_app.run(Golden(x=x, speed_hz=SPEED_HZ))
    np.testing.assert_array_equal(got.features, expected[WARM:])


def test_a_push_goes_on_where_the_last_one_ended(host_app: HostApp) -> None:
    x = signal()
    app = host_app
    app.restart(speed_hz=SPEED_HZ)
    whole = app.push(x)
    app.restart(speed_hz=SPEED_HZ)
    first = WINDOW + WARM * HOP
    parts = [app.push(part) for part in np.split(x, [1, first, first + HOP])]
    assert [len(part.events) for part in parts] == [0, 1, 1, 4]
    features = np.concatenate([part.features for part in parts])
    np.testing.assert_array_equal(features, whole.features)
    assert len(app.report(10)) <= 51


def test_wrong_shapes_are_refused(host_app: HostApp) -> None:
    app = host_app
    with pytest.raises(ValueError, match="x has shape"):
        app.push(np.zeros((2, 2)))
    with pytest.raises(ValueError, match="chunk is 0"):
        app.push(np.zeros(4), chunk=0)
