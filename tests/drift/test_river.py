"""Detectors of ours in River's hands, and beside River's own."""

import copy
import pickle
from typing import Any

import numpy as np
import pytest

from ecmkit.drift import Adwin, Cusum, Ddm, Eddm, HddmA, HddmW, PageHinkley
from ecmkit.drift.detectors import Named

river = pytest.importorskip("river", reason="river is not installed")
from river import drift, linear_model  # noqa: E402

from ecmkit.drift.river import RiverDetector  # noqa: E402


def alarms(detector: Any, x: np.ndarray) -> list[int]:
    found = []
    for i, value in enumerate(x):
        detector.update(float(value))
        if detector.drift_detected:
            found.append(i)
    return found


def test_it_is_one_of_rivers() -> None:
    x = np.append(np.zeros(50), np.full(50, 2.0))
    detector = RiverDetector(Cusum(k=0.5, h=5))
    assert isinstance(detector, river.base.DriftAndWarningDetector)
    expected = Cusum(k=0.5, h=5).update_many(x).tolist()
    assert alarms(detector, x) == expected
    assert alarms(detector.clone(), x) == expected
    first = RiverDetector(Cusum(k=0.5, h=5))
    found = alarms(first, x[:60])
    for other in (pickle.loads(pickle.dumps(first)), copy.deepcopy(first)):
        assert found + [60 + i for i in alarms(other, x[60:])] == expected


def test_it_retrains_a_model() -> None:
    model = drift.DriftRetrainingClassifier(
        model=linear_model.LogisticRegression(), drift_detector=RiverDetector(Ddm())
    )
    random = np.random.default_rng(1)
    right = 0
    for i in range(3000):
        x = {"a": random.normal()}
        y = (x["a"] > 0) == (i < 1500)
        right += i > 2000 and model.predict_one(x) == y
        model.learn_one(x, y)
    assert right > 900


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (PageHinkley(), drift.PageHinkley()),
        (Ddm(), drift.binary.DDM()),
        (Eddm(), drift.binary.EDDM()),
        (HddmA(), drift.binary.HDDMA()),
        (HddmW(), drift.binary.HDDMW()),
    ],
    ids=["PageHinkley", "DDM", "EDDM", "HDDM_A", "HDDM_W"],
)
def test_alarms_are_those_of_river(ours: Named, theirs: Any, seed: int) -> None:
    random = np.random.default_rng(seed)
    rates = np.repeat([0.1, 0.4, 0.05, 0.7, 0.2], 1000)
    x = (random.random(len(rates)) < rates).astype(float)
    expected = alarms(theirs.clone(), x)
    assert ours.clone().update_many(x).tolist() == expected
    assert expected


def test_windows_are_nearly_those_of_river() -> None:
    """The same changes; River leaves out a cut of each row of buckets."""
    random = np.random.default_rng(1)
    x = random.normal(np.repeat([0.0, 1.0, -1.0], 2000))
    expected = alarms(drift.ADWIN(), x)
    found = Adwin().update_many(x)
    for change in (2000, 4000):
        ours = found[found > change][0]
        theirs = next(i for i in expected if i > change)
        assert abs(int(ours) - theirs) <= 64
