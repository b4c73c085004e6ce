"""The facade of sketches: settings, arrays, states, and what it refuses."""

import numpy as np
import pytest
import scipy.stats

from ecmkit.drift.sketches import P2, BinnedDistribution, Kll, LogHistogram, TopK


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
            "ECM_ERR_LENGTH",
        ),
        (
            lambda: BinnedDistribution(None, [0.5] * 2, reference_n=1, form="x"),  # type: ignore[arg-type]
            "form is 'x', expected one of fill",
        ),
        (lambda: BinnedDistribution.of_reference([1.0]), "x has 1 values"),
        (lambda: TopK(0), "ECM_ERR_LENGTH"),
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
