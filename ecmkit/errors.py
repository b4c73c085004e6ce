"""The errors that ecmkit raises besides ``ValueError`` and ``TypeError``."""

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = [
    "INSTALL",
    "BuildError",
    "DataError",
    "DeviceError",
    "EcmError",
    "FormatError",
    "MissingError",
    "TargetError",
    "saying",
]


INSTALL = "`pip install ecmkit[flow]`"
"""How to install every Python package that ecmkit can use in a run."""


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


@contextmanager
def saying(where: str) -> Iterator[None]:
    """Let what is said about wrong input begin with the place that led to it.

    Examples
    --------
    >>> with saying("pump.toml: `seed`"):
    ...     raise ValueError("found -1, expected 0 or more")
    Traceback (most recent call last):
    ecmkit.errors.FormatError: pump.toml: `seed`: found -1, expected 0 or more
    """
    try:
        yield
    except DataError as error:
        raise DataError(f"{where}: {error}") from error
    except (FormatError, TargetError, ValueError) as error:
        raise FormatError(f"{where}: {error}") from error
