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
_BUILD = "rust/build.rs"
_SHAPE = {
    "package": {
        "name": str, "version": str, "edition": str, "rust-version": str,
        "description": str, "authors": [str], "homepage": str, "license": str,
        "license-file": str, "readme": str, "keywords": [str], "categories": [str],
        "links": str, "build": str, "autobins": bool, "autoexamples": bool,
        "autotests": bool, "autobenches": bool, "include": [str],
    },
    "lib": {"path": str},
    "example": [{"name": str, "path": str}],
}  # fmt: skip
_OLDEST = 63
_CATEGORIES = ("embedded", "no-std", "no-std::no-alloc", "science", "algorithms")
_INCLUDE = (
    "/src/**", "/twins/**", "/third_party/**", "/rust/**", "/LICENSE", "/README.md",
)  # fmt: skip
_EVENT = "ecm_app_event_t"
_SAMPLES = {4: "f32", 2: "i16"}


def check(tree: Tree) -> None:
    """Refuse what cargo refuses, and what would build something else."""
    try:
        found = tomllib.loads(tree.text(_FILE))
    except tomllib.TOMLDecodeError as error:
        raise FormatError(f"{tree.path / _FILE}: not TOML: {error}") from error
    tree.shaped(_FILE, found, _SHAPE)
    own = found.get("package", {})
    release, listed = tree.release, tree.listed_license
    for field, wanted in (
        ("name", tree.library), ("version", release.version),
        # Two crates with one native library are refused by this name.
        ("links", tree.library),
        ("description", release.summary), ("authors", [release.author]),
        ("homepage", release.url), ("license", listed),
        ("license-file", None if listed else "LICENSE"),
    ):  # fmt: skip
        tree.same(_FILE, f"package.{field}", own.get(field), wanted)
    edition = own.get("edition")
    tree.require(edition in ("2018", "2021", "2024"), _FILE, "package.edition", edition,
                 "2018, 2021 or 2024")  # fmt: skip
    oldest = own.get("rust-version")
    known = re.fullmatch(r"1\.(\d+)(?:\.\d+)?", oldest or "")
    new = known and int(known[1]) >= _OLDEST
    tree.require(new, _FILE, "package.rust-version", oldest, f"1.{_OLDEST} or later")
    words = own.get("keywords", [])
    for word in words:
        met = re.fullmatch(r"[A-Za-z][A-Za-z0-9_+-]{0,19}", word) and len(words) < 6
        tree.require(met, _FILE, "package.keywords", word, "up to 5 of 20 letters")
    for slug in own.get("categories", ()):
        met = slug in _CATEGORIES
        tree.require(met, _FILE, "package.categories", slug, f"one of {_CATEGORIES}")
    for field in ("build", "readme"):
        tree.exists(_FILE, f"package.{field}", own.get(field), folder=False)
    for folder in _INCLUDE:
        tree.require(folder in own.get("include", ()), _FILE, "package.include",
                     "nothing of it", folder)  # fmt: skip
    tree.exists(_FILE, "lib.path", found.get("lib", {}).get("path"), folder=False)
    for example in found.get("example", ()):
        tree.same(_FILE, "example.name", example.get("name"), tree.name)
        tree.exists(_FILE, "example.path", example.get("path"), folder=False)
    _check_library(tree)


def _check_library(tree: Tree) -> None:
    """Refuse a library that needs the standard one, or what C does not declare."""
    text = tree.text(_LIBRARY)
    tree.require("#![no_std]\n" in text, _LIBRARY, "no_std", "nothing of it",
                 "#![no_std]")  # fmt: skip
    script = tree.text(_BUILD)
    for flag in ("-ffp-contract=off", "-fno-math-errno"):
        given = f'"{flag}"' in script
        tree.require(given, _BUILD, "FLAGS", "nothing of it", flag)
    named = re.findall(r"rustc-link-lib=static=(\w+)", script)
    tree.same(_BUILD, "rustc-link-lib", named, [tree.library])
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
