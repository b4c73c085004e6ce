"""The errors that ecmkit raises besides ``ValueError`` and ``TypeError``."""

__all__ = [
    "BuildError",
    "DataError",
    "DeviceError",
    "EcmError",
    "FormatError",
    "MissingError",
    "TargetError",
]


class EcmError(Exception):
    """Parent of all errors of ecmkit; the message says what, where and what else."""


class DataError(EcmError):
    """Recordings that cannot be used: unreadable, wrong rate, not finite, too few."""


class FormatError(EcmError):
    """A file or frame that is not of its stated format; names file and field."""


class TargetError(EcmError):
    """A target that is unknown or whose description contradicts itself."""


class BuildError(EcmError):
    """Compiling, linking or packaging failed; carries the tool's own words."""


class DeviceError(EcmError):
    """A device or emulator that faulted, hung or answered wrongly."""


class MissingError(EcmError):
    """Something that this machine lacks; says how to install it."""
