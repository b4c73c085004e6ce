"""Plain CMake: by ``find_package`` when installed, by ``FetchContent`` otherwise."""

import re

from ecmkit.package.ecosystems.tree import Tree, one

__all__ = ["check"]

_FILE = "CMakeLists.txt"
_FLAGS = ("-ffp-contract=off", "-fno-fast-math", "-fno-math-errno")


def check(tree: Tree) -> None:
    """Refuse a project that CMake would not configure, or that misses a source."""
    text = tree.text(_FILE)
    tree.same(_FILE, "project", one(r"^project\((\S+)", text), tree.library)
    tree.same(_FILE, "VERSION", one(r"^project\(\S+ VERSION (\S+)", text), tree.version)
    listed = one(r"^set\(ecm_sources\n((?:.*\n)*?)\)", text).split()
    tree.lists_sources(_FILE, "ecm_sources", listed)
    flags = one(r"^set\(ecm_flags ([^)]*)\)", text).split()
    for flag in _FLAGS:
        tree.require(flag in flags, _FILE, "ecm_flags", flags, flag)
    alias = f"{tree.library}::{tree.library}"
    found = re.search(rf"^add_library\({alias} ALIAS {tree.library}\)", text, re.M)
    tree.require(found, _FILE, "add_library", "no alias", alias)
    config = f"cmake/{tree.library}Config.cmake.in"
    tree.exists(_FILE, "configure_package_config_file", config, folder=False)
    tree.require(
        "@PACKAGE_INIT@" in tree.text(config),
        config,
        "PACKAGE_INIT",
        "nothing of it",
        "@PACKAGE_INIT@",
    )
