"""Arduino library of the second format: ``library.properties``, ``src/``, examples."""

import re

from ecmkit.package.ecosystems.tree import Tree

__all__ = ["check"]

_FILE = "library.properties"
_KEYWORDS = "keywords.txt"
_NEEDED = (
    "name", "version", "author", "maintainer", "sentence", "paragraph", "category",
    "url", "architectures",
)  # fmt: skip
_MORE = (
    "includes", "depends", "dot_a_linkage", "precompiled", "ldflags", "license",
    "provides_includes",
)  # fmt: skip
_CATEGORIES = (
    "Display", "Communication", "Signal Input/Output", "Sensors", "Device Control",
    "Timing", "Data Storage", "Data Processing", "Other",
)  # fmt: skip
_NAME = re.compile(r"(?!arduino)[A-Za-z0-9][A-Za-z0-9_.-]{0,62}", re.IGNORECASE)
_ENUMS = {"dot_a_linkage": ("true", "false"), "precompiled": ("true", "false", "full")}
_KINDS = ("KEYWORD1", "KEYWORD2", "KEYWORD3", "LITERAL1", "LITERAL2")


def check(tree: Tree) -> None:
    """Refuse what the library manager refuses, and what the IDE would not show."""
    fields = _fields(tree)
    tree.known(_FILE, fields, (*_NEEDED, *_MORE))
    for name in _NEEDED:
        tree.require(fields.get(name), _FILE, name, fields.get(name, ""), "a text")
    name = fields["name"]
    tree.require(
        _NAME.fullmatch(name), _FILE, "name", name,
        "at most 63 letters, digits, _ . and -, not beginning with Arduino",
    )  # fmt: skip
    tree.same(_FILE, "name", name, tree.library)
    tree.same(_FILE, "version", fields["version"], tree.version)
    release = tree.release
    for field, wanted in (
        ("author", release.author), ("maintainer", release.author),
        ("sentence", release.summary), ("url", release.url),
        ("license", release.license),
    ):  # fmt: skip
        tree.same(_FILE, field, fields.get(field), wanted)
    for field, words in _ENUMS.items():
        word = fields.get(field, words[0])
        tree.require(word in words, _FILE, field, word, f"one of {words}")
    for field in ("depends", "ldflags"):
        found = fields.get(field, "")
        tree.require(not found, _FILE, field, found, "nothing: it needs no other")
    cores = fields["architectures"]
    met = cores == "*" or re.fullmatch(r"[a-z0-9_]+(?:,[a-z0-9_]+)*", cores)
    tree.require(met, _FILE, "architectures", cores, "* or names of cores")
    category = fields["category"]
    tree.require(
        category in _CATEGORIES, _FILE, "category", category, f"one of {_CATEGORIES}"
    )
    for header in fields.get("includes", "").split(","):
        tree.exists(_FILE, "includes", f"src/{header.strip()}", folder=False)
    _check_keywords(tree)
    _check_sketches(tree)


def _fields(tree: Tree) -> dict[str, str]:
    fields: dict[str, str] = {}
    for line in tree.text(_FILE).splitlines():
        name, equals, value = line.partition("=")
        tree.require(equals, _FILE, name, line, "name=value")
        tree.require(name not in fields, _FILE, name, "it twice", "it once")
        fields[name] = value
    return fields


def _check_keywords(tree: Tree) -> None:
    """Refuse blanks in place of a tab: the IDE takes such a line for nothing."""
    headers = "\n".join(
        path.read_text("utf-8") for path in sorted((tree.path / "src").glob("*.h*"))
    )
    known = set(re.findall(r"\w+", headers))
    for line in tree.text(_KEYWORDS).splitlines():
        word, _, kind = line.partition("\t")
        met = not kind or word in known
        tree.require(met, _KEYWORDS, "keyword", word, "a word of src/*.h")
        tree.require(kind in _KINDS, _KEYWORDS, word, kind, f"a tab and {_KINDS}")


def _check_sketches(tree: Tree) -> None:
    sketch = f"examples/{tree.name}/{tree.name}.ino"
    tree.exists(_FILE, "examples", sketch, folder=False)
    for path in sorted((tree.path / "examples").rglob("*.ino")):
        name = path.relative_to(tree.path).as_posix()
        tree.same(name, "name of its folder", path.parent.name, path.stem)
