"""DDM and EDDM against plain readings of the papers."""

import numpy as np
import pytest

from ecmkit._core.drift import UP, WARNING, Detector
from ecmkit._core.error import Ddm, Eddm

Told = list[tuple[int, int]]


def losses(seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    rates = np.repeat([0.1, 0.3, 0.05, 0.2, 0.6], 400)
    return (random.random(len(rates)) < rates).astype(np.float32)


def ddm(x: np.ndarray, warning: float, drift: float, warm_n: int) -> Told:
    told: Told = []
    errors, n, low = 0.0, 0, (np.inf, np.inf)
    for i, value in enumerate(x):
        n, errors = n + 1, errors + value
        p = errors / n
        s = np.sqrt(p * (1 - p) / n)
        if n <= warm_n:
            continue
        if p + s <= sum(low):
            low = (p, s)
        if p + s > low[0] + drift * low[1]:
            told.append((i, UP))
            errors, n, low = 0.0, 0, (np.inf, np.inf)
        elif p + s > low[0] + warning * low[1]:
            told.append((i, WARNING))
    return told


def eddm(x: np.ndarray, warning: float, drift: float, warm_n: int) -> Told:
    told: Told = []
    n, last, longest, distances = 0, 0, -1.0, list[int]()
    for i, value in enumerate(x):
        n += 1
        if value == 0:
            continue
        distances.append(n - last)
        last = n
        sd = np.std(distances, ddof=1) if len(distances) > 1 else 0.0
        level = np.mean(distances) + 2 * sd
        if n > warm_n:
            if level > longest:
                longest = level
            elif len(distances) > warm_n:
                if level / longest < drift:
                    told.append((i, UP))
                    n, last, longest, distances = 0, 0, -1.0, []
                elif level / longest < warning:
                    told.append((i, WARNING))
    return told


def run(detector: Detector, x: np.ndarray) -> Told:
    told: Told = []
    for i, value in enumerate(x):
        detector.update(value)
        assert detector.drift_detected == (detector.what == UP)
        assert detector.warning_detected == (detector.what == WARNING)
        if detector.what:
            told.append((i, detector.what))
    return told


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("warning", "drift", "warm_n"), [(2, 3, 30), (1.5, 2.5, 0)])
def test_ddm_is_the_paper(seed: int, warning: float, drift: float, warm_n: int) -> None:
    x = losses(seed)
    expected = ddm(x, warning, drift, warm_n)
    assert run(Ddm(warning, drift, warm_n), x) == expected
    assert {what for _, what in expected} == {UP, WARNING}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("warning", "drift", "warm_n"), [(0.95, 0.9, 30), (0.8, 0.7, 10)]
)
def test_eddm_is_the_paper(
    seed: int, warning: float, drift: float, warm_n: int
) -> None:
    x = losses(seed)
    expected = eddm(x, warning, drift, warm_n)
    assert run(Eddm(warning, drift, warm_n), x) == expected
    assert {what for _, what in expected} == {UP, WARNING}


@pytest.mark.parametrize(
    "make", [lambda: Ddm(2, 3, 30), lambda: Eddm(0.95, 0.9, 30)], ids=["ddm", "eddm"]
)
def test_many_states_and_refusals(make) -> None:  # type: ignore[no-untyped-def]
    x, one, parts = losses(9), make(), make()
    alarms = [i for i, what in run(one, x) if what == UP]
    first = parts.run_f32(x[:901].copy())
    state = parts.to_bytes()
    parts = make()
    parts.load(state)
    rest = parts.run_f32(x[901:].copy())
    assert [*first["at"], *(rest["at"] + 901)] == alarms
    assert parts.to_bytes() == one.to_bytes()
    before = one.to_bytes()
    for bad in (0.5, -1, np.nan):
        with pytest.raises(ValueError, match="ECM_ERR_ARG"):
            one.update(bad)
    with pytest.raises(ValueError, match="state has"):
        one.load(b"\xff" * len(before))
    assert one.to_bytes() == before


def test_since_points_at_the_change() -> None:
    x = np.concatenate([np.tile([0, 0, 0, 0, 1], 100), np.ones(100)])
    change = Ddm(2, 3, 30).run_f32(x.astype(np.float32))[0]
    start = int(change["at"]) - int(change["since"]) + 1
    assert start == pytest.approx(500, abs=5)


def test_bad_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        Ddm(2, 0, 30)
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        Eddm(0.8, 0.9, 30)
