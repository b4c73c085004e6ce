"""ESP-IDF component: ``idf_component.yml``; its build is in the CMakeLists.txt."""

import re

from ecmkit.package.ecosystems.tree import Tree, one

__all__ = ["check"]

_FILE = "idf_component.yml"
_CMAKE = "CMakeLists.txt"
_KEYS = (
    "version", "description", "url", "license", "targets", "dependencies",
    "maintainers", "tags", "files", "examples", "repository", "repository_info",
    "issues", "documentation", "discussion",
)  # fmt: skip
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


def check(tree: Tree) -> None:
    """Refuse what the registry refuses, and fields and targets that it lets pass."""
    fields = tree.yaml(_FILE)
    tree.known(_FILE, fields, _KEYS)
    tree.same(_FILE, "version", fields.get("version"), tree.version)
    description = fields.get("description")
    tree.require(description, _FILE, "description", description, "a text")
    if "license" not in fields:
        tree.exists(_FILE, "license", "LICENSE", folder=False)
    for target in fields.get("targets", ()):
        tree.require(target in _TARGETS, _FILE, "targets", target, f"{_TARGETS}")
    for tag in fields.get("tags", ()):
        fits = isinstance(tag, str) and re.fullmatch(r"[A-Za-z0-9_-]{3,32}", tag)
        tree.require(fits, _FILE, "tags", tag, "3 to 32 letters, digits, _ and -")
    for name, given in (fields.get("dependencies") or {}).items():
        version = given.get("version") if isinstance(given, dict) else given
        met = isinstance(version, str) and all(
            _RANGE.fullmatch(part.strip()) for part in version.split(",")
        )
        tree.require(met, _FILE, f"dependencies.{name}", version, "such as >=5.0")
    for example in fields.get("examples", ()):
        tree.known(_FILE, example, ("path",), "examples.")
        tree.exists(_FILE, "examples.path", example.get("path"), folder=True)
    call = one(r"idf_component_register\(([^)]*)\)", tree.text(_CMAKE))
    words = [w for w in re.findall(r"(?<![\w{])[A-Z_]{4,}(?!\w)", call)]
    tree.require("SRCS" in words, _CMAKE, "idf_component_register", words, "SRCS")
    for word in words:
        tree.require(
            word in _REGISTER, _CMAKE, "idf_component_register", word, f"{_REGISTER}"
        )
