"""Facts of the CWRU bearing rig that its files do not carry.

The rig: a 2 hp motor; the drive end bearing is an SKF 6205. One bearing was damaged
per place and size (spark erosion), then run at four loads; so recordings that differ in
load only share a bearing. Whether the three clock positions of an outer race defect are
one bearing, turned in its housing, is not published: split by fault size to be safe.

Source: Case Western Reserve University Bearing Data Center, tables of the 12k and 48k
drive end bearing fault data and of the normal baseline data. The baseline is recorded
at 48 kHz: the shaft's harmonics fall on multiples of 29.9 Hz at that rate only.
"""

from dataclasses import dataclass
from pathlib import Path

from ecmkit.data.recording import RecordingInfo
from ecmkit.errors import DataError

__all__ = ["CODES", "NOMINAL_RPM", "Entry", "entry", "file_number", "info"]

CODES = {"normal": "normal", "IR": "inner", "B": "ball", "OR": "outer"}
"""Label in the file names -> label in ecmkit."""
NOMINAL_RPM = (1797.0, 1772.0, 1750.0, 1730.0)
"""Shaft speed at 0, 1, 2 and 3 hp, for files without a measured one."""

# Code, fault size [in], clock position, rate [Hz], file numbers at 0, 1, 2, 3 hp.
_ROWS: tuple[tuple[str, float, str, int, tuple[int, int, int, int]], ...] = (
    ("normal", 0.0, "", 48000, (97, 98, 99, 100)),
    ("IR", 0.007, "", 12000, (105, 106, 107, 108)),
    ("IR", 0.014, "", 12000, (169, 170, 171, 172)),
    ("IR", 0.021, "", 12000, (209, 210, 211, 212)),
    ("IR", 0.028, "", 12000, (3001, 3002, 3003, 3004)),
    ("B", 0.007, "", 12000, (118, 119, 120, 121)),
    ("B", 0.014, "", 12000, (185, 186, 187, 188)),
    ("B", 0.021, "", 12000, (222, 223, 224, 225)),
    ("B", 0.028, "", 12000, (3005, 3006, 3007, 3008)),
    ("OR", 0.007, "@6", 12000, (130, 131, 132, 133)),
    ("OR", 0.007, "@3", 12000, (144, 145, 146, 147)),
    ("OR", 0.007, "@12", 12000, (156, 158, 159, 160)),
    ("OR", 0.014, "@6", 12000, (197, 198, 199, 200)),
    ("OR", 0.021, "@6", 12000, (234, 235, 236, 237)),
    ("OR", 0.021, "@3", 12000, (246, 247, 248, 249)),
    ("OR", 0.021, "@12", 12000, (258, 259, 260, 261)),
    ("IR", 0.007, "", 48000, (109, 110, 111, 112)),
    ("IR", 0.014, "", 48000, (174, 175, 176, 177)),
    ("IR", 0.021, "", 48000, (213, 214, 215, 217)),
    ("B", 0.007, "", 48000, (122, 123, 124, 125)),
    ("B", 0.014, "", 48000, (189, 190, 191, 192)),
    ("B", 0.021, "", 48000, (226, 227, 228, 229)),
    ("OR", 0.007, "@6", 48000, (135, 136, 137, 138)),
    ("OR", 0.007, "@3", 48000, (148, 149, 150, 151)),
    ("OR", 0.007, "@12", 48000, (161, 162, 163, 164)),
    ("OR", 0.014, "@6", 48000, (201, 202, 203, 204)),
    ("OR", 0.021, "@6", 48000, (238, 239, 240, 241)),
    ("OR", 0.021, "@3", 48000, (250, 251, 252, 253)),
    ("OR", 0.021, "@12", 48000, (262, 263, 264, 265)),
)


@dataclass(frozen=True)
class Entry:
    """One file of the collection."""

    number: int
    code: str
    """``normal``, ``IR``, ``B`` or ``OR``."""
    fault_in: float
    position: str
    """Clock position of an outer race defect, such as ``@6``; else empty."""
    load_hp: int
    fs_hz: float

    @property
    def id(self) -> str:
        """Id of the recording, such as ``130_OR007@6_0``."""
        size = f"{round(self.fault_in * 1000):03d}" if self.fault_in else ""
        return f"{self.number}_{self.code}{size}{self.position}_{self.load_hp}"


_TABLE = {
    number: Entry(number, code, size, position, load, float(fs))
    for code, size, position, fs, numbers in _ROWS
    for load, number in enumerate(numbers)
}


def file_number(path: Path) -> int:
    """Return the number that a file name starts with, such as 130 of ``130@6_0.mat``.

    Raises
    ------
    DataError
        If it does not start with a number.
    """
    digits = path.stem[: len(path.stem) - len(path.stem.lstrip("0123456789"))]
    if not digits:
        raise DataError(
            f"{path}: file name: found {path.name!r}, expected one that starts with "
            "the number of a CWRU recording, such as 105_0.mat"
        )
    return int(digits)


def entry(path: Path) -> Entry:
    """Look a file up by its number.

    Raises
    ------
    DataError
        If the number is none of the drive end or baseline recordings.
    """
    number = file_number(path)
    if number not in _TABLE:
        raise DataError(
            f"{path}: file number: found {number}, expected one of the "
            f"{len(_TABLE)} CWRU drive end and baseline recordings"
        )
    return _TABLE[number]


def info(item: Entry, *, rpm: float, source: str) -> RecordingInfo:
    """Describe a file of the collection.

    ``machine`` is label, size and clock position, such as ``outer-0.007-6``.
    """
    label = CODES[item.code]
    machine = [label]
    if item.fault_in:
        machine.append(f"{item.fault_in:g}")
    if item.position:
        machine.append(item.position.removeprefix("@"))
    return RecordingInfo(
        id=item.id,
        machine="-".join(machine),
        label=label,
        unit="g",
        fs_hz=item.fs_hz,
        speed_hz=rpm / 60,
        load=float(item.load_hp),
        fault_size=item.fault_in,
        source=source,
    )
