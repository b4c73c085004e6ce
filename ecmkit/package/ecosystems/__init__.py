"""One tree for every ecosystem of firmware: what each reads, and a check of its own."""

from ecmkit.package.ecosystems.checks import ECOSYSTEMS, check_ecosystems
from ecmkit.package.ecosystems.write import library_name, write_ecosystems

__all__ = ["ECOSYSTEMS", "check_ecosystems", "library_name", "write_ecosystems"]
