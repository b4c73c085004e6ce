"""ecmkit: from sensor recordings to gated firmware that watches a machine."""

from importlib import metadata

__all__ = ["__version__"]

__version__ = metadata.version("ecmkit")
