"""ESP-IDF component: ``idf_component.yml``; its build is in the CMakeLists.txt."""

import re
from fnmatch import fnmatch

from ecmkit.package.ecosystems.cmake_text import calls_of, words_of
from ecmkit.package.ecosystems.tree import Tree, one

__all__ = ["check"]

_FILE = "idf_component.yml"
_CMAKE = "CMakeLists.txt"
_EXAMPLE = "examples/esp_idf"
_SHAPE = {
    "version": str, "description": str, "url": str, "license": str, "targets": [str],
    "dependencies": {"*": object}, "maintainers": [str], "tags": [str],
    "files": {"include": [str], "exclude": [str]}, "examples": [{"path": str}],
    "repository": str, "repository_info": {"commit_sha": str, "path": str},
    "issues": str, "documentation": str, "discussion": str,
}  # fmt: skip
_DEPENDENCY = {
    "version": str, "path": str, "git": str, "public": bool, "require": object,
    "override_path": str, "registry_url": str, "pre_release": bool,
}  # fmt: skip
_TARGETS = (
    "esp32", "esp32s2", "esp32s3", "esp32c2", "esp32c3", "esp32c5", "esp32c6",
    "esp32c61", "esp32h2", "esp32p4", "linux",
)  # fmt: skip
_REGISTER = (
    "SRCS", "SRC_DIRS", "EXCLUDE_SRCS", "INCLUDE_DIRS", "PRIV_INCLUDE_DIRS",
    "LDFRAGMENTS", "REQUIRES", "PRIV_REQUIRES", "REQUIRED_IDF_TARGETS", "EMBED_FILES",
    "EMBED_TXTFILES", "WHOLE_ARCHIVE", "KCONFIG", "KCONFIG_PROJBUILD",
)  # fmt: skip
_RANGE = re.compile(r"\*|(?:[~^]|[<>=!]=?)?\d+(?:\.\d+){0,2}")
_NAME = re.compile(r"[a-z0-9_-]+(?:/[a-z0-9_-]+)?")


def check(tree: Tree) -> None:
    """Refuse what the registry refuses, and fields and targets that it lets pass."""
    fields = tree.yaml(_FILE)
    tree.shaped(_FILE, fields, _SHAPE)
    tree.same(_FILE, "version", fields.get("version"), tree.version)
    tree.same(_FILE, "description", fields.get("description"), tree.release.summary)
    tree.same(_FILE, "url", fields.get("url"), tree.release.url)
    tree.same(_FILE, "license", fields.get("license"), tree.listed_license)
    if "license" not in fields:
        tree.exists(_FILE, "license", "LICENSE", folder=False)
    for target in fields.get("targets", ()):
        tree.require(target in _TARGETS, _FILE, "targets", target, f"{_TARGETS}")
    for field in ("targets", "tags"):
        names = fields.get(field, [])
        met = len(names) == len(set(names))
        tree.require(met, _FILE, field, names, "each once")
    for tag in fields.get("tags", ()):
        fits = re.fullmatch(r"[A-Za-z0-9_-]{3,32}", tag)
        tree.require(fits, _FILE, "tags", tag, "3 to 32 letters, digits, _ and -")
    for who in fields.get("maintainers", ()):
        fits = re.fullmatch(r"[^<>]+ <\S+@\S+>", who)
        tree.require(fits, _FILE, "maintainers", who, "Name <address>")
    for field in ("repository", "issues", "documentation", "discussion"):
        fits = re.fullmatch(r"(?:https?|git)://\S+", fields.get(field, "git://none"))
        tree.require(fits, _FILE, field, fields.get(field), "an address")
    _check_dependencies(tree, _FILE, fields.get("dependencies") or {})
    for pattern in fields.get("files", {}).get("exclude", ()):
        lost = [s for s in tree.sources if fnmatch(s, pattern.replace("**/*", "*"))]
        tree.require(not lost, _FILE, "files.exclude", pattern, "no source")
    for example in fields.get("examples", ()):
        tree.exists(_FILE, "examples.path", example.get("path"), folder=True)
    _check_register(tree)
    _check_example(tree)


def _check_dependencies(tree: Tree, file: str, found: dict[str, object]) -> None:
    for name, given in found.items():
        field = f"dependencies.{name}"
        fits = _NAME.fullmatch(str(name))
        tree.require(fits, file, field, name, "a-z, 0-9, _ and -")
        own = given if isinstance(given, dict) else {"version": given}
        tree.shaped(file, own, _DEPENDENCY, field)
        if "path" in own:
            tree.leads(file, f"{field}.path", str(own["path"]), "")
            continue
        version = own.get("version")
        met = isinstance(version, str) and all(
            _RANGE.fullmatch(part.strip()) for part in version.split(",")
        )
        tree.require(met, file, field, version, "such as >=5.0")


def _check_register(tree: Tree) -> None:
    """Refuse a component that ESP-IDF would not build, or without its flags."""
    text = tree.text(_CMAKE)
    condition = one(r"^if\((\w+)\)", text)
    tree.same(_CMAKE, "if", condition, "ESP_PLATFORM")
    _check_words(tree, _CMAKE, one(r"idf_component_register\(([^)]*)\)", text).split())
    flags = one(r"target_compile_options\(\$\{COMPONENT_LIB\} ([^)]*)\)", text)
    tree.same(_CMAKE, "target_compile_options", flags, "PRIVATE ${ecm_flags}")


def _check_words(tree: Tree, file: str, words: list[str]) -> dict[str, list[str]]:
    """Sort the words of a registration by what they are for."""
    field, at = "idf_component_register", ""
    found: dict[str, list[str]] = {}
    for word in words:
        if re.fullmatch(r"[A-Z_]{4,}", word):
            tree.require(word in _REGISTER, file, field, word, f"{_REGISTER}")
            at = word
        found.setdefault(at, []).append(word)
    tree.require("SRCS" in found, file, field, words, "SRCS")
    folder = file.rpartition("/")[0]
    for kind in ("SRCS", "INCLUDE_DIRS"):
        for name in found.get(kind, [kind])[1:]:
            if not name.startswith("${"):
                path = f"{folder}/{name}" if folder else name
                tree.exists(file, f"{field}.{kind}", path, folder=kind != "SRCS")
    if file == _CMAKE:
        tree.same(file, f"{field}.SRCS", found["SRCS"][1:], ["${ecm_sources}"])
        tree.same(file, f"{field}.INCLUDE_DIRS", found.get("INCLUDE_DIRS"),
                  ["INCLUDE_DIRS", "src"])  # fmt: skip
    return found


def _check_example(tree: Tree) -> None:
    """Refuse a project that does not bring this component along."""
    file = f"{_EXAMPLE}/main/idf_component.yml"
    fields = tree.yaml(file)
    tree.shaped(file, fields, {"dependencies": {"*": object}})
    own = fields.get("dependencies", {})
    tree.same(file, "dependencies", sorted(own), [tree.library])
    _check_dependencies(tree, file, own)
    file = f"{_EXAMPLE}/main/CMakeLists.txt"
    calls = calls_of(tree, file, ("idf_component_register",))
    tree.same(file, "idf_component_register", len(calls), 1)
    _check_words(tree, file, calls[0].words)
    file = f"{_EXAMPLE}/CMakeLists.txt"
    known = ("cmake_minimum_required", "include", "project")
    calls = calls_of(tree, file, known)
    words_of(tree, file, calls, "cmake_minimum_required")
    tree.same(file, "include", words_of(tree, file, calls, "include"),
              ["$ENV{IDF_PATH}/tools/cmake/project.cmake"])  # fmt: skip
    tree.same(file, "project", words_of(tree, file, calls, "project"), [tree.name])
