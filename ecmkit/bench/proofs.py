"""Proofs about a package's files: what they need, what they break, what they are."""

import hashlib
import re
import shutil
import tempfile
import uuid
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import msgspec

from ecmkit import __version__
from ecmkit._paths import csrc_dir
from ecmkit.bench.elf import read_objects
from ecmkit.errors import MissingError
from ecmkit.formats import write_atomic
from ecmkit.package import Package
from ecmkit.package.manifest import THIRD_PARTY, TWINS, ThirdParty
from ecmkit.package.toolchain import run_tool

__all__ = [
    "Deviation",
    "MisraReport",
    "SymbolProof",
    "check_misra",
    "components",
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
_MIT = {"license": {"id": "MIT"}}
_SUPPLIER = "The ecmkit authors"
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
            said = "".join(pool.map(look, names))
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


def components(package: Package) -> dict[str, Any]:
    """Bill of materials of a package, CycloneDX 1.6.

    Parameters
    ----------
    package : Package
        Complete.

    Returns
    -------
    dict
        To be written as JSON; the same package gives the same bytes.
    """
    manifest = package.manifest
    release = manifest.release
    own = [{"expression": release.license}]
    library = {path.name for path in csrc_dir().rglob("*.[ch]")}
    files, used = _files_of(package), list[str]()
    for part in files:
        mine = Path(part["name"]).name not in library
        part["licenses"] = own if mine else [_MIT]
        used += [] if mine else [part["bom-ref"]]
    device = {
        "type": "library",
        "bom-ref": "ecmkit-csrc",
        "supplier": {"name": _SUPPLIER},
        "name": "ecmkit device library",
        "version": __version__,
        "licenses": [_MIT],
        "purl": f"pkg:generic/ecmkit@{__version__}",
    }
    models = [
        {
            "type": "machine-learning-model",
            "bom-ref": f"model-{model.name}",
            "supplier": {"name": release.author},
            "name": model.name,
            "version": model.hash[:16],
            "hashes": [{"alg": "SHA-256", "content": model.hash}],
            "licenses": own,
            "modelCard": {"modelParameters": {"task": model.kind}},
        }
        for model in manifest.models
    ]
    third = [_third_party(part) for part in manifest.third_party]
    theirs = {
        f"third-party-{part.name}": [f"file-{name}" for name in part.files]
        for part in manifest.third_party
    }
    licenses = {
        f"file-{name}": [{"expression": part.license}]
        for part in manifest.third_party
        for name in part.files
    }
    for part in files:
        part["licenses"] = licenses.get(part["bom-ref"], part["licenses"])
    parts = [device, *third, *models, *files]
    within = {*used, *licenses}
    others = [part["bom-ref"] for part in parts if part["bom-ref"] not in within]
    inside = {"package": others, "ecmkit-csrc": used, **theirs}
    tool = manifest.compiler
    metadata: dict[str, Any] = {
        "tools": {
            "components": [
                {"type": "application", "name": name, "version": found}
                for name, found in (
                    ("ecmkit", __version__),
                    (tool.name, tool.version or "none"),
                )
            ]
        },
        "supplier": {"name": release.author},
        "component": {
            "type": "firmware",
            "bom-ref": "package",
            "supplier": {"name": release.author},
            "name": manifest.name,
            "version": release.version,
            "description": release.summary,
            "hashes": [{"alg": "SHA-256", "content": package.id}],
            "licenses": own,
            "purl": f"pkg:generic/{release.vendor}/{manifest.name}@{release.version}",
        },
    }
    if release.date:
        metadata["timestamp"] = f"{release.date}T00:00:00Z"
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, package.id)}",
        "version": 1,
        "metadata": metadata,
        "components": parts,
        "dependencies": [
            {"ref": ref, "dependsOn": refs} for ref, refs in inside.items()
        ],
    }


def _files_of(package: Package) -> list[dict[str, Any]]:
    """C files and headers of a package: components without a licence yet."""
    return [
        {
            "type": "file",
            "bom-ref": f"file-{name}",
            "name": name,
            "hashes": [{"alg": "SHA-256", "content": digest}],
        }
        for name, digest in sorted(package.manifest.files.items())
        if name.startswith(("src/", f"{TWINS}/", f"{THIRD_PARTY}/"))
    ]


def _third_party(part: ThirdParty) -> dict[str, Any]:
    """List what of others is in a package, by the package that it was taken from."""
    return {
        "type": "library",
        "bom-ref": f"third-party-{part.name}",
        "name": part.name,
        "version": part.version,
        "hashes": [{"alg": "SHA-256", "content": part.hash}],
        "licenses": [{"expression": part.license}],
        "purl": part.origin,
    }
