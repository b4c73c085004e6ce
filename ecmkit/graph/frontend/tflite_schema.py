"""The object API of TFLite's schema, as ai-edge-litert ships it."""

from typing import Any

from ecmkit.errors import MissingError

__all__ = ["names_of", "schema"]


def schema() -> Any:
    """Import the module of the schema's classes.

    Raises
    ------
    MissingError
        If ai-edge-litert is not installed.
    """
    try:
        from ai_edge_litert import schema_py_generated
    except ImportError as error:
        raise MissingError(
            "TFLite files need ai-edge-litert: `pip install ecmkit[tflite]`"
        ) from error
    return schema_py_generated


def names_of(enum: type) -> dict[int, str]:
    """Names of an enumeration of the schema by number."""
    return {v: k for k, v in vars(enum).items() if isinstance(v, int)}
