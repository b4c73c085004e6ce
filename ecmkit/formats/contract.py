"""The feature contract: what sensor, firmware, model and telemetry must agree on."""

import msgspec

from ecmkit.errors import FormatError
from ecmkit.formats.hashing import content_hash

__all__ = ["FeatureContract"]


class FeatureContract(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """Sampling, window and features, in the order in which they leave the device."""

    version: int = 1
    """Format version of this record."""
    channel: str
    """Name of the sensor channel."""
    unit: str
    """Unit of the samples, such as ``g``."""
    fs_hz: float
    """Sampling rate."""
    range: float
    """Full scale of the sensor in `unit`; samples at or beyond it are clipped."""
    window_len: int
    """Samples in a window."""
    hop_len: int
    """Samples from one window to the next."""
    profile: str = "f32"
    """Numeric profile of the feature code."""
    needs_speed: bool
    """Whether a shaft speed must be given."""
    features: tuple[tuple[int, float, float], ...]
    """Id and two parameters of each feature, as in ``ecm_feat_row_t``."""
    names: tuple[str, ...]
    """Name of each feature."""
    units: tuple[str, ...]
    """Unit of each feature."""
    envelope_hz: tuple[float, float] = (0.0, 0.0)
    """Demodulation band."""

    @property
    def id(self) -> str:
        """SHA-256 of the content, 64 hexadecimal digits."""
        return content_hash(self)

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
