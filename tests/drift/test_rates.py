import math

import pytest

from ecmkit.drift import parse_rate


@pytest.mark.parametrize(
    ("rate", "windows"),
    [
        ("1/day", 86400 / 0.5),
        ("1/week", 7 * 86400 / 0.5),
        ("1/month", 365.25 / 12 * 86400 / 0.5),
        ("1/year", 365.25 * 86400 / 0.5),
        ("2/Year", 365.25 * 86400 / 1.0),
        (" 0.5 / day ", 2 * 86400 / 0.5),
        ("5000", 5000),
        (5000, 5000),
        (1e6, 1e6),
    ],
)
def test_rates(rate: str | float, windows: float) -> None:
    assert parse_rate(rate, seconds_per_window=0.5) == pytest.approx(windows)


@pytest.mark.parametrize(
    "rate", ["", "1/hour", "often", "1/", "/day", "0/day", "-1/day", True, None, [1]]
)
def test_refusal_says_what_is_allowed(rate: object) -> None:
    with pytest.raises(ValueError, match='"1/month", "1/year"') as caught:
        parse_rate(rate, seconds_per_window=1.0)  # type: ignore[arg-type]
    assert repr(rate) in str(caught.value)


@pytest.mark.parametrize("rate", [0, 1, -5, math.nan, math.inf, "1000000/day"])
def test_refuses_rates_without_meaning(rate: str | float) -> None:
    with pytest.raises(ValueError, match="at least 3 windows"):
        parse_rate(rate, seconds_per_window=1.0)


@pytest.mark.parametrize("seconds", [0.0, -1.0, math.nan, math.inf])
def test_refuses_bad_windows(seconds: float) -> None:
    with pytest.raises(ValueError, match="seconds_per_window"):
        parse_rate("1/day", seconds_per_window=seconds)
