"""Targets: boards and emulated machines as data, one TOML file each."""

import difflib
import itertools
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import msgspec

from ecmkit._paths import targets_dir
from ecmkit.errors import FormatError, TargetError
from ecmkit.formats import convert

__all__ = [
    "Build",
    "Clock",
    "Cpu",
    "CycleRow",
    "Emulator",
    "Gcc",
    "Memories",
    "Memory",
    "Power",
    "Probe",
    "Target",
    "Zig",
    "list_targets",
    "load_target",
    "support_dir",
]

_DEPTH_MAX = 8
_UNVERIFIED = "unverified"


class Gcc(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How GCC is called for a core."""

    prefix: str
    """Such as ``arm-none-eabi-``."""
    flags: tuple[str, ...]
    libraries: tuple[str, ...] = ("-lgcc",)
    """Where the compiler's own routines are, such as those of floats."""


class Zig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How ``zig cc`` (clang) is called for a core."""

    flags: tuple[str, ...]


class CycleRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Cycles of a class of instructions, memory without wait states."""

    least: float
    most: float
    """Above `least` where the manual leaves a range."""
    per_word: float = 0.0
    """More for each word that it moves."""
    source: str
    """Manual and table; starts with "unverified" if none was found."""

    def __post_init__(self) -> None:
        """Refuse a range that is empty, or no cycles at all."""
        if not (0 <= self.least <= self.most and self.per_word >= 0):
            raise ValueError(
                f"least {self.least:g}, most {self.most:g}, per_word "
                f"{self.per_word:g}, expected 0 <= least <= most and 0 <= per_word"
            )

    @property
    def unverified(self) -> bool:
        """Whether nobody looked it up."""
        return self.source.lower().startswith(_UNVERIFIED)


class Cpu(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A processor core as the compilers know it."""

    name: str
    arch: Literal["arm", "riscv32", "avr", "xtensa"]
    """Which family of emulators and linkers knows it."""
    port: str
    """Folder below ``csrc/port``: ``fpu`` or ``generic``."""
    twins: tuple[str, ...] = ()
    """Suffixes of the faster files in ``csrc/port`` that this core can run, the best
    first: ``port/ecm_<module>_<suffix>.c`` takes the place of ``ecm_<module>.c``."""
    support: str = ""
    """Stem of the start-up code and linker script in ``targets/support``."""
    bench_flags: tuple[str, ...] = ()
    """For the bench's own code, which may be further away from the application than a
    branch reaches."""
    gcc: Gcc | None = None
    zig: Zig | None = None
    cycles: dict[str, CycleRow] = {}
    """By class of instructions, see `ecmkit.bench.instructions`; ``refill`` is what a
    jump costs besides. Empty: cycles are not estimated."""
    source_only: str = ""
    """Why packages are sources alone, neither compiled nor run; empty if they are."""

    def __post_init__(self) -> None:
        """Refuse a core that can be neither compiled for nor says why."""
        compiled = self.support != "" and (self.gcc or self.zig) is not None
        if compiled == bool(self.source_only):
            raise ValueError(
                "`cpu`: expected `support` with `gcc` or `zig`, or else `source_only`"
            )


class Memory(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A contiguous memory."""

    origin: int
    """First address."""
    bytes: int
    source: str
    """Where the figures come from; starts with "unverified" if from memory alone."""
    name: str = ""
    """What the manual calls it, such as ``SRAM1``."""
    fitted: bool = True
    """Whether it is there, on the chip or in the machine; the bench may also use
    addresses that exist in an emulator alone."""

    def __post_init__(self) -> None:
        """Refuse what cannot be an address range of 32 bits."""
        if not (self.origin >= 0 and 0 < self.bytes <= 2**32 - self.origin):
            raise ValueError(
                f"origin {self.origin:#x} and bytes {self.bytes:#x}, "
                "expected a range within 32 bits"
            )

    @property
    def end(self) -> int:
        """First address after it."""
        return self.origin + self.bytes


class Memories(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The memories that a package is linked into, and those that it leaves alone."""

    flash: Memory
    """Where code and constants live."""
    ram: Memory
    """Where the application's data and stack live."""
    host: Memory
    """Where the bench keeps its own code and data, so that they do not count as the
    application's."""
    host_code: Memory | None = None
    """Where the bench keeps its code, if that cannot run from `host`."""
    mail: Memory | None = None
    """Where golden samples and records stand while the bench runs on the board itself;
    without it, in what the image leaves free of `ram`. Of use where that is little, and
    the chip has another RAM that needs no start-up."""
    unused: dict[str, Memory] = {}
    """Further memories of the chip, free for the product."""

    @property
    def named(self) -> dict[str, Memory]:
        """All of them by name."""
        named = {"flash": self.flash, "ram": self.ram, "host": self.host}
        named |= {} if self.host_code is None else {"host_code": self.host_code}
        named |= {} if self.mail is None else {"mail": self.mail}
        return named | {f"unused.{name}": one for name, one in self.unused.items()}


class Clock(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Frequency of the core."""

    hz: int
    source: str
    """Where the figure comes from."""


class Power(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the chip draws, peripherals off."""

    active_ma: float
    """While the core computes at `clock.hz`."""
    supply_v: float
    source: str
    """Where the figures come from."""
    sleep_ma: float | None = None
    """While it sleeps and keeps its RAM; None: nobody looked it up."""

    def __post_init__(self) -> None:
        """Refuse what is no current or voltage."""
        if not (self.active_ma > 0 and self.supply_v > 0):
            raise ValueError(
                f"active_ma {self.active_ma:g}, supply_v {self.supply_v:g}, expected "
                "numbers above 0"
            )
        if self.sleep_ma is not None and not self.sleep_ma >= 0:
            raise ValueError(f"sleep_ma {self.sleep_ma:g}, expected 0 or more")


class Emulator(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one runner needs to know; which field it reads, the runner says."""

    machine: str = ""
    """Machine of a system emulator, such as ``mps2-an386``."""
    model: str = ""
    """Processor, such as ``cortex-m4``; empty is the one of the machine."""


class Probe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How debug probes call the chip of a board."""

    pyocd: str = ""
    """In ``pyocd list --targets``; empty: pyOCD does not know it, or nobody looked."""


class Build(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How packages are built unless the caller says otherwise."""

    optimise: Literal["-O2", "-O3", "-Os"]
    stack_bytes: int
    """Stack that the linker keeps free at the end of the RAM."""
    bench_bytes: int
    """Start of the host memory, for the bench's own code; its mailbox comes after."""


class Target(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A board or an emulated machine.

    Every figure names its source; one that could not be looked up says "unverified".
    """

    version: int = 1
    """Format version of the file."""
    name: str
    """Name of the file, such as ``mps2-an386``."""
    title: str
    """One line for people."""
    cpu: Cpu
    clock: Clock
    memory: Memories
    build: Build
    power: Power | None = None
    """None: no energy is estimated."""
    emulators: dict[str, Emulator] = {}
    """By the name of the runner."""
    probe: Probe = Probe()

    @property
    def flash(self) -> Memory:
        """Where code and constants live."""
        return self.memory.flash

    @property
    def ram(self) -> Memory:
        """Where the application's data and stack live."""
        return self.memory.ram

    @property
    def host(self) -> Memory:
        """Where the bench lives."""
        return self.memory.host

    @property
    def figures(self) -> dict[str, str]:
        """Source of each figure, by its name, such as ``memory.ram``."""
        memories = self.memory.named.items()
        return {
            "clock": self.clock.source,
            **{f"memory.{name}": one.source for name, one in memories},
            **({} if self.power is None else {"power": self.power.source}),
        }

    @property
    def unverified(self) -> tuple[str, ...]:
        """Names of the figures that nobody looked up."""
        return tuple(
            name
            for name, source in self.figures.items()
            if source.lower().startswith(_UNVERIFIED)
        )


def support_dir() -> Path:
    """Folder of the start-up code, linker scripts and bench code for targets."""
    return targets_dir() / "support"


def list_targets(*, search: Iterable[Path] = ()) -> list[str]:
    """Names of all targets, sorted.

    Parameters
    ----------
    search : iterable of Path
        Further folders with target files.

    Returns
    -------
    list of str

    Examples
    --------
    >>> "mps2-an386" in list_targets()
    True
    """
    folders = [*search, targets_dir()]
    return sorted({path.stem for folder in folders for path in folder.glob("*.toml")})


def load_target(name: str, *, search: Iterable[Path] = ()) -> Target:
    """Read a target with everything that it inherits.

    Parameters
    ----------
    name : str
        Such as ``mps2-an386``, see `list_targets`; or the path of a ``.toml`` file,
        beside which the file that it inherits from is looked for too.
    search : iterable of Path
        Further folders, looked at before the one that comes with ecmkit.

    Returns
    -------
    Target

    Raises
    ------
    TargetError
        If there is no such target (the message names the nearest), if a file is not
        valid (it names file and field), or if the memories contradict each other.

    Examples
    --------
    >>> load_target("mps2-an386").cpu.name
    'cortex-m4f'
    """
    folders = [*search, targets_dir()]
    if name.endswith(".toml"):
        path: Path | None = Path(name)
        folders.insert(0, Path(name).parent)
    else:
        path = _find(name, folders)
    if path is None:
        known = list_targets(search=folders)
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.4)
        hint = f"did you mean {' or '.join(near)}?" if near else "known: "
        hint += "" if near else ", ".join(known)
        raise TargetError(f"no target {name!r}; {hint}")
    raw = _inherited(path, folders, ())
    try:
        target = convert({"name": path.stem, **raw}, Target, where=str(path))
    except FormatError as error:
        raise TargetError(str(error)) from error
    _check(target, path)
    return target


def _find(name: str, folders: Iterable[Path]) -> Path | None:
    for folder in folders:
        path = folder / f"{name}.toml"
        if path.is_file():
            return path
    return None


def _inherited(
    path: Path, folders: list[Path], children: tuple[Path, ...]
) -> dict[str, Any]:
    """Return a file's tables over those of the files that it inherits from.

    Of several, a later one goes over an earlier one.
    """
    if path in children or len(children) >= _DEPTH_MAX:
        chain = " -> ".join(child.stem for child in (*children, path))
        raise TargetError(f"{path}: `inherits` goes in a circle or too deep: {chain}")
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise TargetError(f"{path}: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise TargetError(f"{path}: not valid TOML: {error}") from error
    names = raw.pop("inherits", [])
    merged: dict[str, Any] = {}
    for name in names if isinstance(names, list) else [names]:
        parent = _find(name, folders) if isinstance(name, str) else None
        if parent is None:
            raise TargetError(f"{path}: `inherits`: no target file {name!r}")
        merged = _merge(merged, _inherited(parent, folders, (*children, path)))
    return _merge(merged, raw)


def _merge(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Tables merge key by key; anything else is replaced."""
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        tables = isinstance(old, dict) and isinstance(value, dict)
        merged[key] = _merge(old or {}, value) if tables else value
    return merged


def _check(target: Target, path: Path) -> None:
    """Refuse a description that contradicts itself."""
    order = sorted(target.memory.named.items(), key=lambda item: item[1].origin)
    for (low, first), (high, second) in itertools.pairwise(order):
        if first.end > second.origin:
            raise TargetError(
                f"{path}: memory {low} ends at {first.end:#x}, beyond the start of "
                f"{high} at {second.origin:#x}"
            )
    if target.build.stack_bytes > target.ram.bytes:
        raise TargetError(
            f"{path}: `build.stack_bytes` is {target.build.stack_bytes}, the RAM has "
            f"{target.ram.bytes}"
        )
