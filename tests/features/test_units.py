"""Units: what becomes what, and what is taken for a misspelt one."""

import pytest

from ecmkit.features import UNITS, unit_change
from ecmkit.features.units import check_written

G = 9.80665


def test_unit_changes() -> None:
    assert unit_change("g", "m/s^2") == (0, G)
    assert unit_change("mm/s", "um")[1] == pytest.approx(1000.0)
    times, scale = unit_change("g", "um")
    assert times == 2
    assert scale == pytest.approx(G * 1e6)
    assert unit_change("m/s", "g")[0] == -1
    with pytest.raises(ValueError, match="from_unit: found 'G', expected one of g, "):
        unit_change("G", "mm/s")
    with pytest.raises(ValueError, match="to_unit: found 'inch'"):
        unit_change("g", "inch")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("gg", "g"),
        ("G", "g"),
        ("m/s2", "m/s^2"),
        ("m/s²", "m/s^2"),
        ("m/s/s", "m/s^2"),
        ("mm / s**2", "mm/s^2"),
        ("mm/sec", "mm/s"),
        ("Inch/s", "in/s"),
        ("µm", "um"),
    ],
)
def test_another_writing_is_refused(written: str, meant: str) -> None:
    """A plan whose unit is `gg` was taken, and agreed with no recording."""
    with pytest.raises(ValueError, match="unit: found") as caught:
        check_written("unit", written)
    assert f"found {written!r}, expected {meant!r}" in str(caught.value)


def test_other_units_have_any_name() -> None:
    free = "1 % A mA V mV Pa kPa bar °C K N kN Nm W rpm l/min m^3/s m/s^3 mg kg cm nm"
    for unit in (*UNITS, *free.split()):
        check_written("unit", unit)
