"""The feature contract: what sensor, firmware, model and telemetry must agree on."""

from typing import Literal

import msgspec

from ecmkit.errors import FormatError
from ecmkit.formats.hashing import content_hash

__all__ = [
    "DenseLayer",
    "EncodeStep",
    "EnvelopeStep",
    "FeatureContract",
    "FeatureRow",
    "FilterStep",
    "LineStep",
    "MelStep",
    "ProjectStep",
    "ScaleStep",
    "TrackStep",
    "VelocityIntegerStep",
    "VelocityStep",
]

FeatureRow = tuple[int, int, int, float, float]
"""Channel by its place, then id, n, a and b of a feature as in ``ecm_feat_row_t``."""
_Section = tuple[float, float, float, float, float]


class FilterStep(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the step "filter", ``ecm_feat_filter_cfg_t``."""

    sections: tuple[_Section, ...]
    """b0, b1, b2, a1 and a2 of each."""
    settle_len: int
    """Samples at the start that are spoilt."""


class VelocityStep(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """Settings of the step "velocity", ``ecm_velocity_cfg_f32_t``."""

    c1: float
    c2: float
    a1: float
    a2: float
    b1: float
    gain: float
    factor: int
    settle_len: int
    block_len: int


class VelocityIntegerStep(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """The same in the profile q15, ``ecm_velocity_q15_cfg_t``."""

    c1: int
    c2: int
    c1_shift: int
    c2_shift: int
    b0: int
    b1: int
    a1: int
    a2: int
    up: int
    factor: int
    gain: int
    settle_len: int
    block_len: int


class EnvelopeStep(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """Settings of the step "envelope" or "rectified", see ``ecm_feat_envelope.h``."""

    detector: Literal["analytic", "rectified"]
    form: Literal["magnitude", "squared", "log"]
    whiten: bool
    halfwidth: float
    """Of a line, as a share of its frequency."""
    bin: int
    """Band of the analytic detector: its first bin."""
    bins_len: int
    m: int
    """Elements of its inverse transform."""
    sections: tuple[_Section, ...]
    """Band-pass of the rectifying detector."""
    rectifier_taps: tuple[float, ...]
    rectifier_factor: int
    taps: tuple[float, ...]
    """Of the decimation before the history; empty: none."""
    factor: int
    len: int
    """Samples of the history."""
    bin_hz: float
    """From bin to bin of the envelope's spectrum."""


class TrackStep(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the step "track", ``ecm_feat_track_cfg_t``."""

    per_turn: int
    """Samples in a turn of the shaft."""
    turns: int
    """Turns of a spectrum."""
    halfwidth: float
    """Of a line, as a share of its order."""
    taps: tuple[float, ...]
    """Of the low-pass before the resampling; empty: none."""
    factor: int
    """Of its decimation."""


class LineStep(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the step "lines", ``ecm_feat_line_cfg_t``."""

    halfwidth: float
    """Of a line, as a share of its frequency."""


class MelStep(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the step "mel": what its filter bank is designed from."""

    n_mels: int
    """Filters."""
    lo_hz: float
    """Lower edge of the first."""
    hi_hz: float
    """Upper edge of the last."""
    scale: Literal["slaney", "htk"]
    norm: Literal["area", "peak"]
    floor: float
    """Least power of a filter."""


class ScaleStep(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the step "scale": (x - offset) * factor of each feature."""

    offset: tuple[float, ...]
    factor: tuple[float, ...]


class ProjectStep(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """Settings of the step "project", ``ecm_project_t``."""

    mean: tuple[float, ...]
    """One for each feature before; it is subtracted first."""
    components: tuple[tuple[float, ...], ...]
    """Weights of each component."""


class DenseLayer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A layer of the step "encode", ``ecm_nn_dense_s8_t``."""

    weights: tuple[tuple[int, ...], ...]
    """Of each output, -128 ... 127."""
    bias: tuple[int, ...]
    multiplier: tuple[int, ...]
    shift: tuple[int, ...]
    input_zero: int
    output_zero: int
    output_min: int
    output_max: int


class EncodeStep(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the step "encode", ``ecm_feat_encode_cfg_t``."""

    layers: tuple[DenseLayer, ...]
    """From the first to the narrowest."""
    input_scale: float
    """What a step of the first layer's input stands for."""
    output_scale: float
    """The same of the last layer's output."""


class FeatureContract(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """Sampling, window and features, in the order in which they leave the device."""

    version: int = 1
    """Format version of this record."""
    channels: tuple[str, ...]
    """Names of the sensor channels, sampled together."""
    unit: str
    """Unit of the samples, such as ``g``."""
    fs_hz: float
    """Sampling rate."""
    range: float
    """Full scale of the sensor in `unit`; samples at or beyond it are clipped."""
    channel_units: tuple[str, ...] = ()
    """Unit of each channel, where they are not all alike; else empty."""
    channel_ranges: tuple[float, ...] = ()
    """Full scale of each channel; empty if `channel_units` is."""
    window_len: int
    """Samples in a window."""
    hop_len: int
    """Samples from one window to the next."""
    profile: Literal["f32", "q15"] = "f32"
    """Numeric profile of the feature code: single precision, or integers from samples
    of 16 bits that have `range` as their full scale."""
    detrend: Literal["none", "mean", "line"] = "mean"
    """What is taken off each window."""
    taper: tuple[float, ...] = ()
    """Weights of the cosines of the spectrum's taper; empty: Hann."""
    welch: int = 1
    """Windows that the power is averaged over."""
    speed_hz: tuple[float, float] = (0.0, 0.0)
    """Shaft speeds that may be given, least and largest; zeros: none is needed."""
    filter: FilterStep | None = None
    velocity: VelocityStep | None = None
    velocity_q15: VelocityIntegerStep | None = None
    track: TrackStep | None = None
    lines: LineStep | None = None
    mel: MelStep | None = None
    envelope: EnvelopeStep | None = None
    scale: ScaleStep | None = None
    project: ProjectStep | None = None
    encode: EncodeStep | None = None
    features: tuple[FeatureRow, ...]
    """Those of the first channel, then of the next; in the order of the steps."""
    names: tuple[str, ...]
    """Name of each feature."""
    units: tuple[str, ...]
    """Unit of each feature."""

    @property
    def id(self) -> str:
        """SHA-256 of the content, 64 hexadecimal digits."""
        return content_hash(self)

    def unit_of(self, channel: int) -> str:
        """Return the unit of the samples of a channel, by its place."""
        return self.channel_units[channel] if self.channel_units else self.unit

    def range_of(self, channel: int) -> float:
        """Return the full scale of a channel, by its place, in its unit."""
        return self.channel_ranges[channel] if self.channel_ranges else self.range

    @property
    def needs_speed(self) -> bool:
        """Whether a shaft speed must be given."""
        return self.speed_hz[1] > 0

    def require(self, other: "FeatureContract", *, where: str) -> None:
        """Refuse another contract, naming the first field that differs.

        Raises
        ------
        FormatError
            With field, found and expected.
        """
        for name in self.__struct_fields__:
            mine, theirs = getattr(self, name), getattr(other, name)
            if mine != theirs:
                raise FormatError(
                    f"{where}: contract field `{name}`: found {theirs!r}, "
                    f"expected {mine!r}"
                )
