"""ADWIN2: alarms and windows against a plain reading of the paper in float64."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecmkit._core.adwin import STATE_BYTES, Adwin
from ecmkit._core.drift import DOWN, UP

DEFAULT = (0.002, 32, 5, 5, 10)


class Plain:
    """Bifet and Gavalda's second version: lists of (size, sum, squares around mean)."""

    def __init__(
        self, delta: float, clock: int, buckets: int, part_n: int, grace_n: int
    ) -> None:
        self.delta, self.clock, self.most = delta, clock, buckets
        self.part_n, self.grace_n = part_n, grace_n
        self.rows: list[list[tuple[float, float]]] = [[]]  # by level, oldest first
        self.tick = 0

    def buckets(self) -> list[tuple[int, float, float]]:
        """All of them, the oldest first."""
        return [
            (1 << level, total, spread)
            for level in reversed(range(len(self.rows)))
            for total, spread in self.rows[level]
        ]

    def width(self) -> int:
        return sum(size for size, _, _ in self.buckets())

    def variance(self) -> float:
        buckets = self.buckets()
        n = sum(size for size, _, _ in buckets)
        mean = sum(total for _, total, _ in buckets) / n
        return sum(s + c * (t / c - mean) ** 2 for c, t, s in buckets) / n

    def insert(self, x: float) -> None:
        self.rows[0].append((x, 0.0))
        level = 0
        while len(self.rows[level]) > self.most:
            if level + 1 == len(self.rows):
                self.rows.append([])
            (t0, s0), (t1, s1) = self.rows[level][:2]
            n = 1 << level
            merged = s0 + s1 + n / 2 * (t0 / n - t1 / n) ** 2
            self.rows[level] = self.rows[level][2:]
            self.rows[level + 1].append((t0 + t1, merged))
            level += 1

    def cut(self) -> bool:
        buckets, width, variance = self.buckets(), self.width(), self.variance()
        whole = sum(total for _, total, _ in buckets)
        log = np.log(2 * np.log(width) / self.delta)
        n0, u0 = 0, 0.0
        for size, total, _ in buckets:
            n0, u0 = n0 + size, u0 + total
            n1 = width - n0
            if n0 >= self.part_n and n1 >= self.part_n:
                m = 1 / (n0 - self.part_n + 1) + 1 / (n1 - self.part_n + 1)
                epsilon = np.sqrt(2 * m * variance * log) + 2 / 3 * m * log
                if abs(u0 / n0 - (whole - u0) / n1) > epsilon:
                    return True
        return False

    def update(self, x: float) -> bool:
        self.insert(x)
        self.tick += 1
        changed = False
        if self.tick % self.clock == 0:
            while self.width() > self.grace_n and self.cut():
                del self.rows[-1][0]
                while len(self.rows) > 1 and not self.rows[-1]:
                    self.rows.pop()
                changed = True
        return changed


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "given_settings",
    [DEFAULT, (0.002, 1, 5, 5, 10), (0.2, 8, 3, 1, 0), (0.01, 1, 2, 3, 40)],
)
def test_alarms_and_windows_are_those_of_the_paper(
    seed: int, given_settings: tuple[float, int, int, int, int]
) -> None:
    random = np.random.default_rng(seed)
    parts = [(0, 1, 700), (1, 1, 300), (1, 3, 300), (-1.5, 0.3, 300), (-1.4, 0.3, 400)]
    x = np.concatenate([random.normal(m, s, n) for m, s, n in parts])
    values = x.astype(np.float32)
    ours, plain = Adwin(*given_settings), Plain(*given_settings)
    alarms = 0
    for i, value in enumerate(values):
        expected = plain.update(float(value))
        ours.update(value)
        assert ours.drift_detected == expected, i
        assert ours.width == plain.width()
        alarms += expected
        if expected:
            assert ours.since == ours.width
    assert alarms >= 2
    assert ours.n_detections == alarms
    assert ours.squares / ours.width == pytest.approx(plain.variance(), rel=1e-4)


def test_direction_and_mean() -> None:
    random = np.random.default_rng(5)
    for step, what in ((2.0, UP), (-2.0, DOWN)):
        x = random.normal(size=2000) + np.repeat([0, step], 1000)
        detector = Adwin(*DEFAULT)
        found = detector.run_f32(x.astype(np.float32))
        assert found["what"].tolist() == [what] * len(found)
        assert 1000 < found["at"][0] < 1000 + 64
        assert detector.estimation == pytest.approx(step, abs=0.2)
        assert detector.total == pytest.approx(detector.width * detector.estimation)


@settings(max_examples=50)
@given(
    x=st.lists(st.floats(-4, 4, width=32), max_size=300),
    cut=st.integers(0, 299),
    clock=st.sampled_from([1, 7, 64, 1000]),
)
def test_many_are_one_by_one(x: list[float], cut: int, clock: int) -> None:
    given_settings = (0.5, clock, 3, 2, 4)
    one, parts = Adwin(*given_settings), Adwin(*given_settings)
    expected = []
    for i, value in enumerate(x):
        if one.update(value).drift_detected:
            expected.append((i, one.since, one.what))
    values = np.array(x, np.float32)
    first = parts.run_f32(values[:cut].copy())
    state = parts.to_bytes()
    assert len(state) == STATE_BYTES <= 904
    parts = Adwin(*given_settings)
    parts.load(state)
    rest = parts.run_f32(values[cut:].copy())
    rest["at"] += min(cut, len(x))
    assert [*first.tolist(), *rest.tolist()] == expected
    assert parts.to_bytes() == one.to_bytes()


def test_a_window_of_more_than_a_million_is_full_and_stays_right() -> None:
    """Constant memory: then the oldest bucket goes, and no alarm is raised."""
    random = np.random.default_rng(1)
    detector = Adwin(0.002, 100_000, 5, 5, 10)
    for _ in range(3):
        x = random.normal(0.25, 1, 600_000).astype(np.float32)
        assert len(detector.run_f32(x)) == 0
    assert 1_000_000 < detector.width <= 5 * (2**18 - 1)
    assert detector.estimation == pytest.approx(0.25, abs=5e-3)
    assert detector.squares / detector.width == pytest.approx(1, abs=1e-2)


def test_few_cuts_by_chance() -> None:
    """At most delta a test, by the theorem; far fewer, as the bound is wide."""
    alarms = sum(
        len(Adwin(0.002, 1, 5, 5, 10).run_f32(
            np.random.default_rng(seed).normal(size=20_000).astype(np.float32)))
        for seed in range(20)
    )  # fmt: skip
    assert alarms < 10


@pytest.mark.parametrize(
    "bad", [(0, 1, 5, 5, 1), (1, 1, 5, 5, 1), (0.1, 0, 5, 5, 1), (0.1, 1, 1, 5, 1),
            (0.1, 1, 6, 5, 1), (0.1, 1, 5, 0, 1), (np.nan, 1, 5, 5, 1)],
)  # fmt: skip
def test_bad_settings_are_refused(bad: tuple[float, int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        Adwin(*bad)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_changes_nothing(bad: float) -> None:
    detector = Adwin(*DEFAULT)
    before = detector.update(1.0).to_bytes()
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        detector.update(bad)
    assert detector.to_bytes() == before


@pytest.mark.parametrize(
    "state", [bytes(9), b"\xff" * STATE_BYTES, b"\x01" * STATE_BYTES]
)
def test_bad_states_are_refused(state: bytes) -> None:
    with pytest.raises(ValueError, match="state has"):
        Adwin(*DEFAULT).load(state)
