"""Vibration severity: velocity RMS of a recording and its zone in a named edition."""

import difflib
import itertools
import math
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from ecmkit._core import level
from ecmkit.data import Recording
from ecmkit.errors import DataError, FormatError
from ecmkit.features.units import UNITS
from ecmkit.features.velocity import VelocityDesign, VelocityReadings, velocity_rms
from ecmkit.formats import load_toml, nearest

__all__ = [
    "Severity",
    "ZoneBand",
    "ZoneClass",
    "ZoneTable",
    "load_zones",
    "velocity_severity",
    "zone_tables",
]

_ZONES = Path(__file__).resolve().parent / "zones"
DEFAULT_TABLE = "iso-10816-3-2009"


class ZoneBand(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Lower edge of the band that is measured, from a shaft speed on."""

    from_rpm: float
    lo_hz: float


class ZoneClass(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits for one kind of machine."""

    group: str
    support: str
    """``rigid``, ``flexible``, or empty where the table makes no difference."""
    scope: str
    """Which machines, in our own words."""
    limits: tuple[float, ...]
    """Rising; a value on a limit belongs to the zone below."""


class ZoneTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Zone limits of one edition; construction checks the fields."""

    version: int
    edition: str
    source: str
    """Where the numbers come from."""
    scope: str
    unit: str
    power_kw: tuple[float, float]
    """Rated power: above the first, up to the second."""
    speed_rpm: tuple[float, float]
    """Shaft speeds, both included."""
    hi_hz: float
    """Upper edge of the band."""
    zones: tuple[str, ...]
    bands: tuple[ZoneBand, ...]
    classes: tuple[ZoneClass, ...]

    def __post_init__(self) -> None:
        """Check the fields one by one."""
        _expect(self.version == 1, "version", self.version, "1")
        times, _ = UNITS.get(self.unit, (-1, 0.0))
        _expect(times == 1, "unit", self.unit, "a velocity, such as mm/s")
        for field in ("edition", "source", "classes", "bands"):
            value = getattr(self, field)
            _expect(len(value) > 0, field, repr(value), "something")
        for field in ("power_kw", "speed_rpm"):
            lo, hi = getattr(self, field)
            _expect(0 <= lo < hi, field, f"{lo:g} ... {hi:g}", "rising, 0 or more")
        starts = [band.from_rpm for band in self.bands]
        rising = all(a < b for a, b in itertools.pairwise(starts))
        first = starts[0] <= self.speed_rpm[0]
        expected = f"rising, the first at most {self.speed_rpm[0]:g}"
        _expect(rising and first, "bands.from_rpm", starts, expected)
        for i, entry in enumerate(self.classes):
            steps = zip((0.0, *entry.limits), entry.limits, strict=False)
            fits = all(a < b for a, b in steps) and math.isfinite(entry.limits[-1])
            n = len(self.zones) - 1
            fits = fits and 1 <= n == len(entry.limits) <= level.LIMITS_MAX
            expected = f"{n} that rise, above 0, for {len(self.zones)} zones"
            _expect(fits, f"classes[{i}].limits", entry.limits, expected)
        keys = [(entry.group, entry.support) for entry in self.classes]
        twice = next((key for key in keys if keys.count(key) > 1), None)
        _expect(twice is None, "classes", f"{twice} twice", "each once")

    def find(self, group: str, support: str) -> ZoneClass:
        """Return the limits for a group of machines on a kind of support.

        Raises
        ------
        ValueError
            Naming the field, what was found, what there is, and the nearest.
        """
        groups = sorted({entry.group for entry in self.classes})
        _one_of("machine_group", group, groups, self.edition)
        supports = [e.support for e in self.classes if e.group == group]
        if supports == [""]:
            _expect(not support, "support", support, f"none for {self.edition}")
        else:
            _one_of("support", support, supports, self.edition)
        return next(
            entry
            for entry in self.classes
            if (entry.group, entry.support) == (group, support)
        )

    def lo_hz(self, speed_rpm: float) -> float:
        """Lower edge of the band for a shaft speed within the scope [r/min]."""
        return next(b.lo_hz for b in reversed(self.bands) if b.from_rpm <= speed_rpm)


def zone_tables() -> tuple[str, ...]:
    """List the tables that come with ecmkit.

    Examples
    --------
    >>> zone_tables()
    ('iso-10816-1-1995', 'iso-10816-3-2009')
    """
    return tuple(sorted(path.stem for path in _ZONES.glob("*.toml")))


def load_zones(name_or_path: str | Path) -> ZoneTable:
    """Read a table of zone limits from a file, or one that comes with ecmkit.

    Parameters
    ----------
    name_or_path : str or Path
        A name of `zone_tables`, or a path that ends in ``.toml``.

    Raises
    ------
    FormatError
        Naming file, field, found and expected.

    Examples
    --------
    >>> load_zones("iso-10816-3-2009").find("2", "rigid").limits
    (1.4, 2.8, 4.5)
    """
    path = Path(name_or_path)
    if path.suffix == ".toml":
        return load_toml(path, ZoneTable)
    names = zone_tables()
    if str(name_or_path) not in names:
        near = difflib.get_close_matches(str(name_or_path), names, n=1, cutoff=0.5)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise FormatError(
            f"table: found {str(name_or_path)!r}, expected a .toml file or one of "
            f"{', '.join(names)}{hint}"
        )
    return load_toml(_ZONES / f"{name_or_path}.toml", ZoneTable)


@dataclass(frozen=True, kw_only=True)
class Severity:
    """How hard a machine vibrates, by the limits of a named edition."""

    zone: str
    """Of `rms`."""
    rms: float
    """Velocity [`unit`] over all readings: the root of their mean square."""
    unit: str
    zones: tuple[str, ...]
    """Of each reading."""
    readings: VelocityReadings
    limits: tuple[float, ...]
    edition: str
    source: str

    def __str__(self) -> str:
        """Say it in a line."""
        return f"{self.rms:.3g} {self.unit} RMS: zone {self.zone} of {self.edition}"


def velocity_severity(
    recording: Recording,
    *,
    machine_group: str | int,
    support: str = "",
    power_kw: float,
    channel: str | None = None,
    speed_hz: float | None = None,
    table: str | Path | ZoneTable = DEFAULT_TABLE,
    span_s: float = 1.0,
) -> Severity:
    """Measure the RMS of velocity of a recording and find its zone.

    Parameters
    ----------
    recording : Recording
        Acceleration in a declared unit at a declared rate, of a machine at its usual
        speed and load.
    machine_group : str or int
        Of the table, such as 1 or 2.
    support : {"rigid", "flexible", ""}
        As the table asks for it: rigid if the lowest natural frequency of machine and
        support in the direction of measurement lies well above the shaft speed.
    power_kw : float
        Rated power of the machine; the scope of a table is bounded.
    channel : str, optional
        Which one; needless if there is one alone.
    speed_hz : float, optional
        Shaft speed in revolutions per second; by default that of the recording.
    table : str, Path or ZoneTable
        A name of `zone_tables`, a file, or a table.
    span_s : float
        Of each reading, 1 s or more.

    Raises
    ------
    DataError
        Naming the recording, field, found and expected: no unit, rate or speed
        declared, another quantity than acceleration, too short.
    FormatError
        If the table cannot be read.
    ValueError
        For a machine that the table does not know, or outside of its scope.

    Notes
    -----
    Runs ``ecm_velocity_update_f32`` and ``ecm_level_zone_f32``. In the terms of ISO
    13374 this is state detection.
    """
    zones = table if isinstance(table, ZoneTable) else load_zones(table)
    entry = zones.find(str(machine_group), support)
    info = recording.info
    speed = info.speed_hz if speed_hz is None else speed_hz
    _check_scope(zones, power_kw, speed, info.id)
    if channel is None:
        if len(recording.channels) != 1:
            raise DataError(
                f"{info.id}: channel: found nothing, expected one of "
                f"{', '.join(recording.channels)}"
            )
        channel = recording.channels[0]
    unit = _declared_unit(recording, channel)
    lo_hz = zones.lo_hz(60 * speed)
    try:
        design = VelocityDesign(
            fs_hz=info.fs_hz,
            unit=unit,
            lo_hz=lo_hz,
            hi_hz=zones.hi_hz,
            span_s=max(span_s, 10 / lo_hz),
            to_unit=zones.unit,
        )
        readings = velocity_rms(recording.channel(channel), design)
    except ValueError as error:
        raise DataError(f"{info.id}: {error}") from error
    limits = np.array(entry.limits, np.float32)
    rms = float(np.sqrt((readings.rms.astype(np.float64) ** 2).mean()))
    return Severity(
        zone=zones.zones[level.zone_f32(limits, rms)],
        rms=rms,
        unit=zones.unit,
        zones=tuple(
            zones.zones[level.zone_f32(limits, float(value))] for value in readings.rms
        ),
        readings=readings,
        limits=entry.limits,
        edition=zones.edition,
        source=zones.source,
    )


def _check_scope(zones: ZoneTable, power_kw: float, speed_hz: float, name: str) -> None:
    if not 0 < speed_hz < math.inf:
        raise DataError(
            f"{name}: speed_hz: found {speed_hz:g}, expected the shaft speed: the band "
            f"and the scope of {zones.edition} depend on it"
        )
    lo, hi = zones.power_kw
    inside = lo < power_kw <= hi
    expected = f"above {lo:g} up to {hi:g} kW, the scope of {zones.edition}"
    _expect(inside, "power_kw", f"{power_kw:g} kW", expected)
    lo, hi = zones.speed_rpm
    expected = f"{lo:g} ... {hi:g} r/min, the scope of {zones.edition}"
    rpm = 60 * speed_hz
    _expect(lo <= rpm <= hi, "speed_hz", f"{rpm:g} r/min", expected)


def _declared_unit(recording: Recording, channel: str) -> str:
    info = recording.info
    unit = info.sensor(channel).unit
    times, _ = UNITS.get(unit, (-1, 0.0))
    if times != 0:
        names = ", ".join(name for name, (n, _) in UNITS.items() if n == 0)
        raise DataError(
            f"{info.id}: unit: found {unit!r}, expected an acceleration: {names}; "
            "a unit is declared, never guessed"
        )
    if not 0 < info.fs_hz < math.inf:
        raise DataError(
            f"{info.id}: fs_hz: found {info.fs_hz:g}, expected the sampling rate"
        )
    return unit


def _one_of(field: str, found: str, known: list[str], edition: str) -> None:
    if found not in known:
        hint = nearest(found, known)
        raise ValueError(
            f"{field}: found {found!r}, expected one of {', '.join(known)} of "
            f"{edition}{hint}"
        )


def _expect(met: bool, field: str, found: object, expected: str) -> None:
    if not met:
        raise ValueError(f"{field}: found {found}, expected {expected}")
