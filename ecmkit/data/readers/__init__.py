"""Readers: one module per format, imported on use.

A reader is a function ``find(folder, patterns) -> list[Source]``: what the folder holds
in its format, described but not read. Packages outside ecmkit add one under the
entry-point group ``ecmkit.readers``.
"""

import importlib
from collections.abc import Callable, Sequence
from importlib.metadata import entry_points
from pathlib import Path

from ecmkit.data.readers.source import Source
from ecmkit.formats import nearest

__all__ = ["READERS", "Find", "Source", "reader", "readers"]

Find = Callable[[Path, Sequence[str]], list[Source]]

READERS = {
    "csv": "ecmkit.data.readers.csv:find",
    "cwru-mat": "ecmkit.data.readers.cwru_mat:find",
    "cwru-npz": "ecmkit.data.readers.cwru_npz:find",
    "parquet": "ecmkit.data.readers.parquet:find",
    "wav": "ecmkit.data.readers.wav:find",
}
"""Name -> ``module:object`` of the readers that come with ecmkit."""


def readers() -> tuple[str, ...]:
    """Names of all readers, those of other packages included, sorted."""
    return tuple(sorted({*READERS, *entry_points(group="ecmkit.readers").names}))


def reader(name: str) -> Find:
    """Import a reader.

    Raises
    ------
    ValueError
        If there is none of this name; the message names the nearest.
    """
    if name in READERS:
        module, _, attribute = READERS[name].partition(":")
        find: Find = getattr(importlib.import_module(module), attribute)
        return find
    for point in entry_points(group="ecmkit.readers"):
        if point.name == name:
            outside: Find = point.load()
            return outside
    hint = nearest(name, readers())
    raise ValueError(
        f"format: found {name!r}, expected auto or one of {', '.join(readers())}{hint}"
    )
