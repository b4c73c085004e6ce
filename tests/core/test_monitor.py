"""Tables of monitors through the binding: against detectors, in pieces, kept."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ecmkit._core import dist, monitor
from ecmkit._core import drift as core
from ecmkit._core.drift_ewma import Ewma
from ecmkit._core.score import Score
from ecmkit._core.state import Store, slot_bytes
from ecmkit._core.t2 import HotellingT2
from ecmkit.drift import Adwin, EDetector, PageHinkley

NONE = np.zeros(0, np.float32)
EDGES = np.float32([-0.5, 0.0, 0.5])
SCORES = np.float32([-1.5, -0.75, -0.25, 0, 0.25, 0.75, 1.5])
PHI = np.float32([0.3])
BINS = np.float32([-0.5, 0.0, 0.5])
SHARES = np.full(4, 0.25, np.float32)
WHITEN = np.float32([1.0, -0.4, 1.1])
SCORE = (0, monitor.ANY, 0.1, 1.0, 0.0, PHI, EDGES, SCORES, 1.0)
PLAIN = (1, monitor.ANY, 0.0, 1.0, 0.0, NONE, NONE, NONE, 0.0)


def row(form: int, group: int, settings: tuple[object, ...], **more: object):  # type: ignore[no-untyped-def]
    given = {"what": monitor.MEAN, "score": 0, "up": False, "top": 1.0} | more
    regime = given.get("regime", monitor.ANY)
    return (form, given["what"], group, regime, given["score"], given["up"],
            given["top"], settings)  # fmt: skip


ROWS = [
    row(monitor.CUSUM, 0, (0.25, 3.0)),
    row(monitor.EWMA, 1, (0.2, 2.5)),
    row(monitor.COUNTS, 2, (BINS, SHARES, 500, 32, dist.TUMBLING, monitor.KS, 0.2),
        what=monitor.SHAPE),
    row(monitor.T2, 3, (np.zeros(2, np.float32), WHITEN, 0.3, 8.0,
                        np.array([0, 1], np.uint16)), what=monitor.TOGETHER),
    row(monitor.CLASSES, 4, (None, SHARES, 500, 25, dist.TUMBLING,
                             monitor.JENSEN_SHANNON, 0.2), what=monitor.MIX),
    row(monitor.LIMIT, 5, (2.0,), score=1, what=monitor.VALUE),
]  # fmt: skip


def made(rows=None, groups=None, regime=None, inputs: int = 3) -> monitor.Monitors:  # type: ignore[no-untyped-def]
    rows = ROWS if rows is None else rows
    if groups is None:
        groups = [(None, 0)] * (rows[-1][2] + 1)
    return monitor.Monitors(9, inputs, [SCORE, PLAIN], rows, groups, regime)


def values(n: int, seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.uint32]]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3)).astype(np.float32)
    x[n // 2 :, 0] += 0.8
    classes = rng.integers(0, 4, n).astype(np.uint32)
    classes[n // 2 :] = rng.choice([0, 3], n - n // 2)
    return x, classes


def test_rows_are_the_detectors() -> None:
    x, classes = values(600)
    alarms, ratios, regimes = made().run_f32(x, classes)
    z = Score(0.1, 1.0, PHI, EDGES, SCORES).update_many_f32(x[:, 0].copy())
    assert (regimes == 2**32 - 1).all()
    for group, detector in ((0, core.Cusum(0.25, 3.0)), (1, Ewma(0.2, 2.5))):
        own = alarms[alarms["group"] == group]
        direct = detector.run_f32(z)
        np.testing.assert_array_equal(
            own["at"], direct["at"] + 1
        )  # the first starts it
        np.testing.assert_array_equal(own["since"], direct["since"])
        np.testing.assert_array_equal(own["direction"], direct["what"])
    statistic, _ = HotellingT2(np.zeros(2, np.float32), WHITEN, 0.3, 8.0).run_f32(
        np.column_stack([z, x[1:, 1]]).astype(np.float32)
    )
    np.testing.assert_array_equal(ratios[1:, 3], statistic / np.float32(8.0))
    above = np.flatnonzero(x[:, 1] > 2.0)
    np.testing.assert_array_equal(alarms["at"][alarms["group"] == 5], above)


def test_a_row_may_be_any_detector() -> None:
    x, classes = values(900)
    x[600:, 1] *= 4.0
    makers = (
        lambda: PageHinkley(0, 0.25, 4.0, 1.0),
        lambda: EDetector(500.0),
        lambda: Adwin(0.05),
        lambda: core.ScaleCusum(0.25, 4.0),
    )
    rows = [
        row(monitor.KIND, i, (make(),), score=i % 2) for i, make in enumerate(makers)
    ]
    one = made(rows)
    alarms, _, _ = one.run_f32(x, classes)
    z = Score(0.1, 1.0, PHI, EDGES, SCORES).update_many_f32(x[:, 0].copy())
    for i, make in enumerate(makers):
        own = alarms[alarms["group"] == i]
        direct = make().run_f32(x[:, 1].copy() if i % 2 else z)
        assert direct.size > 0
        np.testing.assert_array_equal(own["at"], direct["at"] + (1 - i % 2))
        np.testing.assert_array_equal(own["since"], direct["since"])
        np.testing.assert_array_equal(own["direction"], direct["what"])
        scales = np.isin(own["direction"], [core.WIDER, core.NARROWER])
        expected = np.where(scales, monitor.SCALE, monitor.MEAN)
        np.testing.assert_array_equal(own["what"], expected)
        assert (own["ratio"] > 1.0).all()
    again = made(rows)
    store = Store(bytes([255]) * 2 * slot_bytes(4 * one.words))
    one.save(store)
    again.resume(store)
    np.testing.assert_array_equal(again.raised(1), one.raised(1))
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        made([row(monitor.KIND, 0, (PageHinkley(),), score=2)])
    with pytest.raises(TypeError):
        made([row(monitor.KIND, 0, (None,))])


def test_counters_are_judged_when_complete() -> None:
    x, classes = values(600)
    alarms, _, _ = made().run_f32(x, classes)
    shape = alarms[alarms["group"] == 2]
    assert shape["at"].tolist() == [i for i in shape["at"] if i % 32 == 0]
    assert (shape["direction"][shape["at"] > 340] == core.UP).all()
    assert (shape["since"] == 32).all()
    mix = alarms[alarms["group"] == 4]
    late = mix[mix["at"] >= 325]
    assert late.size == 11
    assert set(late["detail"].tolist()) <= {0, 3}


@pytest.mark.parametrize(
    ("moved", "direction"),
    [
        (lambda z: z + 1.0, core.UP),
        (lambda z: z - 1.0, core.DOWN),
        (lambda z: 3.0 * z, core.WIDER),
        (lambda z: 0.2 * z, core.NARROWER),
    ],
)
def test_a_shape_says_where_it_went(moved, direction: int) -> None:  # type: ignore[no-untyped-def]
    settings = (BINS, np.float32([0.31, 0.19, 0.19, 0.31]), 500, 200, dist.TUMBLING,
                monitor.WASSERSTEIN, 0.05)  # fmt: skip
    rows = [row(monitor.COUNTS, 0, settings, score=1, what=monitor.SHAPE)]
    x = np.zeros((200, 3), np.float32)
    x[:, 1] = moved(np.random.default_rng(2).normal(size=200))
    alarms, _, _ = made(rows).run_f32(x, np.zeros(200, np.uint32))
    assert alarms["direction"].tolist() == [direction]


@settings(deadline=None, max_examples=20)
@given(cuts=st.lists(st.integers(0, 300), max_size=4), seed=st.integers(0, 99))
def test_any_pieces_give_the_whole(cuts: list[int], seed: int) -> None:
    x, classes = values(300, seed)
    whole, parts = made(), made()
    expected, _, _ = whole.run_f32(x, classes)
    found, at = [], 0
    for end in [*sorted(cuts), 300]:
        own, _, _ = parts.run_f32(x[at:end].copy(), classes[at:end].copy())
        own["at"] += at
        found.append(own)
        at = end
        again = made()
        again.load(parts.to_bytes())
        parts = again
    np.testing.assert_array_equal(np.concatenate(found), expected)
    assert parts.to_bytes() == whole.to_bytes()


def test_what_is_not_known_rests() -> None:
    x, classes = values(100)
    x[50, 0] = np.nan
    classes[:] = 99
    one = made()
    alarms, ratios, _ = one.run_f32(x, classes)
    assert not (alarms["group"] == 4).any()
    # Its score starts again: two windows without a new statistic.
    assert ratios[51, 0] == ratios[50, 0] == ratios[49, 0] != ratios[52, 0]


def test_regimes_have_detectors_of_their_own() -> None:
    regime = (
        np.array([2], np.uint16),
        np.float32([0.0]),
        NONE,
        None,
        0.0,
        2,
        None,
        None,
    )
    rows = [row(monitor.CUSUM, 0, (0.25, 3.0), score=1, regime=r) for r in (0, 1)]
    x = np.zeros((400, 3), np.float32)
    x[:, 2] = np.where(np.arange(400) // 40 % 2, 1.0, -1.0)
    x[:, 1] = np.random.default_rng(1).normal(size=400) * 0.3
    x[:, 1] += np.where((x[:, 2] > 0) & (np.arange(400) > 200), 2.0, 0.0)
    alarms, _, regimes = made(rows, regime=regime).run_f32(x, np.zeros(400, np.uint32))
    assert set(alarms["row"].tolist()) == {1}
    assert (regimes[alarms["at"]] == 1).all()
    assert (regimes == 2**32 - 1).sum() == 10  # one window of dwelling a change


def test_levels_rise_and_fall() -> None:
    persist = (np.float32([1.0, 1.5]), 0.25, 1, 2, 4)
    rows = [row(monitor.CUSUM, 0, (0.5, 10.0), score=1, top=2.0)]
    x = np.zeros((120, 3), np.float32)
    x[20:32, 1] = 1.3
    alarms, _, _ = made(rows, [(persist, 4)]).run_f32(x, np.zeros(120, np.uint32))
    assert alarms["level"].tolist() == [1, 2, 1, 0]
    assert alarms["what"].tolist() == [monitor.MEAN, monitor.MEAN, 0, 0]
    assert alarms["at"].tolist() == [26, 31, 38, 43]


def test_kept_through_a_reset() -> None:
    x, classes = values(200)
    one, two = made(), made()
    one.run_f32(x, classes)
    store = Store(bytes([255]) * 2 * slot_bytes(4 * one.words))
    one.save(store)
    two.resume(store)
    after, _, _ = two.run_f32(x[:1].copy(), classes[:1].copy())
    assert two.raised(5) == int((after["group"] == 5).any())
    other = monitor.Monitors(10, 3, [SCORE, PLAIN], ROWS, [(None, 0)] * 6, None)
    with pytest.raises(ValueError, match="ECM_ERR_STATE"):
        other.resume(store)
    cut = Store(bytes(store.image[:-1]) + bytes([store.image[-1] ^ 1]))
    two.resume(cut)  # the record is in the other slot


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([row(monitor.CUSUM, 1, (0.5, 5.0))], "ECM_ERR_ARG"),
        ([row(monitor.CUSUM, 0, (0.5, 0.0))], "ECM_ERR_ARG"),
        ([row(monitor.CUSUM, 0, (0.5, 5.0), score=2)], "ECM_ERR_ARG"),
        ([row(monitor.CUSUM, 0, (0.5, 5.0), regime=0)], "ECM_ERR_ARG"),
        ([row(monitor.CUSUM, 0, (0.5, 5.0), top=0.5)], "ECM_ERR_ARG"),
        ([row(monitor.LIMIT, 0, (0.0,))], "ECM_ERR_ARG"),
        (
            [row(monitor.COUNTS, 0, (BINS, SHARES, 5, 9, dist.FILL, monitor.KS, 0.1))],
            "ECM_ERR_ARG",
        ),
    ],
)
def test_refusals(rows, words: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=words):
        made(rows)


def test_wrong_shapes() -> None:
    with pytest.raises(ValueError, match="length 2, expected 3"):
        made().run_f32(np.zeros((1, 2), np.float32), np.zeros(1, np.uint32))
    with pytest.raises(ValueError, match="input 5, expected below 3"):
        monitor.Monitors(1, 3, [(5, *SCORE[1:])], [], [], None)
    with pytest.raises(ValueError, match="state has length 3"):
        made().load(b"abc")


def other_numbers() -> monitor.Monitors:
    """Tables of the same structure as `made`, with other numbers."""
    rows = [
        row(monitor.CUSUM, 0, (0.5, 2.0), top=1.5),
        row(monitor.EWMA, 1, (0.4, 2.0)),
        row(monitor.COUNTS, 2,
            (BINS * 2, SHARES[::-1].copy(), 200, 32, dist.TUMBLING, monitor.KS, 0.3),
            what=monitor.SHAPE),
        row(monitor.T2, 3, (np.full(2, 0.2, np.float32), WHITEN * 2, 0.5, 6.0,
                            np.array([0, 1], np.uint16)), what=monitor.TOGETHER),
        row(monitor.CLASSES, 4, (None, np.float32([0.4, 0.3, 0.2, 0.1]), 90, 25,
                                 dist.TUMBLING, monitor.JENSEN_SHANNON, 0.1),
            what=monitor.MIX),
        row(monitor.LIMIT, 5, (1.0,), score=1, what=monitor.VALUE),
    ]  # fmt: skip
    scores = [
        (0, monitor.ANY, 0.3, 1.0, 0.0, np.float32([0.1, 0.2]), EDGES * 2, SCORES * 2,
         0.7),
        (1, monitor.ANY, 0.5, 2.0, 0.0, NONE, NONE, NONE, 0.0),
    ]  # fmt: skip
    return monitor.Monitors(10, 3, scores, rows, [(None, 0)] * 6, None)


def test_other_numbers_are_adopted() -> None:
    x, classes = values(500)
    one, other = made(), other_numbers()
    expected = other.run_f32(x, classes)
    kept = one.data()
    assert len(kept) == len(other.data())
    assert kept[:4] == (9).to_bytes(4, "little")
    one.adopt(other.data())
    assert one.data() == other.data()
    for found, wanted in zip(one.run_f32(x, classes), expected, strict=True):
        np.testing.assert_array_equal(found, wanted)
    assert one.to_bytes() == other.to_bytes()
    one.adopt(kept)
    for found, wanted in zip(
        one.run_f32(x, classes), made().run_f32(x, classes), strict=True
    ):
        np.testing.assert_array_equal(found, wanted)


def test_numbers_that_are_not_allowed_leave_the_first_ones() -> None:
    x, classes = values(200)
    one = made()
    with pytest.raises(ValueError, match="data has"):
        one.adopt(one.data() + b"abcd")
    negative = np.frombuffer(one.data(), np.float32).copy()
    negative[-1] = -2.0  # the limit of the last row
    order = np.frombuffer(one.data(), np.uint32).copy()
    order[9] = 5
    for wrong in (negative, order):
        with pytest.raises(ValueError, match="ECM_ERR_"):
            one.adopt(wrong.tobytes())
        for found, wanted in zip(
            one.run_f32(x, classes), made().run_f32(x, classes), strict=True
        ):
            np.testing.assert_array_equal(found, wanted)
        one.reset()


def test_a_baseline_moves_scores_and_nothing_else() -> None:
    """A machine of four times the spread about 0: the same alarms, from its values."""
    x, classes = values(600)
    expected = made().run_f32(x, classes)
    other = x.copy()
    other[:, 0] = 4.0 * (x[:, 0] - np.float32(0.1))
    moved = made()
    moved.rebase(np.zeros(3, np.float32), np.full(3, 4.0, np.float32))
    found = moved.run_f32(other, classes)
    for one, two in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, two)
    moved.rebase(np.float32([0.1]), np.float32([1.0]))  # as the reference
    for one, two in zip(moved.run_f32(x, classes), expected, strict=True):
        np.testing.assert_array_equal(one, two)
    moved.rebase(NONE, NONE)
    for one, two in zip(moved.run_f32(x, classes), expected, strict=True):
        np.testing.assert_array_equal(one, two)
    with pytest.raises(ValueError, match="spreads has length 2, expected 3"):
        moved.rebase(np.zeros(3, np.float32), np.ones(2, np.float32))


def test_a_baseline_counts_from_numbers_that_were_adopted() -> None:
    """As on a device: an update brings edges, the machine its center and spread."""
    x, classes = values(600)
    second = monitor.Monitors(
        9, 3, [(*SCORE[:2], 0.5, *SCORE[3:8], 2.0), PLAIN], ROWS, [(None, 0)] * 6, None
    )
    first = made()
    first.adopt(second.data())
    for one in (first, second):
        one.rebase(np.float32([0.3]), np.float32([1.5]))
    for one, two in zip(
        first.run_f32(x, classes), second.run_f32(x, classes), strict=True
    ):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("score", [(*PLAIN[:4], 1.0, *PLAIN[5:8], 1.0),
                                   (0, 0, *SCORE[2:]), (*SCORE[:8], -1.0)])  # fmt: skip
def test_spreads_of_logarithms_and_regimes_are_refused(score: tuple[object]) -> None:
    edges = np.float32([0.0])
    regime = (np.array([2], np.uint16), edges, NONE, None, 0.0, 3, None, None)
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        monitor.Monitors(9, 3, [score, PLAIN], ROWS, [(None, 0)] * 6, regime)
