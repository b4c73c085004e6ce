"""Plain CMake: by ``find_package`` when installed, by ``FetchContent`` otherwise."""

import re

from ecmkit.package.ecosystems.cmake_text import Call, calls_of, words_of
from ecmkit.package.ecosystems.tree import Tree

__all__ = ["FLAGS", "check"]

FLAGS = ("-ffp-contract=off", "-fno-fast-math", "-fno-math-errno")
"""Without these the results differ from those that were proven."""
_FILE = "CMakeLists.txt"
_EXAMPLE = "examples/cmake/CMakeLists.txt"
_COMMANDS = (
    "set", "if", "endif", "return", "idf_component_register", "target_compile_options",
    "cmake_minimum_required", "project", "include", "add_library", "install",
    "set_target_properties", "target_include_directories",
    "configure_package_config_file", "write_basic_package_version_file",
)  # fmt: skip
_EXAMPLE_COMMANDS = (
    "cmake_minimum_required", "project", "find_package", "if", "endif", "cmake_policy",
    "include", "set", "FetchContent_Declare", "FetchContent_MakeAvailable",
    "add_executable", "target_link_libraries",
)  # fmt: skip
_COMPATIBLE = (
    "AnyNewerVersion", "SameMajorVersion", "SameMinorVersion", "ExactVersion",
)  # fmt: skip


def check(tree: Tree) -> None:
    """Refuse a project that CMake would not configure, or that misses a source."""
    calls = calls_of(tree, _FILE, _COMMANDS)
    _check_project(tree, calls)
    listed = words_of(tree, _FILE, calls, "set", first="ecm_sources")[1:]
    tree.lists_sources(_FILE, "ecm_sources", listed)
    flags = words_of(tree, _FILE, calls, "set", first="ecm_flags")[1:]
    for flag in FLAGS:
        tree.require(flag in flags, _FILE, "ecm_flags", flags, flag)
    name = tree.library
    alias = f"{name}::{name}"
    tree.same(_FILE, "add_library", words_of(tree, _FILE, calls, "add_library"),
              [name, "STATIC", "${ecm_sources}"])  # fmt: skip
    found = words_of(tree, _FILE, calls, "add_library", first=alias)
    tree.same(_FILE, "add_library", found, [alias, "ALIAS", name])
    given = words_of(tree, _FILE, calls, "target_compile_options", first=name)
    met = "${ecm_flags}" in " ".join(given)
    tree.require(met, _FILE, "target_compile_options", given, "${ecm_flags}")
    folders = words_of(tree, _FILE, calls, "target_include_directories", first=name)
    built = "$<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/src>"
    met = built in folders
    tree.require(met, _FILE, "target_include_directories", folders, built)
    _check_install(tree, calls)
    _check_example(tree)


def _check_project(tree: Tree, calls: list[Call]) -> None:
    needed = words_of(tree, _FILE, calls, "cmake_minimum_required")
    known = needed[:1] == ["VERSION"] and re.fullmatch(r"\d\.\d+", needed[-1])
    tree.require(known, _FILE, "cmake_minimum_required", needed, "VERSION 3.16")
    names = [call.name for call in calls]
    met = names.index("cmake_minimum_required") < names.index("project")
    tree.require(met, _FILE, "cmake_minimum_required", "it behind", "it before project")
    project = words_of(tree, _FILE, calls, "project")
    tree.same(_FILE, "project", project[0], tree.library)
    given = dict(zip(project[1::2], project[2::2], strict=False))
    tree.same(_FILE, "VERSION", given.get("VERSION"), tree.version)
    tree.same(_FILE, "LANGUAGES", given.get("LANGUAGES"), "C")
    standard = words_of(tree, _FILE, calls, "set_target_properties", first=tree.library)
    at = standard.index("C_STANDARD") + 1 if "C_STANDARD" in standard else 0
    met = standard[at] in ("99", "11", "17", "23")
    tree.require(met, _FILE, "C_STANDARD", standard[at], "99 or later")


def _check_install(tree: Tree, calls: list[Call]) -> None:
    """Refuse an installation that ``find_package`` does not find, or that is empty."""
    name = tree.library
    for module in ("CMakePackageConfigHelpers", "GNUInstallDirs"):
        words_of(tree, _FILE, calls, "include", first=module)
    words = words_of(tree, _FILE, calls, "write_basic_package_version_file")
    met = words[-2] == "COMPATIBILITY" and words[-1] in _COMPATIBLE
    tree.require(met, _FILE, "COMPATIBILITY", words[-1], f"one of {_COMPATIBLE}")
    words = words_of(tree, _FILE, calls, "install", first="EXPORT")
    at = words.index("NAMESPACE") + 1 if "NAMESPACE" in words else 0
    tree.same(_FILE, "install.NAMESPACE", words[at], f"{name}::")
    words = words_of(tree, _FILE, calls, "install", first="DIRECTORY")
    tree.exists(_FILE, "install.DIRECTORY", words[1], folder=True)
    words_of(tree, _FILE, calls, "install", first="TARGETS")
    config = f"cmake/{name}Config.cmake.in"
    words = words_of(tree, _FILE, calls, "configure_package_config_file")
    tree.same(_FILE, "configure_package_config_file", words[0], config)
    tree.exists(_FILE, "configure_package_config_file", config, folder=False)
    met = "@PACKAGE_INIT@\n" in tree.text(config)
    tree.require(met, config, "PACKAGE_INIT", "nothing of it", "@PACKAGE_INIT@")
    own = calls_of(tree, config, ("include", "check_required_components"))
    targets = f'"${{CMAKE_CURRENT_LIST_DIR}}/{name}Targets.cmake"'
    tree.same(config, "include", words_of(tree, config, own, "include"), [targets])
    words_of(tree, config, own, "check_required_components", first=name)


def _check_example(tree: Tree) -> None:
    calls = calls_of(tree, _EXAMPLE, _EXAMPLE_COMMANDS)
    words = words_of(tree, _EXAMPLE, calls, "find_package", first=tree.library)
    tree.same(_EXAMPLE, "find_package", words[1], tree.version)
    words = words_of(tree, _EXAMPLE, calls, "add_executable")
    for source in words[1:]:
        tree.exists(
            _EXAMPLE, "add_executable", f"examples/cmake/{source}", folder=False
        )
    words = words_of(tree, _EXAMPLE, calls, "target_link_libraries")
    tree.same(_EXAMPLE, "target_link_libraries", words[-1],
              f"{tree.library}::{tree.library}")  # fmt: skip
