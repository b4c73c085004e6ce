"""Sizes in a linked image: by memory, section and symbol."""

from dataclasses import dataclass
from pathlib import Path

import msgspec

from ecmkit.errors import DeviceError
from ecmkit.targets import Memory, Target

__all__ = ["Image", "SymbolSize", "read_image"]

_STACK = ".stack"


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

    def function_at(self, address: int) -> str:
        """Name of the last symbol at or before an address."""
        below = [(at, name) for name, at in self.addresses.items() if at <= address]
        return max(below)[1] if below else f"{address:#x}"


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
    symbols: list[SymbolSize] = []
    addresses: dict[str, int] = {}
    table = elf.get_section_by_name(".symtab")
    if table is None:
        raise DeviceError("the image has no symbols: it was stripped")
    for symbol in table.iter_symbols():
        kind, address = symbol["st_info"]["type"], symbol["st_value"]
        if kind in ("STT_SECTION", "STT_FILE") or symbol.name.startswith("$"):
            continue
        if symbol.name:
            addresses[symbol.name] = address & ~1 if kind == "STT_FUNC" else address
        if symbol["st_size"] and kind in ("STT_FUNC", "STT_OBJECT"):
            symbols += [
                SymbolSize(name=symbol.name, memory=memory, bytes=symbol["st_size"])
                for memory, range_ in (("flash", target.flash), ("ram", target.ram))
                if _inside(range_, address)
            ]
    symbols.sort(key=lambda s: (-s.bytes, s.name))
    return Image(
        flash_bytes=flash,
        ram_bytes=ram,
        sections=sections,
        symbols=tuple(symbols),
        addresses=addresses,
    )


def _inside(memory: Memory, address: int) -> bool:
    return memory.origin <= address < memory.end
