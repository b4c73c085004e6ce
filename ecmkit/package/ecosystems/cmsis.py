"""CMSIS-Pack: ``<vendor>.<name>.pdsc``, by the rules of packchk that matter."""

import re
import xml.etree.ElementTree as ET
from datetime import date

from ecmkit.errors import FormatError
from ecmkit.package.ecosystems.tree import Tree

__all__ = ["check"]

_NEEDED = ("vendor", "name", "description", "url", "license", "releases", "components")
_SCHEMA = "{http://www.w3.org/2001/XMLSchema-instance}noNamespaceSchemaLocation"
# By tag: what is inside, and its attributes.
_TAGS = {
    "package": (
        ("vendor", "name", "description", "url", "supportContact", "repository",
         "license", "releases", "keywords", "taxonomy", "conditions", "components"),
        ("schemaVersion", _SCHEMA),
    ),
    "releases": (("release",), ()),
    "release": ((), ("version", "date", "tag", "url", "deprecated")),
    "keywords": (("keyword",), ()),
    "taxonomy": (("description",), ()),
    "description": ((), ("Cclass", "Cgroup", "Csub", "doc", "public")),
    "conditions": (("condition",), ()),
    "condition": (("description", "accept", "require", "deny"), ("id",)),
    "accept": ((), ("Tcompiler", "Toptions", "Dcore", "Dfpu", "condition")),
    "require": ((), ("Tcompiler", "Toptions", "Dcore", "Dfpu", "condition")),
    "deny": ((), ("Tcompiler", "Toptions", "Dcore", "Dfpu", "condition")),
    "components": (("component",), ()),
    "component": (
        ("description", "files"),
        ("Cclass", "Cgroup", "Csub", "Cversion", "Cvendor", "condition"),
    ),
    "files": (("file",), ()),
    "file": ((), ("category", "name", "condition", "language", "scope", "public")),
}  # fmt: skip
# CLANG has this name since version 1.7.27 of the schema.
_COMPILERS = (
    "GCC", "CLANG", "ARMCC", "IAR", "Tasking", "GHS", "Cosmic", "XC", "Renesas", "*",
)  # fmt: skip
_SCHEMAS = (1, 7, 27)
_CATEGORIES = ("doc", "header", "include", "library", "source", "other")


def check(tree: Tree) -> None:
    """Refuse a description that a pack manager would refuse or misread."""
    file = f"{tree.release.vendor}.{tree.library}.pdsc"
    try:
        root = ET.fromstring(tree.text(file))
    except ET.ParseError as error:
        raise FormatError(f"{tree.path / file}: not XML: {error}") from error
    tree.same(file, "package", root.tag, "package")
    schema = root.get("schemaVersion", "")
    known = re.fullmatch(r"1\.\d+\.\d+", schema)
    new = known and tuple(map(int, schema.split("."))) >= _SCHEMAS
    tree.require(new, file, "schemaVersion", schema, "1.7.27 or later")
    _check_tags(tree, file, root)
    for tag in _NEEDED:
        count = len(root.findall(tag))
        tree.require(count == 1, file, tag, f"{count} of it", "it once")
    release = tree.release
    for tag, wanted in (
        ("vendor", release.vendor), ("name", tree.library),
        ("description", release.summary), ("url", release.url),
    ):  # fmt: skip
        tree.same(file, tag, root.findtext(tag), wanted)
    tree.exists(file, "license", root.findtext("license"), folder=False)
    _check_releases(tree, file, root)
    ids = [c.get("id", "") for c in root.iterfind("conditions/condition")]
    for component in root.iterfind("components/component"):
        _check_component(tree, file, root, component, set(ids))
    used = {c.get("condition") for c in root.iterfind(".//component")}
    for name in ids:
        met = name in used and ids.count(name) == 1
        tree.require(met, file, "condition.id", name, "one that is used, once")
    for rule in root.iterfind("conditions/condition/accept"):
        found = rule.get("Tcompiler", "*")
        met = found in _COMPILERS
        tree.require(met, file, "accept.Tcompiler", found, f"one of {_COMPILERS}")
    _check_files(tree, file, root)


def _check_tags(tree: Tree, file: str, node: ET.Element) -> None:
    """Refuse tags and attributes that the schema does not have there."""
    inside, attributes = _TAGS.get(node.tag, ((), ()))
    tree.known(file, node.attrib, attributes, f"{node.tag}.")
    for child in node:
        met = child.tag in inside
        tree.require(met, file, child.tag, child.tag, f"one of {inside}")
        _check_tags(tree, file, child)


def _check_releases(tree: Tree, file: str, root: ET.Element) -> None:
    """Refuse releases of which the first, the newest, is not this package."""
    releases = root.findall("releases/release")
    tree.require(releases, file, "releases", "none", "one or more")
    tree.same(file, "release.version", releases[0].get("version"), tree.version)
    versions = [release.get("version", "") for release in releases]
    for version in versions:
        known = re.fullmatch(r"\d+\.\d+\.\d+", version)
        met = known and versions.count(version) == 1
        tree.require(met, file, "release.version", version, "three numbers, once")
    met = versions == sorted(
        versions, key=lambda text: [int(n) for n in text.split(".")], reverse=True
    )
    tree.require(met, file, "release.version", versions, "the newest first")
    for release in releases:
        day = release.get("date", "2000-01-01")
        tree.require(_is_date(day), file, "release.date", day, "such as 2026-11-27")


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _check_component(
    tree: Tree, file: str, root: ET.Element, component: ET.Element, conditions: set[str]
) -> None:
    for name in ("Cclass", "Cgroup"):
        found = component.get(name, "")
        tree.require(found, file, f"component.{name}", found, "a text")
    classes = {d.get("Cclass") for d in root.iterfind("taxonomy/description")}
    own = component.get("Cclass", "")
    tree.require(own in classes, file, "component.Cclass", own, f"one of {classes}")
    sub = component.get("Csub", "")
    met = re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_+():/. -]{0,31}", sub)
    tree.require(met, file, "component.Csub", sub, "at most 32 characters")
    version = component.get("Cversion")
    tree.same(file, "component.Cversion", version, tree.version)
    condition = component.get("condition", "")
    known = condition in conditions
    tree.require(known, file, "component.condition", condition, f"one of {conditions}")
    description = component.findtext("description")
    tree.require(description, file, "component.description", description, "a text")


def _check_files(tree: Tree, file: str, root: ET.Element) -> None:
    listed, folders = [], []
    for entry in root.iterfind("components/component/files/file"):
        name, category = entry.get("name", ""), entry.get("category", "")
        met = category in _CATEGORIES
        tree.require(met, file, "file.category", category, f"one of {_CATEGORIES}")
        met = "\\" not in name and not name.startswith("/") and ".." not in name
        tree.require(met, file, "file.name", name, "a path in the pack, with /")
        folder = category == "include"
        met = not folder or name.endswith("/")
        tree.require(met, file, "file.name", name, "a folder that ends with /")
        # README.md comes last, when everything else is known.
        if name != "README.md":
            tree.exists(file, "file.name", name, folder=folder)
        if folder:
            folders.append(name)
        if category == "source":
            listed.append(name)
        given = entry.get("condition")
        met = given is None
        tree.require(met, file, "file.condition", given, "none: all files are needed")
    tree.require("src/" in folders, file, "file.category", folders, "include of src/")
    tree.lists_sources(file, "file.name", listed)
