"""Units of vibration: which can be integrated into which, and how they are written."""

import re

from ecmkit.formats import nearest

__all__ = ["ACCELERATIONS", "UNITS", "check_written", "unit_change"]

UNITS: dict[str, tuple[int, float]] = {
    "g": (0, 9.80665),
    "m/s^2": (0, 1.0),
    "mm/s^2": (0, 1e-3),
    "m/s": (1, 1.0),
    "mm/s": (1, 1e-3),
    "in/s": (1, 0.0254),
    "m": (2, 1.0),
    "mm": (2, 1e-3),
    "um": (2, 1e-6),
}
"""Units by name: integrations that lead from acceleration to it, and its size in SI."""

ACCELERATIONS = tuple(name for name, (times, _) in UNITS.items() if times == 0)


def unit_change(from_unit: str, to_unit: str) -> tuple[int, float]:
    """Say how a unit becomes another.

    Returns
    -------
    times : int
        Integrations; below 0: differentiations.
    scale : float
        What a number in `from_unit` is multiplied by, besides.

    Raises
    ------
    ValueError
        If a unit has no place in `UNITS`.

    Examples
    --------
    >>> unit_change("g", "mm/s")
    (1, 9806.65)
    """
    for field, unit in (("from_unit", from_unit), ("to_unit", to_unit)):
        if unit not in UNITS:
            raise ValueError(
                f"{field}: found {unit!r}, expected one of {', '.join(UNITS)}"
                f"{nearest(unit, UNITS)}"
            )
    (start, size), (end, new_size) = UNITS[from_unit], UNITS[to_unit]
    return end - start, size / new_size


def check_written(field: str, unit: str) -> None:
    """Refuse one of `UNITS` in another writing; any other unit may have any name.

    Units are names: a plan, recordings and firmware agree if they are the same text,
    and only `UNITS` are integrated. ``m/s2``, ``mm/sec`` or ``gg`` would agree with
    nothing.

    Parameters
    ----------
    field : str
        For the message.
    unit : str
        What was written, such as ``A``, ``°C``, ``Pa`` or ``mm/s``.

    Raises
    ------
    ValueError
        Naming the field, what was found and expected.
    """
    meant = _MEANT.get(_plain(unit))
    if meant is not None and unit not in UNITS:
        raise ValueError(
            f"{field}: found {unit!r}, expected {meant!r}, as it is written"
        )


def _plain(unit: str) -> str:
    """Write a unit as all its writings are read."""
    text = unit.casefold().strip().replace(" ", "")
    for old, new in _SAME:
        text = text.replace(old, new)
    text = re.sub(r"/s/s$", "/s2", text)
    return "g" if re.fullmatch("g+", text) else text


_SAME = (
    ("²", "2"),
    ("**", ""),
    ("^", ""),
    ("µ", "u"),
    ("μ", "u"),
    ("meters", "m"),
    ("inches", "in"),
    ("inch", "in"),
    ("sec", "s"),
)
_MEANT = {_plain(unit): unit for unit in UNITS}
