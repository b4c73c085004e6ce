"""PlatformIO library: ``library.json``."""

import json
import re

from ecmkit.errors import FormatError
from ecmkit.package.ecosystems.tree import Tree

__all__ = ["check"]

_FILE = "library.json"
_SHAPE = {
    "name": str, "version": str, "description": str, "keywords": [str],
    "authors": [{"name": str, "email": str, "url": str, "maintainer": bool}],
    "homepage": str, "license": str, "frameworks": object, "platforms": object,
    "headers": [str], "export": {"include": [str], "exclude": [str]},
    "build": {
        "srcDir": str, "includeDir": str, "flags": [str], "unflags": [str],
        "srcFilter": [str], "libArchive": bool, "libCompatMode": str, "libLDFMode": str,
    },
}  # fmt: skip
_FLAGS = ("-ffp-contract=off", "-fno-math-errno")
_NEEDED = ("src", "twins", "third_party", "LICENSE", "library.json")


def check(tree: Tree) -> None:
    """Refuse what ``pio pkg pack`` refuses, and the fields that it does not look at."""
    twice: list[str] = []

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        names = [name for name, _ in pairs]
        twice.extend(name for name in names if names.count(name) > 1)
        return dict(pairs)

    try:
        fields = json.loads(tree.text(_FILE), object_pairs_hook=once)
    except json.JSONDecodeError as error:
        raise FormatError(f"{tree.path / _FILE}: not JSON: {error}") from error
    tree.require(not twice, _FILE, "".join(twice[:1]), "it twice", "it once")
    tree.shaped(_FILE, fields, _SHAPE)
    release = tree.release
    for field, wanted in (
        ("name", tree.library), ("version", release.version),
        ("description", release.summary), ("homepage", release.url),
        ("license", tree.listed_license), ("frameworks", "*"), ("platforms", "*"),
        ("authors", [{"name": release.author}]),
    ):  # fmt: skip
        tree.same(_FILE, field, fields.get(field), wanted)
    for word in fields.get("keywords", ()):
        fits = re.fullmatch(r"[a-z0-9+_. -]+", word)
        tree.require(fits, _FILE, "keywords", word, "a-z, 0-9, + _ . - and blanks")
    build = fields.get("build", {})
    for key in ("srcDir", "includeDir"):
        tree.exists(_FILE, f"build.{key}", build.get(key), folder=True)
    for flag in _FLAGS:
        given = build.get("flags", [])
        tree.require(flag in given, _FILE, "build.flags", given, flag)
    headers = fields.get("headers", [])
    met = "ecm_package.h" in headers
    tree.require(met or headers, _FILE, "headers", headers, "ecm_package.h")
    for header in headers:
        name = f"{build['includeDir']}/{header}"
        tree.exists(_FILE, "headers", name, folder=False)
    for name in fields.get("export", {}).get("exclude", ()):
        met = name.partition("/")[0] not in _NEEDED
        tree.require(met, _FILE, "export.exclude", name, f"none of {_NEEDED}")
