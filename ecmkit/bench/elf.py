"""Sizes in a linked image: by memory, section and symbol."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec

from ecmkit.errors import DeviceError
from ecmkit.targets import Memory, Target

__all__ = [
    "Code",
    "Image",
    "Object",
    "SymbolSize",
    "flash_of",
    "read_code",
    "read_image",
    "read_objects",
]

_STACK = ".stack"
_EXECUTABLE = 4  # SHF_EXECINSTR


class SymbolSize(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A function or object and the bytes that it takes."""

    name: str
    memory: str
    """``flash`` or ``ram``."""
    bytes: int


@dataclass(frozen=True, kw_only=True)
class Image:
    """What a linked image puts where."""

    flash_bytes: int
    """Code, constants and the initial values of variables."""
    ram_bytes: int
    """Variables; the stack is measured, not reserved."""
    sections: dict[str, int]
    """Bytes of each section in flash or RAM, the stack left out."""
    symbols: tuple[SymbolSize, ...]
    """Largest first."""
    addresses: dict[str, int]
    """Of all symbols; of functions, without the bit for Thumb."""
    code: tuple[tuple[int, str], ...] = ()
    """First address and name of each function, rising."""
    text: tuple[tuple[int, bytes], ...] = ()
    """Address and content of each section of instructions."""

    def function_at(self, address: int) -> str:
        """Name of the last symbol at or before an address."""
        below = [(at, name) for name, at in self.addresses.items() if at <= address]
        return max(below)[1] if below else f"{address:#x}"


@dataclass(frozen=True, kw_only=True)
class Code:
    """What calls can lead to: functions, and the words between them."""

    functions: dict[int, str]
    """Name by address, without the bit for Thumb."""
    labels: dict[str, str]
    """Function by any name that stands for its address."""
    bytes: tuple[tuple[int, bytes], ...]
    """Address and content of each section in the image."""

    def word(self, address: int) -> int:
        """Little-endian word at an address; 0 where there is none."""
        for start, data in self.bytes:
            if start <= address <= start + len(data) - 4:
                return int.from_bytes(data[address - start :][:4], "little")
        return 0

    def owner(self, name: str) -> str | None:
        """Name under which a function is known, if it is one."""
        return self.labels.get(name)


@dataclass(frozen=True, kw_only=True)
class Object:
    """An object file of a static library."""

    name: str
    defined: tuple[str, ...]
    """Global names that it brings."""
    undefined: tuple[str, ...]
    """Names that others must bring."""
    symbols: tuple[str, ...]
    """Functions and constants, those of the file alone too."""
    taken: tuple[str, ...]
    """Functions whose address it holds, in tables or in code."""
    writable_bytes: int
    """Of variables with and without a first value."""


def read_objects(archive: Path) -> list[Object]:
    """Read the objects of a static library.

    Parameters
    ----------
    archive : Path
        Such as ``lib/cortex-m4f/libecm_demo.a`` of a package.

    Returns
    -------
    list of Object

    Raises
    ------
    DeviceError
        If it is no archive of ELF files.
    """
    data = archive.read_bytes()
    if data[:8] != b"!<arch>\n":
        raise DeviceError(f"{archive}: not a static library")
    found, names, at = [], b"", 8
    while at + 60 <= len(data):
        name = data[at : at + 16].decode("ascii").strip()
        size = int(data[at + 48 : at + 58])
        body = data[at + 60 : at + 60 + size]
        at += 60 + size + size % 2
        if name == "//":
            names = body
        elif body[:4] == b"\x7fELF":
            if name.startswith("/"):
                name = names[int(name[1:]) :].split(b"/\n", 1)[0].decode()
            found.append(_object(name.rstrip("/"), body))
    return found


def flash_of(image: Image, archive: Path, name: str) -> int:
    """Bytes that the functions and constants of one object take in a linked image.

    Parameters
    ----------
    image : Image
        Linked with `archive`.
    archive : Path
        Static library.
    name : str
        Of an object in it, such as ``package_monocypher.o``.

    Returns
    -------
    int
        What the linker kept of it.

    Raises
    ------
    DeviceError
        If the library has no such object.
    """
    for one in read_objects(archive):
        if one.name == name:
            source = f" ({Path(name).stem}.c)"
            own = set(one.symbols)
            return sum(
                symbol.bytes
                for symbol in image.symbols
                if symbol.memory == "flash" and symbol.name.removesuffix(source) in own
            )
    raise DeviceError(f"{archive}: found no object {name}")


def _object(name: str, body: bytes) -> Object:
    from elftools.elf.elffile import ELFFile
    from elftools.elf.relocation import RelocationSection

    elf = ELFFile(BytesIO(body))
    symbols = list(elf.get_section_by_name(".symtab").iter_symbols())
    shared = [s for s in symbols if s["st_info"]["bind"] != "STB_LOCAL" and s.name]
    undefined = [s.name for s in shared if s["st_shndx"] == "SHN_UNDEF"]
    taken: set[str] = set()
    for section in elf.iter_sections():
        if not isinstance(section, RelocationSection):
            continue
        about = elf.get_section(section["sh_info"])
        if not about["sh_flags"] & 2:
            continue  # of debug information
        for entry in section.iter_relocations():
            if entry["r_info_type"] not in _ADDRESSES.get(elf["e_machine"], ()):
                continue
            symbol = symbols[entry["r_info_sym"]]
            named = symbol.name
            if symbol["st_info"]["type"] == "STT_SECTION":
                if entry.is_RELA() and entry["r_addend"]:
                    continue  # a place in a function, of a table of jumps
                named = elf.get_section(symbol["st_shndx"]).name.removeprefix(".text.")
            taken.add(named)
    functions = {s.name for s in symbols if s["st_info"]["type"] == "STT_FUNC"}
    objects = {s.name for s in symbols if s["st_info"]["type"] == "STT_OBJECT"}
    return Object(
        name=name,
        defined=tuple(sorted({s.name for s in shared} - set(undefined))),
        undefined=tuple(sorted(undefined)),
        symbols=tuple(sorted(functions | objects)),
        taken=tuple(
            sorted(
                n
                for n in taken
                if n in functions or (n in undefined and n not in objects)
            )
        ),
        writable_bytes=sum(
            s["sh_size"] for s in elf.iter_sections() if s["sh_flags"] & 3 == 3
        ),
    )


_ADDRESSES = {
    "EM_ARM": (2, 38, 43, 44, 47, 48),
    "EM_RISCV": (1, 26, 23, 24),
    "EM_AVR": (5, 12, 13, 24, 25),
}
"""Relocations that put an address into a table or a register, by machine."""


def read_code(path: Path) -> Code:
    """Read functions and constants of an ELF file of 32 bits, little-endian.

    Parameters
    ----------
    path : Path
        Linked image with symbols.

    Returns
    -------
    Code

    Raises
    ------
    DeviceError
        If the file is not an ELF image, or has no symbols.
    """
    from elftools.common.exceptions import ELFError
    from elftools.elf.elffile import ELFFile

    try:
        with path.open("rb") as stream:
            elf = ELFFile(stream)
            table = elf.get_section_by_name(".symtab")
            if table is None:
                raise DeviceError(f"{path}: the image has no symbols: it was stripped")
            filled = tuple(
                (section["sh_addr"], section.data())
                for section in elf.iter_sections()
                if section["sh_flags"] & 2 and section["sh_type"] != "SHT_NOBITS"
            )
            symbols = [
                (s.name, s["st_value"])
                for s in table.iter_symbols()
                if s.name and not s.name.startswith("$") and _is_code(s, elf)
            ]
    except ELFError as error:
        raise DeviceError(f"{path}: not an ELF image: {error}") from error
    functions: dict[int, str] = {}
    labels: dict[str, str] = {}
    for name, address in symbols:
        labels[name] = functions.setdefault(address & ~1, name)
    return Code(functions=functions, labels=labels, bytes=filled)


def _is_code(symbol: Any, elf: Any) -> bool:
    """Whether a symbol is a function; the compiler's own for AVR are plain labels."""
    info = symbol["st_info"]
    if info["type"] != "STT_NOTYPE" or elf["e_machine"] != "EM_AVR":
        return bool(info["type"] == "STT_FUNC")
    index = symbol["st_shndx"]
    if info["bind"] != "STB_GLOBAL" or not isinstance(index, int):
        return False
    return bool(elf.get_section(index)["sh_flags"] & 4)


def read_image(path: Path, target: Target) -> Image:
    """Read an ELF file.

    Parameters
    ----------
    path : Path
        Image linked for `target`.
    target : Target
        Says which addresses are flash and RAM.

    Returns
    -------
    Image

    Raises
    ------
    DeviceError
        If the file is not an ELF image.
    """
    from elftools.common.exceptions import ELFError
    from elftools.elf.elffile import ELFFile

    try:
        with path.open("rb") as stream:
            return _read(ELFFile(stream), target)
    except ELFError as error:
        raise DeviceError(f"{path}: not an ELF image: {error}") from error


def _read(elf, target: Target) -> Image:  # type: ignore[no-untyped-def]
    sections: dict[str, int] = {}
    flash = ram = 0
    for section in elf.iter_sections():
        address, size = section["sh_addr"], section["sh_size"]
        if not section["sh_flags"] & 2 or section.name == _STACK or not size:
            continue  # not SHF_ALLOC
        filled = section["sh_type"] != "SHT_NOBITS"
        if _inside(target.flash, address):
            flash += size
        elif _inside(target.ram, address):
            ram += size
            flash += size if filled else 0
        else:
            continue
        sections[section.name] = size
    table = elf.get_section_by_name(".symtab")
    if table is None:
        raise DeviceError("the image has no symbols: it was stripped")
    found = list(_symbols(table, _code_sections(elf)))
    symbols = [
        SymbolSize(name=symbol.name, memory=memory, bytes=symbol.bytes)
        for symbol in found
        if symbol.bytes and symbol.kind in ("STT_FUNC", "STT_OBJECT")
        for memory, range_ in (("flash", target.flash), ("ram", target.ram))
        if _inside(range_, symbol.address)
    ]
    symbols.sort(key=lambda s: (-s.bytes, s.name))
    return Image(
        flash_bytes=flash,
        ram_bytes=ram,
        sections=sections,
        symbols=tuple(symbols),
        addresses={symbol.plain: symbol.address for symbol in found},
        code=_functions(found),
        text=tuple(
            (section["sh_addr"], section.data())
            for section in elf.iter_sections()
            if section["sh_flags"] & _EXECUTABLE
        ),
    )


@dataclass(frozen=True, kw_only=True)
class _Symbol:
    name: str
    """With the file in brackets where several files have one of that name."""
    plain: str
    address: int
    bytes: int
    kind: str
    in_code: bool
    """Whether it may name code; labels within a file do not."""


def _code_sections(elf) -> set[int]:  # type: ignore[no-untyped-def]
    """Numbers of the sections that hold instructions."""
    return {
        number
        for number, section in enumerate(elf.iter_sections())
        if section["sh_flags"] & _EXECUTABLE
    }


def _symbols(table, code: set[int]) -> Iterator[_Symbol]:  # type: ignore[no-untyped-def]
    """Named symbols, those of one name told apart by the file that they come from."""
    rows, file, times = [], "", Counter[str]()
    for symbol in table.iter_symbols():
        kind = symbol["st_info"]["type"]
        if kind == "STT_FILE":
            file = symbol.name
        elif kind != "STT_SECTION" and symbol.name and not symbol.name.startswith("$"):
            local = symbol["st_info"]["bind"] == "STB_LOCAL"
            rows.append((symbol, kind, file if local else ""))
            times[symbol.name] += 1
    for symbol, kind, file in rows:
        several = times[symbol.name] > 1 and file
        value = symbol["st_value"]
        yield _Symbol(
            name=f"{symbol.name} ({file})" if several else symbol.name,
            plain=symbol.name,
            address=value & ~1 if kind == "STT_FUNC" else value,
            bytes=symbol["st_size"],
            kind=kind,
            in_code=symbol["st_shndx"] in code and not (file and kind == "STT_NOTYPE"),
        )


def _functions(symbols: Iterable[_Symbol]) -> tuple[tuple[int, str], ...]:
    """One name for each place where code starts: a label only where nothing else is."""
    best: dict[int, tuple[bool, bool, str]] = {}
    for symbol in symbols:
        if not symbol.in_code or symbol.kind not in ("STT_FUNC", "STT_NOTYPE"):
            continue
        rank = symbol.kind != "STT_FUNC", not symbol.bytes, symbol.name
        best[symbol.address] = min(best.get(symbol.address, rank), rank)
    return tuple((at, rank[2]) for at, rank in sorted(best.items()))


def _inside(memory: Memory, address: int) -> bool:
    return memory.origin <= address < memory.end
