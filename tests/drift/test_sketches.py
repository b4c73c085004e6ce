"""The facade of sketches: settings, arrays, states, and what it refuses."""

import copy
import pickle
from typing import Any

import numpy as np
import pytest
import scipy.stats

from ecmkit.drift.binned import BinnedDistribution
from ecmkit.drift.sample_sketches import Kll, Reservoir
from ecmkit.drift.sketches import P2, LogHistogram, Moments, TopK


@pytest.mark.parametrize("error", [0.002, 0.01, 0.02, 0.1, 0.34])
def test_a_histogram_promises_what_it_is_asked_for(error: float) -> None:
    one = LogHistogram(relative_error=error, smallest=0.5, largest=100.0)
    assert error / 2.2 <= one.relative_error <= error
    x = np.random.default_rng(0).uniform(0.5, 100.0, 3000)
    one.update_many(x)
    assert one.beyond == 0
    for q in (0.01, 0.5, 0.99):
        exact = np.quantile(x, q, method="lower")
        assert one.quantile(q) == pytest.approx(exact, rel=one.relative_error + 1e-6)


def test_states_move_between_device_and_host() -> None:
    x = np.random.default_rng(1).lognormal(size=3000)
    for make in (
        lambda: LogHistogram(largest=1e4),
        lambda: BinnedDistribution.of_reference(x, window_len=700),
    ):
        one, two = make(), make()
        one.update_many(x[:1000])
        two.from_bytes(one.to_bytes())
        for sketch in (one, two):
            sketch.update_many(x[1000:])
        assert one.to_bytes() == two.to_bytes()
        one.reset()
        assert one.to_bytes() == make().to_bytes()
    kll, p2, top = Kll(32, seed=4), P2(0.9), TopK(4)
    kll.update_many(x)
    p2.update_many(x)
    top.update_many(x.astype(int))
    for a, b in (
        (kll, Kll.from_bytes(kll.to_bytes())),
        (p2, P2.from_bytes(p2.to_bytes(), q=0.9)),
        (top, TopK.from_bytes(top.to_bytes())),
    ):
        a.update(3)
        b.update(3)
        assert a.to_bytes() == b.to_bytes()
    kll.reset()
    assert (kll.n, kll.k) == (0, 32)


@pytest.mark.parametrize(
    "made",
    [
        LogHistogram(relative_error=0.013, smallest=0.3, largest=700.0, negative=True),
        P2(0.9),
        Kll(32, seed=4),
        TopK(4),
        Reservoir(50, seed=3),
        Moments(),
        BinnedDistribution.of_reference(np.arange(99.0), bins=16, window_len=70),
        BinnedDistribution(
            None, [0.5, 0.3, 0.2], reference_n=9, form="forgetting", window_len=50
        ),
    ],
    ids=lambda made: type(made).__name__,
)
def test_copies_go_on_where_the_original_is(made: Any) -> None:
    """pickle.dumps of them raised TypeError: the bindings cannot be pickled."""
    x = np.random.default_rng(5).integers(0, 3, 400)
    made.update_many(x[:130])
    for other in (pickle.loads(pickle.dumps(made)), copy.deepcopy(made)):
        assert type(other) is type(made)
        assert other.to_bytes() == made.to_bytes()
        other.update_many(x[130:])
        assert other.to_bytes() != made.to_bytes()
        fresh = made.clone()
        assert fresh.to_bytes() != made.to_bytes()
        fresh.update_many(x)
        assert fresh.to_bytes() == other.to_bytes()
        other.reset()
        assert other.to_bytes() == made.clone().to_bytes()


def test_merged_streams_are_one_stream() -> None:
    rng = np.random.default_rng(2)
    x, known = rng.normal(0.2, 1.0, 4000), rng.normal(size=3000)
    parts = [
        BinnedDistribution.of_reference(known, form="fill", window_len=9000)
        for _ in range(3)
    ]
    for part, values in zip(parts[:2], (x[:900], x[900:]), strict=True):
        part.update_many(values)
    parts[2].update_many(x)
    parts[0].merge(parts[1])
    assert parts[0].to_bytes() == parts[2].to_bytes()
    found = parts[0].distances
    statistic = scipy.stats.ks_2samp(known, x).statistic
    assert found.ks == pytest.approx(statistic, abs=1 / 32)
    assert found.n == 4000


def test_moments_of_parts_are_those_of_the_whole() -> None:
    x = np.random.default_rng(3).gamma(2.0, size=5000).astype(np.float32)
    one, two = Moments(), Moments()
    one.update_many(x[:1200])
    two.update_many(x[1200:])
    one.merge(two)
    exact = x.astype(np.float64)
    assert (one.n, one.minimum, one.maximum) == (5000, x.min(), x.max())
    for found, expected in (
        (one.mean, exact.mean()),
        (one.variance, exact.var()),
        (one.rms, np.sqrt((exact**2).mean())),
        (one.skewness, scipy.stats.skew(exact)),
        (one.kurtosis, scipy.stats.kurtosis(exact, fisher=False)),
    ):
        assert found == pytest.approx(expected, rel=1e-5)
    again = Moments.from_bytes(one.to_bytes())
    again.update(3.0)
    assert again.n == 5001


def test_a_reservoir_is_compared_as_two_samples_are() -> None:
    rng = np.random.default_rng(4)
    known, x = rng.normal(size=2000), rng.normal(0.5, size=9000)
    one = Reservoir(300, seed=7)
    one.update_many(x[:8999])
    one.update(x[8999])
    assert np.isin(one.values, x.astype(np.float32)).all()
    exact = scipy.stats.ks_2samp(known.astype(np.float32), one.values).statistic
    assert one.ks(known) == pytest.approx(exact, abs=1e-6)
    again = Reservoir.from_bytes(one.to_bytes())
    for sketch in (one, again):
        sketch.update_many(x[:500])
    assert again.to_bytes() == one.to_bytes()
    with pytest.raises(
        ValueError, match="reference has 0 values and the reservoir 300"
    ):
        one.ks([])


def test_classes_are_counted_by_their_mix() -> None:
    one = BinnedDistribution(
        None, [0.7, 0.2, 0.1], reference_n=500, form="forgetting", window_len=100
    )
    assert one.update_many(np.repeat([0, 1, 2], [140, 40, 20])) == [99, 199]
    assert one.update(2) is False
    far = one.distances
    for _ in range(400):
        one.update(2)
    assert one.distances.psi > 10 * far.psi
    assert one.distances.wasserstein > 1  # steps


def test_what_is_refused_names_what_was_found() -> None:
    for make, message in (
        (lambda: LogHistogram(relative_error=0.0), "relative_error is 0.0"),
        (lambda: LogHistogram(smallest=2.0, largest=1.0), "smallest is 2.0"),
        (
            lambda: LogHistogram(relative_error=0.002, largest=1e30),
            "expected at most 4096",
        ),
        (lambda: BinnedDistribution([0.0], [0.9, 0.2], reference_n=1), "add up to 1.1"),
        (
            lambda: BinnedDistribution([1, 0, 2], [0.25] * 4, reference_n=1),
            "edges fall",
        ),
        (
            lambda: BinnedDistribution(None, [1.0], reference_n=1),
            "shares has 1 values, expected 2 ... 64",
        ),
        (
            lambda: BinnedDistribution([0, 1], [0.5, 0.25, 0.25], reference_n=1),
            "shares has 3 values, expected 2, 4, 8, 16, 32 or 64",
        ),
        (
            lambda: BinnedDistribution([0, 1], [0.25] * 4, reference_n=1),
            "edges has 2 values, expected 3",
        ),
        (
            lambda: BinnedDistribution.of_reference(np.arange(99.0), bins=20),
            "bins is 20, expected 2, 4, 8, 16, 32 or 64",
        ),
        (
            lambda: BinnedDistribution.of_reference(np.arange(99.0), window_len=0),
            "window_len is 0, expected 1 ... 65535",
        ),
        (
            lambda: BinnedDistribution(None, [0.5] * 2, reference_n=1, form="x"),  # type: ignore[arg-type]
            "form is 'x', expected one of fill",
        ),
        (lambda: BinnedDistribution.of_reference([1.0]), "x has 1 values"),
        (lambda: TopK(0), "k is 0, expected 1 ... 256"),
        (lambda: Reservoir(0), "size is 0, expected 1 ... 65535"),
        (lambda: Kll(4), "k is 4, expected 8 ... 1024"),
        (lambda: P2(1.0), "q is 1.0, expected 0 < q < 1"),
        (lambda: TopK(2).update_many([-1]), "0 ... 2"),
        (lambda: P2(0.5).update_many([[1.0]]), "shape"),
        (lambda: LogHistogram().merge(LogHistogram(largest=2.0)), "other has other"),
    ):
        with pytest.raises(ValueError, match=message.replace("...", r"\.\.\.")):
            make()
    with pytest.raises(TypeError, match="float64"):
        TopK(2).update_many([0.5])
    one = BinnedDistribution.of_reference(np.arange(64.0))
    with pytest.raises(ValueError, match="other edges"):
        one.merge(BinnedDistribution.of_reference(np.arange(65.0)))
