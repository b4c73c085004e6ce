"""Applications in, packages out: sources, library and firmware for a target."""

from ecmkit.package.application import CLASSES_MAX, Application
from ecmkit.package.build import build
from ecmkit.package.manifest import Manifest, Package, load_package
from ecmkit.package.model import build_model
from ecmkit.package.model_data import build_update
from ecmkit.package.texts import write_readme
from ecmkit.package.toolchain import Compiler, find_compiler

__all__ = [
    "CLASSES_MAX",
    "Application",
    "Compiler",
    "Manifest",
    "Package",
    "build",
    "build_model",
    "build_update",
    "find_compiler",
    "load_package",
    "write_readme",
]
