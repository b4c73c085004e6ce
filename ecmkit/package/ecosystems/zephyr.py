"""Zephyr module: ``zephyr/module.yml``, Kconfig, CMake, and a sample."""

import re

from ecmkit.package.ecosystems.tree import Tree, one

__all__ = ["check"]

_MODULE = "zephyr/module.yml"
_KCONFIG = "zephyr/Kconfig"
_CMAKE = "zephyr/CMakeLists.txt"
_WEST = "examples/zephyr/west.yml"
_KEYS = ("name", "build", "samples", "tests", "boards", "blobs", "security", "runners")
_BUILD = (
    "cmake", "kconfig", "cmake-ext", "kconfig-ext", "depends", "settings",
    "sysbuild-cmake", "sysbuild-kconfig", "sysbuild-cmake-ext", "sysbuild-kconfig-ext",
)  # fmt: skip


def check(tree: Tree) -> None:
    """Refuse what Zephyr's build would, and what it silently takes for nothing."""
    module = tree.yaml(_MODULE)
    tree.known(_MODULE, module, _KEYS)
    tree.same(_MODULE, "name", module.get("name"), tree.library)
    build = module.get("build")
    tree.require(isinstance(build, dict), _MODULE, "build", build, "cmake and kconfig")
    tree.known(_MODULE, build or {}, _BUILD, "build.")
    cmake, kconfig = ((build or {}).get(key) for key in ("cmake", "kconfig"))
    tree.exists(_MODULE, "build.cmake", cmake, folder=True)
    tree.exists(_MODULE, "build.cmake", f"{cmake}/CMakeLists.txt", folder=False)
    tree.exists(_MODULE, "build.kconfig", kconfig, folder=False)
    for sample in module.get("samples", ()):
        tree.exists(_MODULE, "samples", sample, folder=True)
        tree.exists(_MODULE, "samples", f"{sample}/sample.yaml", folder=False)
    _check_kconfig(tree)
    _check_west(tree)
    text = tree.text(_CMAKE)
    tree.same(
        _CMAKE, "if", one(r"^if\((\w+)\)", text), f"CONFIG_{tree.library.upper()}"
    )
    tree.same(_CMAKE, "version", one(r"^# \S+ (\S+) as", text), tree.version)
    listed = one(r"zephyr_library_sources\(\n((?:.*\n)*?)\s*\)", text).split()
    names = [name.removeprefix("../") for name in listed]
    tree.lists_sources(_CMAKE, "zephyr_library_sources", names)


def _check_west(tree: Tree) -> None:
    """Refuse a workspace that would bring another version, or bring nothing."""
    manifest = tree.yaml(_WEST).get("manifest")
    tree.require(isinstance(manifest, dict), _WEST, "manifest", manifest, "projects")
    known = (manifest or {}).get("projects") or []
    own = [p for p in known if isinstance(p, dict) and p.get("name") == tree.library]
    names = [p.get("name") if isinstance(p, dict) else p for p in known]
    tree.require(len(own) == 1, _WEST, "manifest.projects", names, tree.library)
    where = "manifest.projects.revision"
    tree.same(_WEST, where, own[0].get("revision"), f"v{tree.version}")
    url = own[0].get("url")
    tree.require(bool(url), _WEST, "manifest.projects.url", url, "an address")


def _check_kconfig(tree: Tree) -> None:
    """Symbols have the name of the library in front, so that none is another's."""
    text, upper = tree.text(_KCONFIG), tree.library.upper()
    tree.same(_KCONFIG, "version", one(r"^# \S+ (\S+)$", text), tree.version)
    symbols = re.findall(r"^(?:menu)?config (\S+)$", text, re.M)
    tree.require(upper in symbols, _KCONFIG, "menuconfig", symbols, upper)
    for symbol in symbols:
        own = symbol == upper or symbol.startswith(f"{upper}_")
        tree.require(own, _KCONFIG, "config", symbol, f"{upper} or {upper}_...")
    for use in re.findall(r"^if (\S+)$", text, re.M):
        tree.require(use in symbols, _KCONFIG, "if", use, f"one of {symbols}")
    opened, closed = (len(re.findall(rf"^{w}\b", text, re.M)) for w in ("if", "endif"))
    tree.require(opened == closed, _KCONFIG, "endif", closed, f"{opened} of them")
