"""Cargo: a crate without the standard library, and the check of its files."""

import json
import re
import tomllib
from pathlib import Path
from textwrap import indent

from ecmkit.errors import FormatError
from ecmkit.package.application import Application
from ecmkit.package.ecosystems.c_structs import number_of, rust_struct, size_of
from ecmkit.package.ecosystems.tree import Tree
from ecmkit.package.release import Release
from ecmkit.package.sources import memory_of

__all__ = ["check", "values"]

_FILE = "Cargo.toml"
_LIBRARY = "rust/lib.rs"
_PACKAGE = (
    "name", "version", "edition", "rust-version", "description", "authors", "homepage",
    "license", "license-file", "readme", "keywords", "categories", "links", "build",
    "autobins", "autoexamples", "autotests", "autobenches", "include",
)  # fmt: skip
_EVENT = "ecm_app_event_t"
_SAMPLES = {4: "f32", 2: "i16"}


def check(tree: Tree) -> None:
    """Refuse what cargo refuses, and what would build something else."""
    try:
        found = tomllib.loads(tree.text(_FILE))
    except tomllib.TOMLDecodeError as error:
        raise FormatError(f"{tree.path / _FILE}: not TOML: {error}") from error
    tree.known(_FILE, found, ("package", "lib", "example"))
    package = found.get("package")
    tree.require(isinstance(package, dict), _FILE, "package", package, "a table")
    own = dict(package or {})
    tree.known(_FILE, own, _PACKAGE, "package.")
    tree.same(_FILE, "package.name", own.get("name"), tree.library)
    tree.same(_FILE, "package.version", own.get("version"), tree.version)
    # Two crates with one native library are refused by this name.
    tree.same(_FILE, "package.links", own.get("links"), tree.library)
    edition = own.get("edition")
    tree.require(edition in ("2018", "2021", "2024"), _FILE, "package.edition", edition,
                 "2018, 2021 or 2024")  # fmt: skip
    oldest = own.get("rust-version")
    known = isinstance(oldest, str) and re.fullmatch(r"1\.\d+(\.\d+)?", oldest)
    tree.require(known, _FILE, "package.rust-version", oldest, "a version such as 1.63")
    licence = own.get("license", own.get("license-file"))
    met = "license" in own or licence == "LICENSE"
    tree.require(met, _FILE, "package.license", licence, "an expression, or the file")
    words = own.get("keywords", [])
    for word in words:
        met = (
            re.fullmatch(r"[A-Za-z][A-Za-z0-9_+-]{0,19}", str(word)) and len(words) < 6
        )
        tree.require(met, _FILE, "package.keywords", word, "up to 5 of 20 letters")
    for field in ("build", "readme"):
        tree.exists(_FILE, f"package.{field}", own.get(field), folder=False)
    for folder in ("/src/**", "/twins/**", "/third_party/**", "/rust/**"):
        tree.require(folder in own.get("include", ()), _FILE, "package.include",
                     "nothing of it", folder)  # fmt: skip
    tree.exists(_FILE, "lib.path", found.get("lib", {}).get("path"), folder=False)
    for example in found.get("example", ()):
        tree.exists(_FILE, "example.path", example.get("path"), folder=False)
    _check_library(tree)


def _check_library(tree: Tree) -> None:
    """Refuse a library that needs the standard one, or what C does not declare."""
    text = tree.text(_LIBRARY)
    tree.require("#![no_std]\n" in text, _LIBRARY, "no_std", "nothing of it",
                 "#![no_std]")  # fmt: skip
    headers = "\n".join(
        path.read_text("utf-8") for path in sorted((tree.path / "src").glob("ecm_*.h"))
    )
    for name in re.findall(r"^    fn (ecm_\w+)\(", text, re.MULTILINE):
        met = re.search(rf"\b{name}\(", headers)
        tree.require(met, _LIBRARY, "extern", name, "a function of src/*.h")


def values(app: Application, release: Release, source: Path) -> dict[str, str]:
    """Return what the crate's templates have places for; sizes are the headers'."""
    memory = memory_of(app)
    words = {
        "app_words": size_of("ecm_app_t", source) // 4,
        "channel_words": size_of("ecm_app_channel_t", source)
        // 4
        * memory.channels_len,
        "dist_words": memory.dist_words,
        "mem_len": memory.floats,
    }
    listed = not release.license.startswith("LicenseRef-")
    return {
        "license_toml": f'license = "{release.license}"'
        if listed
        else 'license-file = "LICENSE"',
        "rust_sample": _SAMPLES[memory.sample_bytes],
        "sample_bytes": str(memory.sample_bytes),
        "event_bytes": str(size_of(_EVENT, source)),
        "event_status": str(number_of("ECM_APP_EVENT", source)),
        "frame_bytes": str(number_of("ECM_FRAME_MIN_BYTES", source)),
        "memory_words": str(sum(words.values())),
        "structures": indent(rust_struct(_EVENT, "Event", source).rstrip(), "    "),
        **{name: str(value) for name, value in words.items()},
        **_names("channel", app.contract.channels),
        **_names("feature", app.contract.names),
        **_names("output", app.outputs),
        **_names("class", app.classes, plural="classes"),
    }


def _names(kind: str, names: tuple[str, ...], *, plural: str = "") -> dict[str, str]:
    texts = (json.dumps(name, ensure_ascii=False) for name in names)
    return {
        f"{kind}_names": "".join(f"\n    {text}," for text in texts) + "\n",
        f"{plural or kind + 's'}_len": str(len(names)),
    }
