"""Sections of compiled objects: their sizes, and what each needs of the others."""

import io
from collections.abc import Iterator
from pathlib import Path

from elftools.elf.elffile import ELFFile

from ecmkit.search.cost_model import Section

__all__ = ["members", "sections_of"]

_ALLOC, _UNDEFINED = 2, "SHN_UNDEF"


def sections_of(data: bytes) -> Iterator[Section]:
    """Sections of an object that go to flash, with the symbols that they define."""
    elf = ELFFile(io.BytesIO(data))
    table = elf.get_section_by_name(".symtab")
    symbols = list(table.iter_symbols())
    own: dict[int, list[str]] = {}
    for symbol in symbols:
        at = symbol["st_shndx"]
        if isinstance(at, int) and symbol.name and not symbol.name.startswith("$"):
            local = symbol["st_info"]["bind"] == "STB_LOCAL"
            own.setdefault(at, []).append(
                f"{id(data)}:{symbol.name}" if local else symbol.name
            )
    needs: dict[int, set[str]] = {}
    for section in elf.iter_sections():
        if section["sh_type"] not in ("SHT_REL", "SHT_RELA"):
            continue
        target = section["sh_info"]
        for relocation in section.iter_relocations():
            symbol = symbols[relocation["r_info_sym"]]
            at = symbol["st_shndx"]
            if at == _UNDEFINED:
                needs.setdefault(target, set()).add(symbol.name)
            elif isinstance(at, int) and at != target:
                needs.setdefault(target, set()).add(f"{id(data)}:section {at}")
    for at, section in enumerate(elf.iter_sections()):
        kept = section["sh_flags"] & _ALLOC and section["sh_size"]
        if not kept or section.name.startswith((".ARM", ".vectors")):
            continue
        align = max(section["sh_addralign"], 1)
        yield Section(
            bytes=-(-section["sh_size"] // align) * align,
            symbols=(f"{id(data)}:section {at}", *own.get(at, ())),
            needs=tuple(sorted(needs.get(at, ()))),
        )


def members(archive: Path) -> Iterator[bytes]:
    """Objects of a static library."""
    data, at = archive.read_bytes(), 8
    while at + 60 <= len(data):
        size = int(data[at + 48 : at + 58])
        body = data[at + 60 : at + 60 + size]
        if body[:4] == b"\x7fELF":
            yield body
        at += 60 + size + size % 2


def reached(sections: list[Section], roots: set[str]) -> tuple[Section, ...]:
    """Sections that symbols lead to, with short names for what is local."""
    places = {name: s for s in reversed(sections) for name in s.symbols}
    waiting, found = sorted(roots), dict[int, Section]()
    while waiting:
        section = places.get(waiting.pop())
        if section is not None and id(section) not in found:
            found[id(section)] = section
            waiting += section.needs
    kept = sorted(found.values(), key=lambda s: sorted(map(_global, s.symbols)))
    names: dict[str, str] = {}
    for at, section in enumerate(kept):
        for name in section.symbols:
            if ":" in name:
                names[name] = f":{at}"
    return tuple(
        Section(
            bytes=s.bytes,
            symbols=tuple(sorted({names.get(n, n) for n in s.symbols})),
            needs=tuple(sorted({names.get(n, n) for n in s.needs})),
        )
        for s in kept
    )


def _global(name: str) -> str:
    return "~" if ":" in name else name
