"""The table of ecosystems, and the check that a package passes in all of them."""

import importlib
from collections.abc import Callable

from ecmkit.package.ecosystems.tree import Tree
from ecmkit.package.ecosystems.write import library_name
from ecmkit.package.manifest import Package

__all__ = ["ECOSYSTEMS", "check_ecosystems"]

ECOSYSTEMS = {
    "CMake": "ecmkit.package.ecosystems.cmake:check",
    "Zephyr": "ecmkit.package.ecosystems.zephyr:check",
    "Arduino": "ecmkit.package.ecosystems.arduino:check",
    "PlatformIO": "ecmkit.package.ecosystems.platformio:check",
    "ESP-IDF": "ecmkit.package.ecosystems.espidf:check",
    "CMSIS-Pack": "ecmkit.package.ecosystems.cmsis:check",
    "Cargo": "ecmkit.package.ecosystems.cargo:check",
    "MicroPython": "ecmkit.package.ecosystems.micropython:check",
    "static library": "ecmkit.package.ecosystems.static:check",
}
"""Check of each ecosystem's files: ``"module:function"``."""


def check_ecosystems(package: Package) -> tuple[str, ...]:
    """Hold what each ecosystem reads against its rules and the package's version.

    Parameters
    ----------
    package : Package
        On disk.

    Returns
    -------
    tuple of str
        Names of the ecosystems, all of which take the package.

    Raises
    ------
    FormatError
        Naming file, field, found and expected.
    MissingError
        If no reader of YAML is installed.
    """
    manifest = package.manifest
    tree = Tree(
        path=package.path,
        name=manifest.name,
        library=library_name(manifest.name),
        release=manifest.release,
        cpu=manifest.cpu,
        compiled=package.compiled,
    )
    for place in ECOSYSTEMS.values():
        module, _, name = place.partition(":")
        run: Callable[[Tree], None] = getattr(importlib.import_module(module), name)
        run(tree)
    return tuple(ECOSYSTEMS)
