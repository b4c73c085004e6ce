"""Parts of a plan that have settings: filters, velocity, envelope, scaler."""

import math
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from ecmkit._core import envelope as core_envelope
from ecmkit.features.envelope import EnvelopeDesign
from ecmkit.features.filters import FilterDesign
from ecmkit.features.mel import MelBank
from ecmkit.features.table import FeatureTable
from ecmkit.features.velocity import VelocityDesign
from ecmkit.formats import (
    EnvelopeStep,
    FilterStep,
    LineStep,
    MelStep,
    ScaleStep,
    VelocityIntegerStep,
    VelocityStep,
)

__all__ = [
    "PlanEnvelope",
    "PlanFilter",
    "PlanLines",
    "PlanMel",
    "PlanSensor",
    "PlanVelocity",
    "Scaler",
    "filter_step",
    "fit_scaler",
    "mel_bank",
]

_SETTLED = 1e-3
"""A filter has settled when its answer to a step has fallen to this."""
_ORDER_MIN = 12.0
"""The background of an envelope reaches to this order: ecm_feat_envelope.h."""


class PlanSensor(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The sensor of a channel, where it is another than that of the rest."""

    unit: str | None = None
    """Unit of its samples; without, that of the plan."""
    range: float | None = None
    """Its full scale in its unit; without, that of the plan."""


class PlanFilter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A filter that all samples of a plan pass before anything else.

    The fields are those of `FilterDesign`, which has the sampling rate besides.
    """

    kind: Literal["butterworth", "bessel", "chebyshev1", "chebyshev2", "notch"] = (
        "butterworth"
    )
    """Family of the design, as in SciPy."""
    passes: Literal["lowpass", "highpass", "bandpass", "bandstop"]
    """What it lets through."""
    cutoffs_hz: tuple[float, ...]
    """Edge, or both edges of a band; of a notch, its middle."""
    order: int = 2
    """Order of the prototype; twice that for a band."""
    ripple_db: float | None = None
    """Of a ``chebyshev1`` in its pass band."""
    stop_db: float | None = None
    """Attenuation of a ``chebyshev2`` in its stop band."""
    q: float | None = None
    """Of a ``notch``: its frequency over its width."""

    def design(self, fs_hz: float) -> FilterDesign:
        """Return the design at a sampling rate.

        Raises
        ------
        ValueError
            Naming the field, what was found and expected.
        """
        return FilterDesign(fs_hz=fs_hz, **msgspec.structs.asdict(self))


def filter_step(filters: tuple[PlanFilter, ...], fs_hz: float) -> FilterStep | None:
    """Design filters and put them one behind the other; None without any.

    Raises
    ------
    ValueError
        Naming the filter, the field, what was found and expected.
    MissingError
        If SciPy is not installed.
    """
    sections: list[tuple[float, float, float, float, float]] = []
    radius = 0.0
    for i, spec in enumerate(filters):
        try:
            made = spec.design(fs_hz).rounded("f32")
        except ValueError as error:
            raise ValueError(f"filters[{i}].{error}") from None
        sections += [(b0, b1, b2, a1, a2) for b0, b1, b2, a1, a2 in made.coefficients]
        radius = max(radius, made.pole_radius)
    if not sections:
        return None
    settle = math.log(_SETTLED) / math.log(radius) if radius > 0 else 0.0
    return FilterStep(sections=tuple(sections), settle_len=math.ceil(settle))


class PlanVelocity(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """How vibration severity is measured: the fields of `VelocityDesign`."""

    band_hz: tuple[float, float] = (10.0, 1000.0)
    """Edges of the band, -3 dB."""
    span_s: float = 1.0
    """Time that the mean is taken over, 1 s and ten periods of the band or more."""

    def step(self, *, fs_hz: float, unit: str) -> VelocityStep:
        """Design it for a rate and a unit of acceleration.

        Raises
        ------
        ValueError
            Naming the field, what was found and expected.
        """
        try:
            settings = self._design(fs_hz, unit).settings()
        except ValueError as error:
            raise ValueError(f"velocity: {error}") from None
        return VelocityStep(**msgspec.structs.asdict(settings))

    def integer_step(
        self, *, fs_hz: float, unit: str, range: float
    ) -> VelocityIntegerStep:
        """Design it for samples of 16 bits with this full scale.

        Raises
        ------
        ValueError
            Naming the field, what was found and expected.
        """
        try:
            settings = self._design(fs_hz, unit).integers(range=range)
        except ValueError as error:
            raise ValueError(f"velocity: {error}") from None
        return VelocityIntegerStep(**msgspec.structs.asdict(settings))

    def _design(self, fs_hz: float, unit: str) -> VelocityDesign:
        lo_hz, hi_hz = self.band_hz
        return VelocityDesign(
            fs_hz=fs_hz, unit=unit, lo_hz=lo_hz, hi_hz=hi_hz, span_s=self.span_s
        )


class PlanLines(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How lines of the spectrum are found."""

    halfwidth: float = 0.01
    """A line is the largest within f (1 +- halfwidth), 0 ... 0.5: for a speed, or a
    supply, that is only roughly known."""

    def step(self) -> LineStep:
        """Check the field.

        Raises
        ------
        ValueError
            Naming the field, what was found and expected.
        """
        half = self.halfwidth
        _expect(0 <= half <= 0.5, "lines.halfwidth", half, "0 ... 0.5")
        return LineStep(halfwidth=_single(half))


class PlanMel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Bands of the mel scale: the fields of `MelBank`, and of `log_mel`."""

    n_mels: int = 128
    """Number of bands."""
    lo_hz: float = 0.0
    """Lower edge of the first band."""
    hi_hz: float | None = None
    """Upper edge of the last; half the sampling rate if left out."""
    scale: Literal["slaney", "htk"] = "slaney"
    """Formula of the scale, as in librosa."""
    norm: Literal["area", "peak"] = "area"
    """Bands of the same area, or of peak 1."""
    floor: float = 2.0**-52
    """Least power of a band, of the unscaled transform, 1e-37 ... 1e37."""

    def step(self, *, fs_hz: float, window_len: int) -> MelStep:
        """Design it for a rate and a window.

        Raises
        ------
        ValueError
            Naming the field, what was found and expected.
        """
        floor = self.floor
        _expect(1e-37 <= floor <= 1e37, "mel.floor", floor, "1e-37 ... 1e37")
        hi_hz = fs_hz / 2 if self.hi_hz is None else self.hi_hz
        made = MelStep(
            n_mels=self.n_mels,
            lo_hz=self.lo_hz,
            hi_hz=hi_hz,
            scale=self.scale,
            norm=self.norm,
            floor=_single(floor),
        )
        try:
            mel_bank(made, fs_hz=fs_hz, window_len=window_len)
        except ValueError as error:
            raise ValueError(f"mel.{error}") from None
        return made


def mel_bank(step: MelStep, *, fs_hz: float, window_len: int) -> MelBank:
    """Design the filter bank of a contract.

    Raises
    ------
    ValueError
        Naming the field, what was found and expected.
    """
    return MelBank(
        fs_hz=fs_hz,
        n_samples=window_len,
        n_mels=step.n_mels,
        lo_hz=step.lo_hz,
        hi_hz=step.hi_hz,
        scale=step.scale,
        norm=step.norm,
    )


class PlanEnvelope(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """How the envelope of a band is taken: the fields of `EnvelopeDesign`."""

    band_hz: tuple[float, float]
    """Demodulation band, lo <= f < hi."""
    detector: Literal["analytic", "rectified"] = "analytic"
    """Analytic signal, or the cheap rectifier with a low-pass."""
    form: Literal["magnitude", "squared", "log"] = "magnitude"
    """What the spectrum is taken of."""
    whiten: bool = False
    """Divide each bin of the band by its magnitude, window by window."""
    halfwidth: float = 0.02
    """A line is the largest within f (1 +- halfwidth): slip, and the speed that is only
    roughly known. 0 up to below 1."""
    top_hz: float | None = None
    """Highest frequency of the envelope's spectrum; by default what the orders need."""
    turns: float = 20.0
    """Turns of the shaft at its least speed that the spectrum spans; 20 or more."""

    def step(
        self,
        *,
        fs_hz: float,
        window_len: int,
        hop_len: int,
        speed_hz: tuple[float, float] | None,
        order: float,
    ) -> EnvelopeStep:
        """Design it for a plan whose highest order is given.

        Raises
        ------
        ValueError
            Naming the field, what was found and expected.
        """
        self._check(window_len=window_len, hop_len=hop_len)
        lo_hz, hi_hz = speed_hz or (0.0, 0.0)
        top_hz = self._top_hz(hi_hz, order)
        try:
            design = EnvelopeDesign(
                fs_hz=fs_hz,
                window_len=window_len,
                band_hz=self.band_hz,
                top_hz=top_hz,
                span_s=self.turns / lo_hz if lo_hz else 1 / top_hz,
                detector=self.detector,
                form=self.form,
                whiten=self.whiten,
            )
            settings = design.settings()
        except ValueError as error:
            raise ValueError(f"envelope.{error}") from None
        sections = settings.sections.coefficients if settings.sections else ()
        return EnvelopeStep(
            detector=self.detector,
            form=self.form,
            whiten=self.whiten,
            halfwidth=_single(self.halfwidth),
            bin=settings.bin,
            bins_len=settings.bins_len,
            m=settings.m,
            sections=tuple((b0, b1, b2, a1, a2) for b0, b1, b2, a1, a2 in sections),
            rectifier_taps=settings.rectifier_taps,
            rectifier_factor=settings.rectifier_factor,
            taps=settings.taps,
            factor=settings.factor,
            len=settings.len,
            bin_hz=_single(settings.bin_hz),
        )

    def _check(self, *, window_len: int, hop_len: int) -> None:
        least = core_envelope.TURNS_MIN
        _expect(
            self.turns >= least and math.isfinite(self.turns),
            "envelope.turns",
            self.turns,
            f"{least} or more: in fewer, the cage of a bearing at 0.4 of the shaft "
            "speed is no line of its own",
        )
        half = self.halfwidth
        _expect(0 <= half < 1, "envelope.halfwidth", half, "0 up to below 1")
        if self.detector == "analytic" and 2 * hop_len != window_len:
            raise ValueError(
                f"hop_len: found {hop_len}, expected {window_len // 2}, half of "
                "window_len, for the analytic detector of the envelope"
            )

    def _top_hz(self, speed_hz: float, order: float) -> float:
        """Return the end of the spectrum, given the highest speed and order."""
        if self.top_hz is None:
            top_hz = max(order * (1 + self.halfwidth), _ORDER_MIN) * speed_hz
            return top_hz or (self.band_hz[1] - self.band_hz[0]) / 4
        if order * speed_hz > self.top_hz:
            raise ValueError(
                f"envelope.top_hz: found {self.top_hz:g} Hz, expected at least "
                f"{order * speed_hz:g} Hz: order {order:g} at {speed_hz:g} Hz"
            )
        return self.top_hz

    def line_unit(self, unit: str) -> str:
        """Name the unit of an amplitude of the envelope's spectrum."""
        if self.whiten or self.form == "log":
            return "1"
        return f"{unit}^2" if self.form == "squared" else unit


class Scaler(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """(x - offset) * factor of each feature, as the device computes it."""

    kind: Literal["minmax", "zscore", "robust", "linear", "range"]
    """How it was learnt."""
    offset: tuple[float, ...]
    """One for each feature; it is subtracted first."""
    factor: tuple[float, ...]
    """One for each feature; 0 for one that does not vary: it is ignored."""

    def step(self, n_features: int) -> ScaleStep:
        """Return the settings of the step.

        Raises
        ------
        ValueError
            If the lengths are not the number of features of the plan.
        """
        for field in ("offset", "factor"):
            found = len(getattr(self, field))
            _expect(
                found == n_features,
                f"scaler.{field}",
                f"{found} numbers",
                f"{n_features}, one for each feature",
            )
        return ScaleStep(offset=self.offset, factor=self.factor)


def fit_scaler(
    table: FeatureTable,
    *,
    kind: Literal["minmax", "zscore", "robust", "linear", "range"] = "zscore",
    by: Mapping[str, tuple[float, float]] | None = None,
) -> Scaler:
    """Learn from features how to bring them to like sizes.

    Parameters
    ----------
    table : FeatureTable
        What to learn from, at least one window; its features are not scaled yet.
    kind : str
        ``zscore``: by mean and standard deviation. ``minmax``: least to 0, largest to
        1. ``robust``: by median and interquartile range. ``range``: two engineering
        values to 0 and 1. ``linear``: by an offset and a factor.
    by : mapping of str to (float, float), for ``range`` and ``linear`` alone
        What to do with features whose names match a shell pattern, the first that
        matches: least and largest value, or offset and factor. Others stay as they are.

    Returns
    -------
    Scaler
        In single precision; give it to a plan as `scaler`.

    Raises
    ------
    ValueError
        Naming the field, what was found and expected.

    Examples
    --------
    >>> from ecmkit import data, features
    >>> plan = features.FeaturePlan(
    ...     channel="DE", unit="g", fs_hz=12000, range=16, window_len=1024,
    ...     hop_len=1024, features=("rms", "kurtosis"),
    ... )
    >>> rig = data.SimulatorConfig(scenario=(data.Scenario(label="normal"),))
    >>> table = plan.extract(data.simulate(rig, seed=1))
    >>> scaler = fit_scaler(table, kind="range", by={"rms": (0.0, 2.0)})
    >>> scaler.factor
    (0.5, 1.0)
    >>> scaled = msgspec.structs.replace(plan, scaler=scaler)
    """
    fixed = kind in ("range", "linear")
    _expect(fixed == (by is not None), "by", by, "a mapping for range and linear alone")
    if fixed:
        assert by is not None
        offset, factor = _by_names(table.names, by, kind)
    else:
        _expect(len(table.x) > 0, "table", "no windows", "one or more")
        offset, width = _spread(table.x.astype(np.float64), kind)
        floor = np.finfo(np.float32).eps * np.abs(table.x).max(axis=0, initial=0.0)
        varies = width > np.maximum(floor, np.finfo(np.float32).tiny)
        factor = np.divide(1.0, width, out=np.zeros_like(width), where=varies)
    return Scaler(
        kind=kind,
        offset=tuple(_single(v) for v in offset),
        factor=tuple(_single(v) for v in factor),
    )


def _spread(
    x: NDArray[np.float64], kind: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Offset and width of each column."""
    if kind == "zscore":
        return x.mean(axis=0), x.std(axis=0)
    if kind == "minmax":
        return x.min(axis=0), np.ptp(x, axis=0)
    if kind != "robust":
        kinds = "minmax, zscore, robust, linear or range"
        raise ValueError(f"kind: found {kind!r}, expected {kinds}")
    low, middle, high = np.quantile(x, [0.25, 0.5, 0.75], axis=0)
    return middle, high - low


def _by_names(
    names: tuple[str, ...], by: Mapping[str, tuple[float, float]], kind: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    offset, factor = np.zeros(len(names)), np.ones(len(names))
    for pattern, (a, b) in by.items():
        matches = any(fnmatchcase(name, pattern) for name in names)
        _expect(matches, "by", repr(pattern), f"a pattern of one of {', '.join(names)}")
        _expect(math.isfinite(a) and math.isfinite(b), "by", (a, b), "finite numbers")
        if kind == "range":
            _expect(a < b, "by", f"{a:g} ... {b:g}", "rising")
    for i, name in enumerate(names):
        for pattern, (a, b) in by.items():
            if fnmatchcase(name, pattern):
                offset[i], factor[i] = a, 1 / (b - a) if kind == "range" else b
                break
    return offset, factor


def _single(value: float) -> float:
    return float(np.float32(value))


def _expect(met: bool, field: str, found: object, expected: str) -> None:
    if not met:
        raise ValueError(f"{field}: found {found}, expected {expected}")
