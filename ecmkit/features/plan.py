"""The feature plan: what is computed from a window, as data."""

import math
from collections.abc import Callable
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np

from ecmkit._core import feat, fft, spectrum
from ecmkit.data import BearingGeometry, Dataset
from ecmkit.errors import FormatError
from ecmkit.features.blocks import BLOCKS, block_rows, encode_step, project_step
from ecmkit.features.integers import check_integers
from ecmkit.features.parts import (
    PlanEnvelope,
    PlanFilter,
    PlanLines,
    PlanMel,
    PlanSensor,
    PlanVelocity,
    Scaler,
    filter_step,
)
from ecmkit.features.rows import Feature, Row, Setting, expand
from ecmkit.features.speed import PlanTacho
from ecmkit.features.steps import warm_len
from ecmkit.features.table import FeatureTable
from ecmkit.features.tracking import PlanTracking
from ecmkit.features.units import ACCELERATIONS, check_written
from ecmkit.formats import (
    EncodeStep,
    EnvelopeStep,
    FeatureContract,
    MelStep,
    ProjectStep,
    TrackStep,
    VelocityIntegerStep,
    VelocityStep,
    load_toml,
    nearest,
)

__all__ = ["FeaturePlan", "load_plan", "plan_names"]

_TAPERS = {
    "none": "rectangle",
    "hann": "hann",
    "hamming": "hamming",
    "blackman_harris": "blackman_harris",
    "flat_top": "flat_top",
}


class FeaturePlan(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, dict=True
):
    """Channels, window and list of features; the same on host and device.

    Construction checks everything and raises ValueError with field, found, expected.
    """

    version: int = 1
    """Format version of plans."""
    about: str = ""
    """What it is for, in a line; not part of the contract."""
    channel: str | None = None
    """Name of the sensor channel; either it or `channels`."""
    channels: tuple[str, ...] = ()
    """Channels that are sampled together; each has all features, unless a feature names
    its channel."""
    unit: str
    """Unit of the samples, by any name; `features.UNITS` are those that are integrated,
    and are refused in another writing, such as ``m/s2``."""
    fs_hz: float
    """Sampling rate."""
    range: float
    """Full scale of the sensor in `unit`."""
    sensors: dict[str, PlanSensor] = {}
    """Channels that have another unit or full scale than the plan, by name."""
    window_len: int
    """Samples in a window, 64 ... 16384; 2^a 3^b 5^c, b and c at most 1, if there is a
    feature of the spectrum."""
    hop_len: int
    """Samples from one window to the next, 1 ... window_len."""
    detrend: Literal["mean", "line", "none"] = "mean"
    """What is taken off each window."""
    taper: Literal["hann", "hamming", "blackman_harris", "flat_top", "none"] = "hann"
    """Weights of a window in front of its spectrum; features of lines need ``hann``."""
    welch: int = 1
    """Windows that the power spectrum is averaged over."""
    filters: tuple[PlanFilter, ...] = ()
    """Filters that all samples pass first."""
    speed_hz: tuple[float, float] | None = None
    """Least and largest shaft speed, where a feature has an order."""
    tacho: PlanTacho | None = None
    """Channel of recordings that tells the speed of each window; without it a
    recording has one speed. Not part of the contract: a device is told the speed."""
    velocity: PlanVelocity = PlanVelocity()
    """How `velocity_rms` is measured."""
    lines: PlanLines = PlanLines()
    """How lines of the spectrum are found."""
    tracking: PlanTracking = PlanTracking()
    """Of the order spectrum, where a feature is tracked."""
    mel: PlanMel | None = None
    """Bands of the mel scale; needed by features of them."""
    envelope: PlanEnvelope | None = None
    """The envelope; needed by features of it."""
    bearing: BearingGeometry | None = None
    """Geometry, where an order is written with BPFO, BPFI, BSF or FTF."""
    orders: dict[str, float] = {}
    """Further names that an order may be written with, such as ``mesh``: the teeth."""
    features: tuple[str | Feature, ...]
    """What is computed: names, or entries with fields."""
    columns: tuple[str, ...] = ("*",)
    """Shell patterns of the features to keep, by name."""
    scaler: Scaler | None = None
    """Brings the features to like sizes; see `fit_scaler`."""
    project: ProjectStep | None = None
    """Coordinates of the features, scaled if there is a scaler, by a linear map: they
    are further features ``pc1``, ``pc2``, ...; see `fit_pca`."""
    encode: EncodeStep | None = None
    """The same by a trained encoder: ``latent1``, ...; see `train.fit_encoder`."""
    profile: Literal["f32", "q15"] = "f32"
    """Arithmetic: single precision, or, for cores without a floating-point unit,
    integers from samples of 16 bits whose full scale is `range`. Samples in `unit` are
    rounded to these, and saturate; features come in physical units all the same."""

    def __post_init__(self) -> None:
        """Check the fields one by one, then each feature."""
        _expect(self.version == 1, "version", self.version, "1")
        self._check_channels()
        self._check_sensors()
        _expect(len(self.unit) > 0, "unit", repr(self.unit), "something, such as g")
        check_written("unit", self.unit)
        _expect(len(self.features) > 0, "features", "nothing", "one or more")
        for name in ("fs_hz", "range"):
            value = getattr(self, name)
            _expect(math.isfinite(value) and value > 0, name, value, "above 0")
        n, (shortest, longest) = self.window_len, feat.window_range()
        _expect(shortest <= n <= longest, "window_len", n, f"{shortest} ... {longest}")
        _expect(1 <= self.hop_len <= n, "hop_len", self.hop_len, f"1 ... {n}")
        _expect(1 <= self.welch <= 65535, "welch", self.welch, "1 ... 65535 windows")
        if self.speed_hz is not None:
            lo, hi = self.speed_hz
            fits = 0 < lo <= hi < math.inf
            _expect(fits, "speed_hz", f"{lo:g} ... {hi:g}", "rising, above 0")
        if self.tacho is not None:
            self.tacho.check()
            expected = "the range of shaft speeds, since there is tacho"
            _expect(self.speed_hz is not None, "speed_hz", "nothing", expected)
        self._check_names()
        self._check_blocks()
        self._check_rows()
        if self.profile == "q15":
            check_integers(self)
        self.contract()

    @property
    def all_channels(self) -> tuple[str, ...]:
        """Names of the channels, in order."""
        return self.channels or (self.channel or "",)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Channels that are read: `all_channels`, and that of a tachometer."""
        tacho = () if self.tacho is None else (self.tacho.channel,)
        return (*self.all_channels, *(set(tacho) - set(self.all_channels)))

    def unit_of(self, channel: str) -> str:
        """Return the unit of the samples of a channel."""
        sensor = self.sensors.get(channel, PlanSensor())
        return self.unit if sensor.unit is None else sensor.unit

    def range_of(self, channel: str) -> float:
        """Return the full scale of a channel in its unit."""
        sensor = self.sensors.get(channel, PlanSensor())
        return self.range if sensor.range is None else sensor.range

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """Features of one channel after the other, as they leave the device.

        Within a channel that is by the step that computes them, within a step as in the
        plan; those of a projection and an encoder come last.
        """
        channel, rows = self.all_channels[0], list(self.base_rows)
        if self.project is not None:
            rows += block_rows("project", len(self.project.components), channel)
        if self.encode is not None and self.encode.layers:
            last = self.encode.layers[-1]
            rows += block_rows("encode", len(last.weights), channel)
        return tuple(rows)

    @cached_property
    def base_rows(self) -> tuple[Row, ...]:
        """Features that come from samples, those that a scaler is for."""
        order = [name for name, *_ in feat.step_table()]
        several = len(self.all_channels) > 1
        rectified = self.envelope is not None and self.envelope.detector == "rectified"

        def place(row: Row) -> str:
            return "rectified" if row.step == "envelope" and rectified else row.step

        made = []
        for channel in self.all_channels:
            written = self._written(channel)
            own = [row for row in written if row.channel in (None, channel)]
            for row in sorted(own, key=lambda row: order.index(place(row))):
                name = f"{channel}_{row.name}" if several else row.name
                if any(fnmatchcase(name, pattern) for pattern in self.columns):
                    made.append(Row(**{**vars(row), "name": name, "channel": channel}))
        return tuple(made)

    @property
    def span_len(self) -> int:
        """Samples that the features of a window depend on at least.

        A window, and those before it that a history, an average or a filter takes to
        be filled.
        """
        return self.window_len + warm_len(self.contract()) * self.hop_len

    def contract(self) -> FeatureContract:
        """Derive what sensor, firmware, model and telemetry must agree on."""
        return self._contract

    def extract(
        self,
        recordings: Dataset,
        *,
        nonfinite: Literal["refuse", "drop"] = "refuse",
        threads: int = 1,
        progress: Callable[[int, int], None] | None = None,
    ) -> FeatureTable:
        """Compute the features of every window; see `ecmkit.features.extract`."""
        from ecmkit.features.extract import extract

        return extract(
            recordings, self, nonfinite=nonfinite, threads=threads, progress=progress
        )

    @cached_property
    def _contract(self) -> FeatureContract:
        rows, base = self.rows, self.base_rows
        places = {c: i for i, c in enumerate(self.all_channels)}
        steps = {row.step for row in rows}
        by_order = any(row.order for row in rows)
        envelope = self._envelope_step() if "envelope" in steps else None
        velocity, velocity_q15 = None, None
        if "velocity" in steps:
            velocity, velocity_q15 = self._velocities()
        units, ranges = self._channel_sensors()
        track = self._track_step() if "track" in steps else None
        return FeatureContract(
            channels=self.all_channels,
            unit=self.unit,
            fs_hz=self.fs_hz,
            range=self.range,
            channel_units=units,
            channel_ranges=ranges,
            window_len=self.window_len,
            hop_len=self.hop_len,
            profile=self.profile,
            detrend=self.detrend,
            taper=self._taper(),
            welch=self.welch,
            speed_hz=self._speeds() if by_order else (0.0, 0.0),
            filter=filter_step(self.filters, self.fs_hz),
            velocity=velocity,
            velocity_q15=velocity_q15,
            track=track,
            lines=self.lines.step() if "lines" in steps else None,
            mel=self._mel() if steps & {"mel", "mfcc"} else None,
            envelope=envelope,
            scale=self.scaler.step(len(base)) if self.scaler else None,
            project=project_step(self.project, len(base)) if self.project else None,
            encode=encode_step(self.encode, len(base)) if self.encode else None,
            features=tuple(
                (places[row.channel or ""], row.id, row.n, row.a, row.b) for row in rows
            ),
            names=tuple(row.name for row in rows),
            units=tuple("1" if self.scaler else row.unit for row in rows),
        )

    def _envelope_step(self) -> EnvelopeStep:
        assert self.envelope is not None
        by_order = any(row.order for row in self.rows)
        return self.envelope.step(
            fs_hz=self.fs_hz,
            window_len=self.window_len,
            hop_len=self.hop_len,
            speed_hz=self.speed_hz if by_order else None,
            order=max(row.order for row in self.rows if row.step == "envelope"),
        )

    def _track_step(self) -> TrackStep:
        return self.tracking.step(
            fs_hz=self.fs_hz,
            speed_hz=self._speeds(),
            hop_len=self.hop_len,
            order=max(row.order for row in self.rows if row.step == "track"),
        )

    def _channel_sensors(self) -> tuple[tuple[str, ...], tuple[float, ...]]:
        """Say unit and full scale of each channel, where not all are the plan's."""
        units = tuple(self.unit_of(c) for c in self.all_channels)
        ranges = tuple(self.range_of(c) for c in self.all_channels)
        if set(units) == {self.unit} and set(ranges) == {self.range}:
            return (), ()
        return units, ranges

    def _velocities(self) -> tuple[VelocityStep | None, VelocityIntegerStep | None]:
        """Design the velocity, which is one for all channels that have it."""
        channels = [row.channel or "" for row in self.rows if row.step == "velocity"]
        first, fs_hz = channels[0], self.fs_hz
        unit, full_scale = self.unit_of(first), self.range_of(first)
        why = f"as {first}, since velocity_rms is one for all that have it"
        field = "unit" if unit == self.unit else f"sensors.{first}.unit"
        expected = f"{', '.join(ACCELERATIONS)}, since features has velocity_rms"
        _expect(unit in ACCELERATIONS, field, repr(unit), expected)
        for channel in channels:
            found, where = self.unit_of(channel), f"sensors.{channel}"
            _expect(found == unit, f"{where}.unit", found, f"{unit}, {why}")
            scale = self.range_of(channel)
            fits = scale == full_scale or self.profile == "f32"
            _expect(fits, f"{where}.range", scale, f"{full_scale:g}, {why}")
        try:
            if self.profile == "f32":
                return self.velocity.step(fs_hz=fs_hz, unit=unit), None
            made = self.velocity.integer_step(fs_hz=fs_hz, unit=unit, range=full_scale)
            return None, made
        except ValueError as error:
            if first not in self.sensors:
                raise
            raise ValueError(f"sensors.{first}: {error}") from None

    def _mel(self) -> MelStep | None:
        if self.mel is None:
            return None
        return self.mel.step(fs_hz=self.fs_hz, window_len=self.window_len)

    def _taper(self) -> tuple[float, ...]:
        if self.taper == "hann":
            return ()
        return tuple(spectrum.taper_weights(_TAPERS[self.taper]))

    def _speeds(self) -> tuple[float, float]:
        assert self.speed_hz is not None
        lo, hi = self.speed_hz
        return float(np.float32(lo)), float(np.float32(hi))

    def _written(self, channel: str | None = None) -> list[Row]:
        """Features in the order in which they are written, in the unit of a channel."""
        samples = self.unit if channel is None else self.unit_of(channel)
        unit = self.envelope.line_unit(samples) if self.envelope else samples
        orders = dict(self.orders)
        if self.bearing is not None:
            orders |= msgspec.structs.asdict(self.bearing.orders)
        setting = Setting(
            unit=samples,
            fs_hz=self.fs_hz,
            window_len=self.window_len,
            orders=orders,
            line_unit=unit,
            n_mels=self.mel.n_mels if self.mel else 0,
        )
        rows: list[Row] = []
        for i, spec in enumerate(self.features):
            rows += expand(spec, f"features[{i}]", setting)
        return rows

    def _check_channels(self) -> None:
        both = self.channel is not None and self.channels
        found = "both" if both else "neither"
        one = (self.channel is not None) != bool(self.channels)
        _expect(one, "channel", found, "either channel or channels")
        for name in self.all_channels:
            _expect(len(name) > 0, "channel", repr(name), "a name")
        twice = _twice(self.all_channels)
        _expect(not twice, "channels", f"{twice} twice", "each once")

    def _check_sensors(self) -> None:
        """Check the channels that have a sensor of their own."""
        for name, sensor in self.sensors.items():
            if name not in self.all_channels:
                raise ValueError(
                    f"sensors: found {name!r}, expected one of "
                    f"{', '.join(self.all_channels)}{nearest(name, self.all_channels)}"
                )
            found, where = sensor.range, f"sensors.{name}"
            _expect(sensor.unit != "", f"{where}.unit", "''", "something, such as A")
            check_written(f"{where}.unit", sensor.unit or "")
            fits = found is None or (math.isfinite(found) and found > 0)
            _expect(fits, f"{where}.range", found, "above 0")

    def _check_names(self) -> None:
        """Check the names of orders."""
        for name, value in self.orders.items():
            plain = name.isalpha() and name.isascii() and name != "shaft"
            _expect(plain, "orders", repr(name), "letters alone, not shaft")
            fits = 0 < value < 1000
            _expect(fits, f"orders.{name}", value, "above 0, below 1000")

    def _check_blocks(self) -> None:
        """Check what a projection and an encoder need of the rest of the plan."""
        for field in BLOCKS:
            if getattr(self, field) is not None:
                n = len(self.all_channels)
                one = "one: it weighs the features of a channel"
                _expect(n == 1, field, f"{n} channels", one)
                _expect(self.profile == "f32", field, f"profile {self.profile}", "f32")

    def _check_rows(self) -> None:
        """Check what rows need of the rest of the plan."""
        for i, spec in enumerate(self.features):
            channel = None if isinstance(spec, str) else spec.channel
            if channel is not None and channel not in self.all_channels:
                raise ValueError(
                    f"features[{i}].channel: found {channel!r}, expected one of "
                    f"{', '.join(self.all_channels)}"
                    f"{nearest(channel, self.all_channels)}"
                )
        written, rows = self._written(), self.rows
        for pattern in self.columns:
            names = [row.name for row in written]
            matches = any(fnmatchcase(row.name, pattern) for row in rows)
            expected = f"a pattern that matches one of {', '.join(names)}"
            _expect(matches, "columns", repr(pattern), expected)
        twice = _twice([row.name for row in rows])
        _expect(not twice, "features", f"{twice} twice", "each once")
        planned = sum(row.id == _SHARE for row in written)
        for channel in self.all_channels:
            kept = sum(row.id == _SHARE and row.channel == channel for row in rows)
            _expect(
                kept in (0, planned),
                "columns",
                f"{kept} of {planned} env_share",
                "all or none, since they add up to 1",
            )
        for row in rows:
            self._check_row(row, f"since features has {row.name}")

    def _check_row(self, row: Row, why: str) -> None:
        if row.step == "envelope":
            _expect(self.envelope is not None, "envelope", "nothing", f"a table, {why}")
        if row.order:
            expected = f"the range of shaft speeds, {why}"
            _expect(self.speed_hz is not None, "speed_hz", "nothing", expected)
        if row.id == _MEAN and self.detrend == "line":
            _expect(False, "detrend", "line", f"mean or none, {why}")
        if row.id == _KURTOSIS and self.envelope is not None:
            analytic = self.envelope.detector == "analytic"
            found = self.envelope.detector
            _expect(analytic, "envelope.detector", found, f"analytic, {why}")
        if row.step in ("peaks", "lines"):
            expected = f"hann, whose shape tells lines between bins, {why}"
            _expect(self.taper == "hann", "taper", self.taper, expected)
        if row.step == "lines":
            self._check_line(row)
        if row.step == "track" and row.id == _TRACKED_SIDEBANDS:
            least = 3 / self.tracking.turns / (1 - self.tracking.halfwidth)
            _expect(
                row.b >= least,
                "features",
                f"{row.name} with lines {row.b:g} orders apart",
                f"{least:g} or more in a spectrum of {self.tracking.turns} turns "
                "(tracking.turns), where nearer ones lie under their carrier",
            )
        if row.step in _OF_SPECTRUM:
            n = self.window_len
            whole = n % 2 == 0 and fft.is_length(n // 2)
            expected = f"2^a 3^b 5^c, b and c at most 1, {why}"
            _expect(whole, "window_len", n, expected)

    def _check_line(self, row: Row) -> None:
        """Check that a line lies within the spectrum, and apart from others."""
        lo, hi = self.speed_hz or (1.0, 1.0)
        top, nyquist = row.order * hi, self.fs_hz / 2
        found = f"{row.name} up to {top:g} Hz"
        _expect(top <= nyquist, "features", found, f"up to {nyquist:g} Hz (Nyquist)")
        if row.id not in _SIDEBANDS:
            return
        apart_hz = row.b * (lo if row.order else 1.0)
        least_hz = 3 * self.fs_hz / self.window_len / (1 - self.lines.halfwidth)
        _expect(
            apart_hz >= least_hz,
            "features",
            f"{row.name} with lines {apart_hz:g} Hz apart",
            f"{least_hz:g} Hz or more in windows of {self.window_len}, where nearer "
            "ones lie under their carrier",
        )


_IDS = {entry[1]: entry[0] for entry in feat.table()}
_MEAN, _KURTOSIS, _SHARE = _IDS["mean"], _IDS["env_kurtosis"], _IDS["env_share"]
_SIDEBANDS = (_IDS["sidebands"], _IDS["order_sidebands"])
_TRACKED_SIDEBANDS = _IDS["tracked_sidebands"]
_OF_SPECTRUM = frozenset(
    name for name, module, needs, _ in feat.step_table() if needs or name == "transform"
)


def load_plan(
    name_or_path: str | Path, *, profile: Literal["f32", "q15"] | None = None
) -> FeaturePlan:
    """Read a plan from a file, or one that comes with ecmkit by its name.

    Parameters
    ----------
    name_or_path : str or Path
        A name such as ``bearing``, or a path that ends in ``.toml``.
    profile : "f32" or "q15", optional
        Numeric profile to take in place of the plan's.

    Raises
    ------
    FormatError
        Naming file, field, found and expected; also if the plan has features that the
        profile does not.

    Examples
    --------
    >>> load_plan("bearing").window_len
    4096
    >>> load_plan("vibration-basic", profile="q15").contract().profile
    'q15'
    """
    plan = load_toml(_path(name_or_path), FeaturePlan)
    if profile is None:
        return plan
    try:
        return msgspec.structs.replace(plan, profile=profile)
    except ValueError as error:
        raise FormatError(f"{name_or_path}: {error}") from None


def _path(name_or_path: str | Path) -> Path:
    """Find the file of a plan."""
    path = Path(name_or_path)
    if path.suffix == ".toml":
        return path
    name = str(name_or_path)
    if name not in plan_names():
        hint = nearest(name, plan_names())
        raise FormatError(
            f"plan: found {name!r}, expected a .toml file or one of "
            f"{', '.join(plan_names())}{hint}"
        )
    return _PLANS / f"{name}.toml"


def plan_names() -> tuple[str, ...]:
    """List the plans that come with ecmkit."""
    return tuple(sorted(path.stem for path in _PLANS.glob("*.toml")))


_PLANS = Path(__file__).resolve().parent / "plans"


def _twice(names: list[str] | tuple[str, ...]) -> str:
    return next((name for name in names if names.count(name) > 1), "")


def _expect(met: bool, field: str, found: object, expected: str) -> None:
    if not met:
        raise ValueError(f"{field}: found {found}, expected {expected}")
