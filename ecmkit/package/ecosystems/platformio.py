"""PlatformIO library: ``library.json``."""

import json
import re

from ecmkit.errors import FormatError
from ecmkit.package.ecosystems.tree import Tree

__all__ = ["check"]

_FILE = "library.json"
_KEYS = (
    "name", "version", "description", "keywords", "authors", "homepage", "repository",
    "license", "frameworks", "platforms", "headers", "build", "export", "examples",
    "dependencies", "scripts",
)  # fmt: skip
_BUILD = (
    "srcDir", "includeDir", "flags", "unflags", "srcFilter", "extraScript",
    "libArchive", "libCompatMode", "libLDFMode",
)  # fmt: skip
_EXPORT = ("include", "exclude")


def check(tree: Tree) -> None:
    """Refuse what ``pio pkg pack`` refuses, and the fields that it does not look at."""
    try:
        fields = json.loads(tree.text(_FILE))
    except json.JSONDecodeError as error:
        raise FormatError(f"{tree.path / _FILE}: not JSON: {error}") from error
    tree.require(isinstance(fields, dict), _FILE, "", fields, "an object")
    tree.known(_FILE, fields, _KEYS)
    tree.same(_FILE, "name", fields.get("name"), tree.library)
    tree.same(_FILE, "version", fields.get("version"), tree.version)
    for word in fields.get("keywords", ()):
        met = isinstance(word, str) and re.fullmatch(r"[a-z0-9+_. -]+", word)
        tree.require(met, _FILE, "keywords", word, "a-z, 0-9, + _ . - and blanks")
    spdx = fields.get("license", "none")
    met = isinstance(spdx, str) and re.fullmatch(r"(?!LicenseRef)[\w.+-]+", spdx)
    tree.require(met, _FILE, "license", spdx, "an identifier of SPDX's list")
    for author in fields.get("authors", ()):
        met = isinstance(author, dict) and author.get("name")
        tree.require(met, _FILE, "authors", author, "objects with a name")
    build = fields.get("build", {})
    tree.known(_FILE, build, _BUILD, "build.")
    for key in ("srcDir", "includeDir"):
        tree.exists(_FILE, f"build.{key}", build.get(key), folder=True)
    for header in fields.get("headers", ()):
        name = f"{build['includeDir']}/{header}"
        tree.exists(_FILE, "headers", name, folder=False)
    tree.known(_FILE, fields.get("export", {}), _EXPORT, "export.")
