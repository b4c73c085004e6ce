"""The feature plan: what is computed from a window, as data."""

import difflib
import math
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from ecmkit._core import feat
from ecmkit.data import BearingGeometry
from ecmkit.errors import FormatError
from ecmkit.features.orders import parse_order, slug
from ecmkit.formats import FeatureContract, load_toml

__all__ = ["Feature", "FeaturePlan", "Row", "load_plan", "plan_names"]

_PARAMETERS = ("lo_hz", "hi_hz", "order", "halfwidth")


class Feature(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One feature of a plan; which parameters it needs, the C table says."""

    name: str
    """As in ``ecm_feat.h``."""
    lo_hz: float | None = None
    hi_hz: float | None = None
    order: float | str | None = None
    """Multiple of the shaft speed, or an expression such as ``2*BPFO - FTF``."""
    halfwidth: float | None = None
    """The largest is taken within order (1 +- halfwidth); 0 up to below 1."""


@dataclass(frozen=True)
class Row:
    """A feature as the device knows it."""

    id: int
    a: float
    b: float
    step: str
    name: str
    unit: str


class FeaturePlan(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """Channel, window and list of features; the same on host and device.

    Construction checks everything and raises ValueError with field, found, expected.
    """

    version: int = 1
    channel: str
    """Name of the sensor channel."""
    unit: str
    """Unit of the samples."""
    fs_hz: float
    """Sampling rate."""
    range: float
    """Full scale of the sensor in `unit`."""
    window_len: int
    """Samples in a window: a power of two, 64 ... 4096."""
    hop_len: int
    """Samples from one window to the next, 1 ... window_len."""
    envelope_hz: tuple[float, float] | None = None
    """Demodulation band [lo, hi] within 0 ... fs / 2."""
    bearing: BearingGeometry | None = None
    """Geometry, where an order is written with BPFO, BPFI, BSF or FTF."""
    features: tuple[Feature, ...]

    def __post_init__(self) -> None:
        """Check the fields one by one, then each feature."""
        _expect(self.version == 1, "version", self.version, "1")
        for name in ("channel", "unit", "features"):
            value = getattr(self, name)
            _expect(len(value) > 0, name, value, "something")
        for name in ("fs_hz", "range"):
            value = getattr(self, name)
            _expect(math.isfinite(value) and value > 0, name, value, "above 0")
        n, (shortest, longest) = self.window_len, feat.window_range()
        fits = shortest <= n <= longest and n & (n - 1) == 0
        _expect(fits, "window_len", n, f"a power of two, {shortest} ... {longest}")
        _expect(1 <= self.hop_len <= n, "hop_len", self.hop_len, f"1 ... {n}")
        self._check_envelope()
        names = [row.name for row in self.rows]
        twice = next((name for name in names if names.count(name) > 1), "")
        _expect(not twice, "features", f"{twice} twice", "each once")

    @property
    def rows(self) -> tuple[Row, ...]:
        """Features in the order in which they leave the device.

        That is by the step that computes them, within a step as in the plan.
        """
        order = [name for name, *_ in feat.step_table()]
        rows = [self._row(i) for i in range(len(self.features))]
        return tuple(sorted(rows, key=lambda row: order.index(row.step)))

    def contract(self) -> FeatureContract:
        """Derive what sensor, firmware, model and telemetry must agree on."""
        rows = self.rows
        return FeatureContract(
            channel=self.channel,
            unit=self.unit,
            fs_hz=self.fs_hz,
            range=self.range,
            window_len=self.window_len,
            hop_len=self.hop_len,
            needs_speed=any(spec.order is not None for spec in self.features),
            features=tuple((row.id, row.a, row.b) for row in rows),
            names=tuple(row.name for row in rows),
            units=tuple(row.unit for row in rows),
            envelope_hz=self.envelope_hz or (0.0, 0.0),
        )

    def _check_envelope(self) -> None:
        if self.envelope_hz is None:
            return
        lo, hi = self.envelope_hz
        inside = 0 <= lo < hi <= self.fs_hz / 2
        found, half = f"{lo:g} ... {hi:g} Hz", f"{self.fs_hz / 2:g} Hz (Nyquist)"
        _expect(inside, "envelope_hz", found, f"rising, within 0 ... {half}")
        # As the device counts: bins k with lo <= k fs / n < hi, the mean aside.
        bin_hz = self.fs_hz / self.window_len
        bins = math.ceil(hi / bin_hz) - max(math.ceil(lo / bin_hz), 1)
        _expect(bins > 0, "envelope_hz", found, f"a bin (of {bin_hz:g} Hz) or more")

    def _row(self, index: int) -> Row:
        spec, where = self.features[index], f"features[{index}]"
        table = {entry[1]: entry for entry in feat.table()}
        if spec.name not in table:
            near = difflib.get_close_matches(spec.name, table, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            expected = ", ".join(table)
            raise ValueError(
                f"{where}.name: found {spec.name!r}, expected one of {expected}{hint}"
            )
        number, name, unit, step, _, a, b, *_ = table[spec.name]
        used = tuple(filter(None, (a, b)))
        for field in _PARAMETERS:
            given = getattr(spec, field) is not None
            if given != (field in used):
                expected = f"{field}" if not given else f"no such field in {name}"
                found = "nothing" if not given else repr(getattr(spec, field))
                raise ValueError(f"{where}.{field}: found {found}, expected {expected}")
        values = {field: self._value(spec, field, where) for field in used}
        if step == "envelope":
            band = self.envelope_hz is not None
            _expect(band, "envelope_hz", "nothing", f"a band, since {where} is {name}")
        if "lo_hz" in used:
            lo, hi = values["lo_hz"], values["hi_hz"]
            nyquist = self.fs_hz / 2
            _expect(
                0 <= lo < hi <= nyquist,
                f"{where} ({name})",
                f"{lo:g} ... {hi:g} Hz",
                f"a rising band within 0 ... {nyquist:g} Hz (Nyquist)",
            )
        return Row(
            id=number,
            a=_single(values.get(a, 0.0)),
            b=_single(values.get(b, 0.0)),
            step=step,
            name=_readable(spec),
            unit=self.unit if unit == "u" else unit,
        )

    def _value(self, spec: Feature, field: str, where: str) -> float:
        value = getattr(spec, field)
        if field == "order":
            orders = self.bearing.orders if self.bearing else None
            text = value if isinstance(value, str) else f"{value:.10g}"
            try:
                return parse_order(text, orders)
            except ValueError as error:
                raise ValueError(f"{where}.order: {error}") from None
        if field == "halfwidth":
            _expect(0 <= value < 1, f"{where}.halfwidth", value, "0 up to below 1")
        _expect(math.isfinite(value), f"{where}.{field}", value, "a finite number")
        return float(value)


def load_plan(name_or_path: str | Path) -> FeaturePlan:
    """Read a plan from a file, or one that comes with ecmkit by its name.

    Parameters
    ----------
    name_or_path : str or Path
        A name such as ``bearing``, or a path that ends in ``.toml``.

    Raises
    ------
    FormatError
        Naming file, field, found and expected.

    Examples
    --------
    >>> load_plan("bearing").window_len
    4096
    """
    path = Path(name_or_path)
    if path.suffix == ".toml":
        return load_toml(path, FeaturePlan)
    name = str(name_or_path)
    if name not in plan_names():
        near = difflib.get_close_matches(name, plan_names(), n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise FormatError(
            f"plan: found {name!r}, expected a .toml file or one of "
            f"{', '.join(plan_names())}{hint}"
        )
    return load_toml(_PLANS / f"{name}.toml", FeaturePlan)


def plan_names() -> tuple[str, ...]:
    """List the plans that come with ecmkit."""
    return tuple(sorted(path.stem for path in _PLANS.glob("*.toml")))


_PLANS = Path(__file__).resolve().parent / "plans"


def _expect(met: bool, field: str, found: object, expected: str) -> None:
    if not met:
        raise ValueError(f"{field}: found {found}, expected {expected}")


def _single(value: float) -> float:
    """Round to single precision: what the device holds, so that hashes agree."""
    return float(np.float32(value))


def _readable(spec: Feature) -> str:
    """Name with the parameters that tell it from its siblings."""
    if spec.order is not None:
        text = spec.order if isinstance(spec.order, str) else f"{spec.order:g}"
        return f"{spec.name.removesuffix('_order')}_{slug(text)}"
    if spec.lo_hz is not None:
        return f"{spec.name}_{slug(f'{spec.lo_hz:g}')}_{slug(f'{spec.hi_hz:g}')}"
    return spec.name
