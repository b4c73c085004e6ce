"""Run length of the EWMA against published tables and simulation."""

import numpy as np
import pytest

from ecmkit.drift import ScoreDistribution, ewma_arl, ewma_limit

# Lucas and Saccucci 1990, ARL0 500: weight, limit; run lengths by shift.
TABLE = {
    (0.4, 3.054): [500, 223.7, 71.2, 14.3, 3.52, 2.02],
    (0.25, 2.998): [499.8, 170.3, 48.3, 11.1, 3.61, 2.26],
    (0.2, 2.962): [499.7, 150.2, 41.8, 10.5, 3.74, 2.38],
    (0.1, 2.814): [499.6, 106.3, 31.3, 10.3, 4.36, 2.87],
    (0.05, 2.615): [499.9, 84.0, 28.8, 11.4, 5.23, 3.50],
}


@pytest.mark.parametrize("design", TABLE)
def test_lucas_and_saccucci_table(design: tuple[float, float]) -> None:
    computed = [ewma_arl(*design, shift=s) for s in (0, 0.25, 0.5, 1, 2, 3)]
    np.testing.assert_allclose(computed, TABLE[design], rtol=0.005)


@pytest.mark.parametrize(
    ("arl0", "limit"),
    [(370, 2.7010), (500, 2.8143), (1e3, 3.0586), (1e4, 3.7491), (1e5, 4.3222)],
)
def test_limits(arl0: float, limit: float) -> None:
    assert ewma_limit(0.1, arl0) == pytest.approx(limit, abs=2e-4)


def test_shewhart_chart() -> None:
    computed = [ewma_arl(1.0, 3.0, shift=s) for s in (0, 0.25, 0.5, 1, 2, 3)]
    published = [370.4, 281.15, 155.22, 43.895, 6.303, 2.0]
    np.testing.assert_allclose(computed, published, rtol=0.001)


@pytest.mark.parametrize(("shift", "weight"), [(0.0, 0.1), (1.0, 0.1), (0.5, 0.3)])
def test_exact_limits_against_simulation(shift: float, weight: float) -> None:
    limit, runs = 2.2, 20_000
    rng = np.random.default_rng(3)
    average, run, t = np.zeros(runs), np.zeros(runs), 0
    alive = np.ones(runs, bool)
    edge = limit * np.sqrt(weight / (2 - weight))
    while alive.any():
        t += 1
        average += weight * (rng.normal(shift, 1.0, runs) - average)
        run += alive
        alive &= np.abs(average) <= edge * np.sqrt(1 - (1 - weight) ** (2 * t))
    wanted, error = run.mean(), run.std() / np.sqrt(runs)
    exact = ewma_arl(weight, limit, shift=shift, limits="exact")
    assert abs(exact - wanted) < 4 * error
    assert exact < ewma_arl(weight, limit, shift=shift) - 4 * error


@pytest.mark.parametrize("limits", ["constant", "exact"])
@pytest.mark.parametrize("arl0", [50.0, 1e4, 1e8])
def test_limit_inverts_run_length(arl0: float, limits: str) -> None:
    limit = ewma_limit(0.2, arl0, limits=limits)  # type: ignore[arg-type]
    found = ewma_arl(0.2, limit, limits=limits)  # type: ignore[arg-type]
    assert found == pytest.approx(arl0, rel=1e-4)


def test_fine_scores_are_nearly_normal() -> None:
    edges = np.linspace(-5, 5, 1001)
    values = 0.5 * (edges[1:] + edges[:-1])
    chances = np.exp(-0.5 * values**2)
    scores = ScoreDistribution.of_counts(values, chances)
    assert scores.ewma_arl(0.1, 2.814) == pytest.approx(499.6, rel=0.01)
    assert scores.ewma_limit(0.1, 1e4) == pytest.approx(3.7491, rel=0.003)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"weight": 0.0, "limit": 3.0}, "weight is 0"),
        ({"weight": 0.1, "limit": 0.0}, "limit is 0"),
        ({"weight": 0.1, "limit": 3.0, "limits": "wide"}, "limits is 'wide'"),
        ({"weight": 0.1, "limit": 3.0, "shift": np.nan}, "shift is nan"),
    ],
)
def test_refusals(arguments: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ewma_arl(**arguments)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="arl0 is 2"):
        ewma_limit(0.1, 2.0)
