"""CMSIS-Pack: ``<vendor>.<name>.pdsc``, by the rules of packchk that matter."""

import re
import xml.etree.ElementTree as ET

from ecmkit.errors import FormatError
from ecmkit.package.ecosystems.tree import Tree

__all__ = ["check"]

_CHILDREN = (
    "vendor", "name", "description", "url", "supportContact", "repository", "license",
    "licenseSets", "requirements", "releases", "keywords", "environments", "taxonomy",
    "apis", "conditions", "components", "examples",
)  # fmt: skip
_NEEDED = ("vendor", "name", "description", "url", "license", "releases", "components")
_COMPONENT = {"Cclass", "Cgroup", "Csub", "Cversion", "condition", "Cvendor"}
_CATEGORIES = ("doc", "header", "include", "library", "source", "other")


def check(tree: Tree) -> None:
    """Refuse a description that a pack manager would refuse or misread."""
    file = f"{tree.vendor}.{tree.library}.pdsc"
    try:
        root = ET.fromstring(tree.text(file))
    except ET.ParseError as error:
        raise FormatError(f"{tree.path / file}: not XML: {error}") from error
    tree.same(file, "package", root.tag, "package")
    schema = root.get("schemaVersion", "")
    met = re.fullmatch(r"1\.\d+(\.\d+)?", schema)
    tree.require(met, file, "schemaVersion", schema, "such as 1.7.7")
    for child in root:
        tree.require(child.tag in _CHILDREN, file, child.tag, child.tag, "no such tag")
    for tag in _NEEDED:
        tree.require(root.find(tag) is not None, file, tag, "nothing of it", "it once")
    tree.same(file, "vendor", root.findtext("vendor"), tree.vendor)
    tree.same(file, "name", root.findtext("name"), tree.library)
    url = root.findtext("url", "")
    met = re.fullmatch(r"https?://\S+/", url)
    tree.require(met, file, "url", url, "a web address that ends with /")
    tree.exists(file, "license", root.findtext("license"), folder=False)
    _check_releases(tree, file, root)
    conditions = {c.get("id", "") for c in root.iterfind("conditions/condition")}
    for component in root.iterfind("components/component"):
        _check_component(tree, file, component, conditions)
    used = {c.get("condition") for c in root.iterfind(".//component")}
    for name in conditions:
        tree.require(name in used, file, "condition.id", name, "one that is used")
    _check_files(tree, file, root)


def _check_releases(tree: Tree, file: str, root: ET.Element) -> None:
    """Refuse releases of which the first, the newest, is not this package."""
    releases = root.findall("releases/release")
    tree.require(releases, file, "releases", "none", "one or more")
    tree.same(file, "release.version", releases[0].get("version"), tree.version)
    for release in releases:
        date = release.get("date", "2000-01-01")
        met = re.fullmatch(r"\d{4}-\d\d-\d\d", date)
        tree.require(met, file, "release.date", date, "such as 2026-11-27")


def _check_component(
    tree: Tree, file: str, component: ET.Element, conditions: set[str]
) -> None:
    tree.known(file, component.attrib, _COMPONENT, "component.")
    for name in ("Cclass", "Cgroup"):
        found = component.get(name, "")
        tree.require(found, file, f"component.{name}", found, "a text")
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
    listed = []
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
        if category == "source":
            listed.append(name)
    tree.lists_sources(file, "file.name", listed)
