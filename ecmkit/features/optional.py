"""Libraries that come with an extra, imported on use."""

import importlib
from types import ModuleType

from ecmkit.errors import MissingError

__all__ = ["require"]


def require(module: str, package: str, *, extra: str) -> ModuleType:
    """Import a module, or say what to install.

    Raises
    ------
    MissingError
        If it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise MissingError(
            f"{package} is not installed: `pip install ecmkit[{extra}]`"
        ) from error
