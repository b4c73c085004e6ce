"""ecmkit: from sensor recordings to gated firmware that watches a machine."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    __version__: str

__all__ = ["__version__"]


def __getattr__(name: str) -> str:
    """Look the version up on first use: `importlib.metadata` is slow to import."""
    if name == "__version__":
        from importlib.metadata import version

        return version("ecmkit")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
