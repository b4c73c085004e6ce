"""Zephyr module: ``zephyr/module.yml``, Kconfig, CMake, and a sample."""

import re

from ecmkit.package.ecosystems.cmake import FLAGS
from ecmkit.package.ecosystems.cmake_text import calls_of, words_of
from ecmkit.package.ecosystems.tree import Tree, one

__all__ = ["check"]

_MODULE = "zephyr/module.yml"
_KCONFIG = "zephyr/Kconfig"
_CMAKE = "zephyr/CMakeLists.txt"
_WEST = "examples/zephyr/west.yml"
_SAMPLE = "examples/zephyr/sample.yaml"
_CONF = "examples/zephyr/prj.conf"
_PROJECT = "examples/zephyr/CMakeLists.txt"
_ROOTS = ("board", "dts", "soc", "arch", "module_ext", "sca", "snippet")
_SHAPE = {
    "name": str, "samples": [str], "tests": [str], "boards": [str],
    "build": {
        "cmake": str, "kconfig": str, "cmake-ext": bool, "kconfig-ext": bool,
        "depends": [str], "settings": {f"{name}_root": str for name in _ROOTS},
        "sysbuild-cmake": str, "sysbuild-kconfig": str, "sysbuild-cmake-ext": bool,
        "sysbuild-kconfig-ext": bool,
    },
    "security": {"external-references": [str]}, "runners": [{"file": str}],
}  # fmt: skip
_WORKSPACE = {
    "manifest": {
        "defaults": {"remote": str, "revision": str},
        "remotes": [{"name": str, "url-base": str}],
        "projects": [{
            "name": str, "url": str, "remote": str, "repo-path": str, "revision": str,
            "path": str, "import": object, "clone-depth": object, "submodules": object,
            "groups": [str], "description": str,
        }],
        "self": {"path": str, "import": object},
        "group-filter": [str], "version": object,
    },
}  # fmt: skip
_SAMPLE_SHAPE = {
    "sample": {"name": str, "description": str},
    "common": {"*": object},
    "tests": {
        "*": {
            "build_only": bool, "filter": str, "tags": object, "harness": str,
            "platform_allow": object, "integration_platforms": [str],
            "extra_args": object, "extra_configs": [str], "depends_on": object,
        },
    },
}  # fmt: skip
_LINES = re.compile(
    r"#.*|(?:menu)?config [A-Z0-9_]+|if .+|endif(?: .*)?|menu \".+\"|endmenu"
    r"|source \".+\"|\s+(?:(?:bool|int|hex|string|tristate)(?: \"[^\"]*\")?"
    r"|prompt \".+\"|(?:imply|select|depends on) [A-Z0-9_ !&|()]+"
    r"|default (?:[yn]|\d+|0x[0-9a-fA-F]+|[A-Z0-9_]+|\".*\")(?: if .+)?"
    r"|range \S+ \S+|help)"
)
_COMMANDS = (
    "if", "endif", "zephyr_library_named", "zephyr_library_sources",
    "zephyr_include_directories", "zephyr_library_compile_options",
)  # fmt: skip
_PROJECT_COMMANDS = (
    "cmake_minimum_required", "list", "find_package", "project", "target_sources",
)  # fmt: skip


def check(tree: Tree) -> None:
    """Refuse what Zephyr's build would, and what it silently takes for nothing."""
    module = tree.yaml(_MODULE)
    tree.shaped(_MODULE, module, _SHAPE)
    tree.same(_MODULE, "name", module.get("name"), tree.library)
    build = module.get("build") or {}
    tree.require(build, _MODULE, "build", build, "cmake and kconfig")
    cmake, kconfig = (build.get(key) for key in ("cmake", "kconfig"))
    tree.exists(_MODULE, "build.cmake", cmake, folder=True)
    tree.exists(_MODULE, "build.cmake", f"{cmake}/CMakeLists.txt", folder=False)
    tree.exists(_MODULE, "build.kconfig", kconfig, folder=False)
    for field, root in build.get("settings", {}).items():
        tree.exists(_MODULE, f"build.settings.{field}", root, folder=True)
    for field in ("samples", "tests", "boards"):
        for folder in module.get(field, ()):
            tree.exists(_MODULE, field, folder, folder=True)
    for sample in module.get("samples", ()):
        tree.exists(_MODULE, "samples", f"{sample}/sample.yaml", folder=False)
    _check_kconfig(tree)
    _check_west(tree)
    _check_sample(tree)
    text = tree.text(_CMAKE)
    upper = f"CONFIG_{tree.library.upper()}"
    tree.same(_CMAKE, "if", one(r"^if\((\w+)\)", text), upper)
    tree.same(_CMAKE, "version", one(r"^# \S+ (\S+) as", text), tree.version)
    calls = calls_of(tree, _CMAKE, _COMMANDS)
    words_of(tree, _CMAKE, calls, "zephyr_library_named", first=tree.library)
    listed = words_of(tree, _CMAKE, calls, "zephyr_library_sources")
    names = [name.removeprefix("../") for name in listed]
    tree.lists_sources(_CMAKE, "zephyr_library_sources", names)
    for folder in words_of(tree, _CMAKE, calls, "zephyr_include_directories"):
        tree.leads(_CMAKE, "zephyr_include_directories", folder, "src")
    flags = words_of(tree, _CMAKE, calls, "zephyr_library_compile_options")
    for flag in FLAGS:
        met = flag in flags
        tree.require(met, _CMAKE, "zephyr_library_compile_options", flags, flag)


def _check_sample(tree: Tree) -> None:
    """Refuse a sample that does not build, or without the module."""
    fields = tree.yaml(_SAMPLE)
    tree.shaped(_SAMPLE, fields, _SAMPLE_SHAPE)
    for field in ("sample", "tests"):
        tree.require(fields.get(field), _SAMPLE, field, fields.get(field), "fields")
    name = fields["sample"].get("name")
    tree.same(_SAMPLE, "sample.name", name, tree.library)
    lines = [line for line in tree.text(_CONF).splitlines() if line.strip()]
    for line in lines:
        met = re.fullmatch(r"#.*|CONFIG_[A-Z0-9_]+=(?:[yn]|\d+|\"[^\"]*\")", line)
        name, _, value = line.partition("=")
        tree.require(met, _CONF, name, value or line, "CONFIG_...= y, n or a number")
    own = f"CONFIG_{tree.library.upper()}=y"
    tree.require(own in lines, _CONF, own.removesuffix("=y"), lines, own)
    calls = calls_of(tree, _PROJECT, _PROJECT_COMMANDS)
    modules = words_of(tree, _PROJECT, calls, "list", first="APPEND")
    where = modules[-1].replace("${CMAKE_CURRENT_SOURCE_DIR}", ".")
    tree.leads(_PROJECT, "ZEPHYR_EXTRA_MODULES", where, "")
    words_of(tree, _PROJECT, calls, "find_package", first="Zephyr")
    sources = words_of(tree, _PROJECT, calls, "target_sources", first="app")
    for source in sources[2:]:
        path = f"examples/zephyr/{source}"
        tree.exists(_PROJECT, "target_sources", path, folder=False)


def _check_west(tree: Tree) -> None:
    """Refuse a workspace that would bring another version, or bring nothing."""
    found = tree.yaml(_WEST)
    tree.shaped(_WEST, found, _WORKSPACE)
    known = found.get("manifest", {}).get("projects") or []
    own = [p for p in known if p.get("name") == tree.library]
    names = [p.get("name") for p in known]
    tree.require(len(own) == 1, _WEST, "manifest.projects", names, tree.library)
    for project in known:
        for field in ("name", "url", "revision"):
            met = bool(project.get(field))
            at = f"manifest.projects.{field}"
            tree.require(met, _WEST, at, project.get(field), "a text")
    where = "manifest.projects.revision"
    tree.same(_WEST, where, own[0].get("revision"), f"v{tree.version}")


def _check_kconfig(tree: Tree) -> None:
    """Symbols have the name of the library in front, so that none is another's."""
    text, upper = tree.text(_KCONFIG), tree.library.upper()
    tree.same(_KCONFIG, "version", one(r"^# \S+ (\S+)$", text), tree.version)
    symbols = re.findall(r"^(?:menu)?config (\S+)$", text, re.M)
    tree.require(upper in symbols, _KCONFIG, "menuconfig", symbols, upper)
    kind = one(rf"^(?:menu)?config {upper}\n\s+(\w+)", text)
    tree.same(_KCONFIG, upper, kind, "bool")
    for symbol in symbols:
        own = symbol == upper or symbol.startswith(f"{upper}_")
        tree.require(own, _KCONFIG, "config", symbol, f"{upper} or {upper}_...")
    for use in re.findall(r"^if (\S+)$", text, re.M):
        tree.require(use in symbols, _KCONFIG, "if", use, f"one of {symbols}")
    for first, last in (("if", "endif"), ("menu", "endmenu")):
        opened, closed = (
            len(re.findall(rf"^{word}\b", text, re.M)) for word in (first, last)
        )
        tree.require(opened == closed, _KCONFIG, last, closed, f"{opened} of them")
    for line in re.sub(r"(?m)^(\s+)help\n(?:\1\s+.*\n|\n)*", "", text).splitlines():
        met = not line.strip() or _LINES.fullmatch(line)
        word = line.strip().partition(" ")[0]
        tree.require(met, _KCONFIG, word, line.strip(), "a line of Kconfig")
    for name in re.findall(r'^source "(.+)"$', text, re.M):
        tree.exists(_KCONFIG, "source", name, folder=False)
