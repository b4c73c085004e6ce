"""Which recordings of a folder are wanted."""

import difflib
from collections.abc import Iterable, Sequence

import msgspec

from ecmkit.data.recording import RecordingInfo
from ecmkit.errors import DataError

__all__ = ["Selection"]


class Selection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Filter on what is known about recordings; an empty field accepts everything.

    Examples
    --------
    >>> info = RecordingInfo(id="a", machine="m", label="inner", unit="g", fs_hz=1e3)
    >>> Selection(labels=("inner", "outer")).accepts(info)
    True
    """

    files: tuple[str, ...] = ()
    """Shell patterns on the path below the folder, such as ``12k_DE/*``."""
    ids: tuple[str, ...] = ()
    machines: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    fault_sizes: tuple[float, ...] = ()
    """As the source gives them; 0 is healthy."""
    loads: tuple[float, ...] = ()
    """As the source gives them."""

    def accepts(self, info: RecordingInfo) -> bool:
        """Whether a recording is wanted, `files` aside."""
        return all(
            not wanted or value in wanted
            for wanted, value in (
                (self.ids, info.id),
                (self.machines, info.machine),
                (self.labels, info.label),
                (self.fault_sizes, info.fault_size),
                (self.loads, info.load),
            )
        )

    def require(self, infos: Sequence[RecordingInfo], *, where: str) -> None:
        """Refuse a value that no recording has: it is most likely misspelt.

        Raises
        ------
        DataError
            Naming the field, the value and those that exist.
        """
        _require("ids", self.ids, (i.id for i in infos), where)
        _require("machines", self.machines, (i.machine for i in infos), where)
        _require("labels", self.labels, (i.label for i in infos), where)
        _require("fault_sizes", self.fault_sizes, (i.fault_size for i in infos), where)
        _require("loads", self.loads, (i.load for i in infos), where)


def _require(
    field: str,
    wanted: Sequence[str] | Sequence[float],
    there: Iterable[str] | Iterable[float],
    where: str,
) -> None:
    values = sorted(set(there))  # type: ignore[type-var]
    for value in wanted:
        if value in values:
            continue
        names = [str(v) for v in values]
        near = difflib.get_close_matches(str(value), names, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise DataError(
            f"{where}: select.{field}: found {value!r}, expected one of "
            f"{', '.join(names)}{hint}"
        )
