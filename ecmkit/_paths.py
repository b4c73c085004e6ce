"""Where the C sources, targets and examples are, in a wheel and in a checkout."""

from pathlib import Path

__all__ = ["csrc_dir", "examples_dir", "targets_dir"]

_HERE = Path(__file__).resolve().parent


def _find(name: str) -> Path:
    packaged = _HERE / f"_{name}"
    return packaged if packaged.is_dir() else _HERE.parent / name


def csrc_dir() -> Path:
    """Folder of the device library's C sources."""
    return _find("csrc")


def targets_dir() -> Path:
    """Folder of the target descriptions that come with ecmkit."""
    return _find("targets")


def examples_dir() -> Path:
    """Folder of the example projects."""
    return _find("examples")
