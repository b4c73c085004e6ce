"""Rates of false alarms as people say them, in windows."""

import math
import re

__all__ = ["parse_rate"]

_SECONDS = {
    "day": 86400.0,
    "week": 7 * 86400.0,
    "month": 365.25 / 12 * 86400.0,
    "year": 365.25 * 86400.0,
}
_RATE = re.compile(r"\s*(?P<count>\d+(?:\.\d*)?)\s*/\s*(?P<unit>[a-z]+)\s*")


def parse_rate(rate: str | float, *, seconds_per_window: float) -> float:
    """Mean number of windows between false alarms.

    Parameters
    ----------
    rate : str or float
        False alarms per ``day``, ``week``, ``month`` or ``year``, such as
        ``"1/month"``; or the number of windows itself.
    seconds_per_window : float
        Time from one window to the next, > 0.

    Returns
    -------
    float
        Windows between false alarms, >= 3.

    Raises
    ------
    ValueError
        Naming what was found and what is allowed.

    Examples
    --------
    >>> parse_rate("1/day", seconds_per_window=1.0)
    86400.0
    >>> parse_rate(5000, seconds_per_window=1.0)
    5000.0
    """
    if not (math.isfinite(seconds_per_window) and seconds_per_window > 0.0):
        raise ValueError(
            f"seconds_per_window is {seconds_per_window}, expected a number > 0"
        )
    windows = _windows(rate, seconds_per_window)
    if not (math.isfinite(windows) and windows >= 3.0):
        raise ValueError(
            f"rate {rate!r} is one false alarm in {windows:g} windows, expected at "
            "least 3 windows"
        )
    return windows


def _windows(rate: str | float, seconds_per_window: float) -> float:
    if isinstance(rate, bool) or not isinstance(rate, str | int | float):
        raise ValueError(f"rate is {rate!r}, expected {_allowed()}")
    if not isinstance(rate, str):
        return float(rate)
    match = _RATE.fullmatch(rate.lower())
    if match and match["unit"] in _SECONDS and float(match["count"]) > 0.0:
        return _SECONDS[match["unit"]] / float(match["count"]) / seconds_per_window
    try:
        return float(rate)
    except ValueError:
        raise ValueError(f"rate is {rate!r}, expected {_allowed()}") from None


def _allowed() -> str:
    units = ", ".join(f'"1/{unit}"' for unit in _SECONDS)
    return f"{units} (any count), or a number of windows"
