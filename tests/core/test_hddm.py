"""HDDM-A and HDDM-W against plain readings of the paper."""

import numpy as np
import pytest

from ecmkit._core.drift import DOWN, UP, WARNING, Detector
from ecmkit._core.hddm import HddmA, HddmW

Told = list[tuple[int, int]]


def losses(seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    rates = np.repeat([0.1, 0.3, 0.05, 0.2, 0.6], 400)
    return (random.random(len(rates)) < rates).astype(np.float32)


def hoeffding(x: np.ndarray, drift: float, warning: float, both: bool) -> Told:
    """All values of the current part, summed anew at each step."""
    told: Told = []
    start, low, high = 0, 0, 0  # cuts as the number of values before them

    def differs(a: float, n: int, b: float, cut: int, level: float) -> bool:
        m = (n - cut) / (n * cut)
        return cut < n and a - b >= np.sqrt(m / 2 * np.log(2 / level))

    for i in range(len(x)):
        part = x[start : i + 1].astype(float)
        n, mean = len(part), part.mean()
        low, high = low or n, high or n
        eps, e_low, e_high = (
            np.sqrt(np.log(1 / drift) / (2 * c)) for c in (n, low, high)
        )
        if mean + eps <= part[:low].mean() + e_low:
            low = n
        if mean - eps >= part[:high].mean() - e_high:
            high = n
        m_low, m_high = part[:low].mean(), part[:high].mean()
        if differs(mean, n, m_low, low, drift):
            what = UP
        elif both and differs(-mean, n, -m_high, high, drift):
            what = DOWN
        elif differs(mean, n, m_low, low, warning) or (
            both and differs(-mean, n, -m_high, high, warning)
        ):
            what = WARNING
        else:
            continue
        told.append((i, what))
        if what != WARNING:
            start, low, high = i + 1, 0, 0
    return told


class Weighted:
    def __init__(self, weight: float) -> None:
        self.weight, self.mean, self.bound, self.n = weight, 0.0, 1.0, 0

    def add(self, x: float) -> None:
        w = self.weight
        self.mean = w * x + (1 - w) * self.mean if self.n else x
        self.bound = w**2 + (1 - w) ** 2 * self.bound
        self.n += 1

    def copy(self) -> "Weighted":
        other = Weighted(self.weight)
        other.mean, other.bound, other.n = self.mean, self.bound, self.n
        return other


def mcdiarmid(
    x: np.ndarray, drift: float, warning: float, weight: float, both: bool
) -> Told:
    told: Told = []

    def fresh() -> tuple[Weighted, list[Weighted], list[Weighted]]:
        return Weighted(weight), *([Weighted(weight), Weighted(weight)] for _ in "ab")

    def differs(side: int, level: float) -> bool:
        b, a = before[side], after[side]
        d = (a.mean - b.mean) * (1, -1)[side]
        return (
            a.n > 0 and b.n > 0
            and d > np.sqrt((a.bound + b.bound) * np.log(1 / level) / 2)
        )  # fmt: skip

    total, before, after = fresh()
    for i, value in enumerate(x.astype(float)):
        total.add(value)
        for side, sign in ((0, 1), (1, -1)):
            b = before[side]
            here = sign * total.mean + np.sqrt(total.bound * np.log(1 / drift) / 2)
            there = sign * b.mean + np.sqrt(b.bound * np.log(1 / drift) / 2)
            if b.n == 0 or here < there:
                before[side], after[side] = total.copy(), Weighted(weight)
            else:
                after[side].add(value)
        if differs(0, drift):
            what = UP
        elif both and differs(1, drift):
            what = DOWN
        elif differs(0, warning) or (both and differs(1, warning)):
            what = WARNING
        else:
            continue
        told.append((i, what))
        if what != WARNING:
            total, before, after = fresh()
    return told


def run(detector: Detector, x: np.ndarray) -> Told:
    told: Told = []
    for i, value in enumerate(x):
        if detector.update(value).what:
            told.append((i, detector.what))
    return told


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_means_of_all_are_the_paper(seed: int, both: bool) -> None:
    x = losses(seed)
    expected = hoeffding(x, 0.001, 0.005, both)
    assert run(HddmA(0.001, 0.005, both), x) == expected
    assert {what for _, what in expected} == {UP, WARNING} | ({DOWN} if both else set())


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_means_that_forget_are_the_paper(seed: int, both: bool) -> None:
    x = losses(seed)
    expected = mcdiarmid(x, 0.001, 0.005, 0.05, both)
    assert run(HddmW(0.001, 0.005, 0.05, both), x) == expected
    assert {what for _, what in expected} >= {UP, WARNING}


@pytest.mark.parametrize("kind", ["a", "w"])
def test_many_states_and_refusals(kind: str) -> None:
    def make() -> Detector:
        return HddmA(0.01, 0.05, 1) if kind == "a" else HddmW(0.01, 0.05, 0.05, 1)

    x = losses(9) * np.float32(0.75)  # any loss from 0 to 1
    one, parts = make(), make()
    alarms = [i for i, what in run(one, x) if what != WARNING]
    assert alarms
    first = parts.run_f32(x[:901].copy())
    state = parts.to_bytes()
    parts = make()
    parts.load(state)
    rest = parts.run_f32(x[901:].copy())
    assert [*first["at"], *(rest["at"] + 901)] == alarms
    assert parts.to_bytes() == one.to_bytes()
    before = one.to_bytes()
    for bad in (1.5, -1, np.nan):
        with pytest.raises(ValueError, match="ECM_ERR_ARG"):
            one.update(bad)
    with pytest.raises(ValueError, match="state has"):
        one.load(b"\xff" * len(before))
    assert one.to_bytes() == before


def test_since_points_at_the_change() -> None:
    x = np.concatenate([np.tile([0, 0, 0, 0, 1], 100), np.ones(100)])
    change = HddmA(0.001, 0.005, 0).run_f32(x.astype(np.float32))[0]
    start = int(change["at"]) - int(change["since"]) + 1
    assert start == pytest.approx(500, abs=5)


@pytest.mark.parametrize(
    "bad", [(0, 0.1, 0.1, 0), (0.2, 0.1, 0.1, 0), (0.1, 1, 0.1, 0), (0.1, 0.2, 0, 0),
            (0.1, 0.2, 1.1, 0), (0.1, 0.2, 0.1, 2)],
)  # fmt: skip
def test_bad_settings_are_refused(bad: tuple[float, float, float, int]) -> None:
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        HddmW(*bad)
