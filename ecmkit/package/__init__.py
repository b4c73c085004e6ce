"""Applications in, packages out: sources, library and firmware for a target."""

from ecmkit.package.application import CLASSES_MAX, Application, Queue
from ecmkit.package.archive import opened, write_archives
from ecmkit.package.build import build, copy_support
from ecmkit.package.device import Device
from ecmkit.package.ecosystems import ECOSYSTEMS, check_ecosystems
from ecmkit.package.manifest import Manifest, Package, is_package, load_package
from ecmkit.package.model import build_model
from ecmkit.package.model_data import build_update
from ecmkit.package.release import Release, version_key
from ecmkit.package.seal import check_files, check_signature, seal
from ecmkit.package.sources import Memory
from ecmkit.package.texts import write_readme
from ecmkit.package.toolchain import Compiler, find_compiler
from ecmkit.package.updates import (
    UpdateFacts,
    UpdatePart,
    check_update,
    describe_update,
    parts_of,
    scheme_of,
    sign_update,
)

__all__ = [
    "CLASSES_MAX",
    "ECOSYSTEMS",
    "Application",
    "Compiler",
    "Device",
    "Manifest",
    "Memory",
    "Package",
    "Queue",
    "Release",
    "UpdateFacts",
    "UpdatePart",
    "build",
    "build_model",
    "build_update",
    "check_ecosystems",
    "check_files",
    "check_signature",
    "check_update",
    "copy_support",
    "describe_update",
    "find_compiler",
    "is_package",
    "load_package",
    "opened",
    "parts_of",
    "scheme_of",
    "seal",
    "sign_update",
    "version_key",
    "write_archives",
    "write_readme",
]
