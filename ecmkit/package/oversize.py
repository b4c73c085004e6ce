"""An image that does not fit: which symbols fill the memory that is too small."""

import re
from collections.abc import Sequence
from pathlib import Path

from ecmkit.errors import BuildError
from ecmkit.package.toolchain import Compiler

__all__ = ["link_or_name"]

_LARGER = "larger than the"
_NAMED = 8
_ROOM = 16
_LENGTH = re.compile(r"(^    (?:flash|ram) .*LENGTH = )(0x[0-9a-f]+)", re.MULTILINE)
_ANYHOW = "-Wl,--noinhibit-exec"


def link_or_name(
    tool: Compiler, objects: Sequence[str], output: str, *, script: str, cwd: Path
) -> None:
    """Link firmware; of one that is too large, name the largest symbols.

    Parameters
    ----------
    tool : Compiler
        Links.
    objects : sequence of str
        Names in `cwd`.
    output : str
        Name of the image.
    script : str
        Name of the linker script.
    cwd : Path
        Where it is linked.

    Raises
    ------
    BuildError
        By how much each memory is too small, and what fills it; then the linker's own
        words.
    """
    try:
        tool.link(objects, output, script=script, cwd=cwd)
    except BuildError as error:
        lines = str(error).splitlines()
        over = [line for line in lines if _LARGER in line]
        if not over:
            raise
        named = _largest(tool, objects, script, cwd)
        told = [
            f"the largest in {memory}: {', '.join(names)}"
            for memory, names in named.items()
            if any(f"{_LARGER} {memory} " in line for line in over)
        ]
        rest = lines[len(over) :]
        raise BuildError("\n".join([*over, *told, *rest])) from error


def _largest(
    tool: Compiler, objects: Sequence[str], script: str, cwd: Path
) -> dict[str, list[str]]:
    """Link as if the memories had no end, and read the sizes; nothing if that fails."""
    from elftools.common.exceptions import ELFError
    from elftools.elf.elffile import ELFFile

    output, roomy = "oversize.elf", "oversize.ld"
    text = (cwd / script).read_text("utf-8")
    (cwd / roomy).write_text(_LENGTH.sub(_longer, text), "utf-8")
    anyhow = [_ANYHOW] if tool.name == "gcc" else []  # where memories then meet
    try:
        tool.link([*objects, *anyhow], output, script=roomy, cwd=cwd)
        with (cwd / output).open("rb") as stream:
            return _sizes(ELFFile(stream))
    except (BuildError, ELFError, FileNotFoundError):
        return {}  # the linker's own words remain


def _longer(found: re.Match[str]) -> str:
    return f"{found[1]}{int(found[2], 16) * _ROOM:#x}"


def _sizes(elf) -> dict[str, list[str]]:  # type: ignore[no-untyped-def]
    """Names and bytes of the largest symbols in flash and RAM."""
    memory_of = {".text": ("flash",), ".data": ("flash", "ram"), ".bss": ("ram",)}
    found: dict[str, list[tuple[int, str]]] = {"flash": [], "ram": []}
    table = elf.get_section_by_name(".symtab")
    for symbol in table.iter_symbols() if table else ():
        at, size = symbol["st_shndx"], symbol["st_size"]
        if not size or not isinstance(at, int):
            continue
        for memory in memory_of.get(elf.get_section(at).name, ()):
            found[memory].append((size, symbol.name))
    return {
        memory: [f"{name} {size:,} B" for size, name in sorted(own, reverse=True)][
            :_NAMED
        ]
        for memory, own in found.items()
    }
