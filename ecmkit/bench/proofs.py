"""Proofs about a package's files: what they need, and what they break."""

import hashlib
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path
from typing import Literal

import msgspec

from ecmkit.bench.elf import read_objects
from ecmkit.errors import MissingError
from ecmkit.formats import write_atomic
from ecmkit.package.manifest import THIRD_PARTY
from ecmkit.package.toolchain import run_tool

__all__ = [
    "Deviation",
    "MisraReport",
    "SymbolProof",
    "check_misra",
    "deviations",
    "prove_symbols",
]

_JOBS = 2
_MEMORY = frozenset({"memcpy", "memmove", "memset", "memcmp"})
_HEAP = frozenset({"malloc", "calloc", "realloc", "free", "_sbrk", "aligned_alloc"})
_FINDING = re.compile(r"(?P<file>[^:\n]+):(?P<line>\d+):misra-c2012-(?P<rule>[\d.]+)")
_INCLUDE = re.compile(rb'^#include "([\w./]+)"', re.M)
# One configuration a file, not each that conditions allow: these are other platforms'.
_MISRA = (
    *("sh", "-c", 'exec "$@" 2>&1', "sh"),
    *("cppcheck", "--quiet", "--std=c99", "--addon=misra", "--max-configs=1", "-I."),
    "--template={file}:{line}:{id}",
)
_OTHERS = re.compile(rf'#include "\.\./{THIRD_PARTY}/[^"]+\.c"')


class SymbolProof(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """What a static library takes from elsewhere."""

    version: int = 1
    """Format version of this record."""
    memory: tuple[str, ...]
    """Functions that copy and fill: of the C library, or a product's own."""
    compiler: tuple[str, ...]
    """The compiler's own routines."""
    heap: tuple[str, ...]
    """Names of an allocator; expected none."""
    others: tuple[str, ...]
    """All other names, such as a C library's; expected none."""
    writable_bytes: dict[str, int]
    """Variables by object, where there are any: the caller's memory in a package."""

    @property
    def passed(self) -> bool:
        """Whether there is no heap and no C library."""
        return not self.heap and not self.others


class Deviation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule of MISRA C:2012 that the library does not keep, and why."""

    category: Literal["mandatory", "required", "advisory"]
    reason: str


class MisraReport(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """Findings of cppcheck's addon for MISRA C:2012."""

    version: int = 1
    """Format version of this record."""
    tool: str
    files: int
    """That were looked at."""
    third_party: tuple[str, ...] = ()
    """Files that take in sources of others as they came, which are not judged."""
    findings: dict[str, int]
    """Number by rule, such as ``15.5``."""
    deviations: dict[str, Deviation]
    """Why, for each of these rules that has a reason."""
    unexplained: tuple[str, ...]
    """Place and rule of each finding without one."""

    @property
    def passed(self) -> bool:
        """Whether every finding has its reason."""
        return not self.unexplained


def prove_symbols(library: Path) -> SymbolProof:
    """Find what a static library needs from elsewhere.

    Parameters
    ----------
    library : Path
        Such as ``lib/cortex-m4f/libecm_demo.a`` of a package.

    Returns
    -------
    SymbolProof

    Raises
    ------
    DeviceError
        If it is no archive of ELF files.
    """
    objects = read_objects(library)
    defined = {name for one in objects for name in one.defined}
    needed = {name for one in objects for name in one.undefined} - defined
    memory, heap = needed & _MEMORY, needed & _HEAP
    compiler = {n for n in needed - memory - heap if n.startswith("__")}
    return SymbolProof(
        memory=tuple(sorted(memory)),
        compiler=tuple(sorted(compiler)),
        heap=tuple(sorted(heap)),
        others=tuple(sorted(needed - memory - heap - compiler)),
        writable_bytes={
            one.name: one.writable_bytes for one in objects if one.writable_bytes
        },
    )


def deviations() -> dict[str, Deviation]:
    """Rules of MISRA C:2012 that the library does not keep, from ``misra.toml``."""
    text = files("ecmkit.bench").joinpath("misra.toml").read_bytes()
    found = msgspec.toml.decode(text, type=dict[str, dict[str, Deviation]])
    return found["rule"]


def check_misra(
    sources: Path,
    *,
    known: Mapping[str, Deviation] | None = None,
    cache: Path | None = None,
) -> MisraReport:
    """Look for what MISRA C:2012 forbids in the C files of a folder.

    Each file is read by itself, in the configuration in which no macro of ecmkit is
    defined.

    Parameters
    ----------
    sources : Path
        Folder of C files and of all headers that they include, such as ``src``.
    known : mapping of str to Deviation, optional
        By rule; `deviations` if left out.
    cache : Path, optional
        Folder that keeps what was found in a file with these headers, as a file takes
        half a second.

    Returns
    -------
    MisraReport

    Raises
    ------
    MissingError
        If there is no cppcheck.
    BuildError
        If it fails.
    """
    if shutil.which("cppcheck") is None:
        raise MissingError("`apt-get install --no-install-recommends cppcheck`")
    known = deviations() if known is None else known
    version = run_tool(["cppcheck", "--version"], sources).strip()
    paths = sorted(sources.glob("*.c"))
    others = {p.name for p in paths if _OTHERS.search(p.read_text("utf-8"))}
    names = [path.name for path in paths if path.name not in others]
    said = _cppcheck(sources, names, version, cache)
    found = sorted({m.group(0): m["rule"] for m in _FINDING.finditer(said)}.items())
    counts = Counter(rule for _, rule in found)
    return MisraReport(
        tool=version,
        files=len(names),
        third_party=tuple(sorted(others)),
        findings=dict(sorted(counts.items())),
        deviations={rule: known[rule] for rule in sorted(counts) if rule in known},
        unexplained=tuple(place for place, rule in found if rule not in known),
    )


def _cppcheck(
    sources: Path, names: Sequence[str], version: str, cache: Path | None
) -> str:
    """Return what cppcheck says of the files, in their order."""
    with tempfile.TemporaryDirectory(prefix="ecmkit-misra-") as folder:
        # The addon writes files of its own beside each source.
        shutil.copytree(sources, folder, dirs_exist_ok=True)
        work = Path(folder)

        def look(name: str) -> str:
            if cache is None:
                return run_tool([*_MISRA, name], work)
            kept = cache / f"{_misra_key(version, sources, name)}.misra"
            if not kept.exists():
                kept.parent.mkdir(parents=True, exist_ok=True)
                write_atomic(kept, run_tool([*_MISRA, name], work))
            return kept.read_text("utf-8")

        with ThreadPoolExecutor(_JOBS) as pool:
            return "".join(pool.map(look, names))


def _misra_key(version: str, sources: Path, name: str) -> str:
    """Hash what a finding depends on: tool, file, and what it includes."""
    digest, seen, todo = hashlib.sha256(), set[str](), [name]
    digest.update("\0".join([version, *_MISRA, name]).encode())
    while todo:
        one = todo.pop()
        if one in seen or not (sources / one).exists():
            continue
        seen.add(one)
        content = (sources / one).read_bytes()
        digest.update(content)
        todo += [found.decode() for found in _INCLUDE.findall(content)]
    return digest.hexdigest()
