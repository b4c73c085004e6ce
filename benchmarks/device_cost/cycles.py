"""Where the instructions of a run go, and what Arm's table of timings makes of them.

Cortex-M4 Technical Reference Manual (Arm 100166), table 3-1 and that of the
floating-point unit, for memory without wait states. The table leaves a
range open, and so does this: a load or store may overlap its neighbour (1 cycle) or
not (2), a taken branch refills the pipeline in 1 to 3 cycles, an integer division takes
2 to 12. What the table does not count: waiting for the result of the floating-point
instruction before, and for the flash.
"""

import bisect
import re
import subprocess
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from ecmkit import bench

__all__ = ["Profile"]

_LINE = re.compile(r"^\s*([0-9a-f]+):\t[0-9a-f ]+\t(\S+)(?:\t(.*))?$", re.MULTILINE)
_CORE_REGISTER = re.compile(r"\b(r\d+|sl|fp|ip|sp|lr)\b")
_FUSED = ("vmla", "vmls", "vnmla", "vnmls", "vfma", "vfms", "vfnma", "vfnms")
_MULTIPLE = ("ldm", "stm", "push", "pop", "vldm", "vstm", "vpush", "vpop")
_REFILL = 1, 3


@dataclass
class Profile:
    """Counts how often each block of a firmware runs; `ecmkit.bench` reports them."""

    blocks: Counter[tuple[int, int]] = field(default_factory=Counter)
    """Address and size."""
    _taken: Counter[tuple[int, int]] = field(default_factory=Counter)
    _last: tuple[int, int] = (0, 0)

    def on_block(self, address: int, size: int) -> None:
        """Take note of a block; one that does not adjoin it was left by a branch."""
        self.blocks[address, size] += 1
        if sum(self._last) != address:
            self._taken[self._last] += 1
        self._last = address, size

    def functions(self, firmware: Path, image: bench.Image) -> Counter[str]:
        """Instructions of each function."""
        code = _disassemble(firmware)
        starts = sorted((at, name) for name, at in image.addresses.items())
        addresses = [at for at, _ in starts]
        found: Counter[str] = Counter()
        for (address, size), times in self.blocks.items():
            name = starts[bisect.bisect_right(addresses, address) - 1][1]
            found[name] += times * len(code.within(address, size))
        return found

    def cycles(self, firmware: Path) -> tuple[int, int, int]:
        """Instructions, and least and most cycles by the table."""
        code = _disassemble(firmware)
        instructions = low = high = 0
        for (address, size), times in self.blocks.items():
            inside = code.within(address, size)
            instructions += times * len(inside)
            low += times * sum(least for least, _ in inside)
            high += times * sum(most for _, most in inside)
        taken = sum(self._taken.values())
        return instructions, low + _REFILL[0] * taken, high + _REFILL[1] * taken


@dataclass(frozen=True)
class _Code:
    addresses: list[int]
    cycles: list[tuple[int, int]]

    def within(self, address: int, size: int) -> list[tuple[int, int]]:
        first = bisect.bisect_left(self.addresses, address)
        return self.cycles[first : bisect.bisect_left(self.addresses, address + size)]


def _disassemble(firmware: Path) -> _Code:
    said = subprocess.run(
        ["arm-none-eabi-objdump", "-d", firmware],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = sorted(
        (int(at, 16), _cycles(name, operands or ""))
        for at, name, operands in _LINE.findall(said)
    )
    return _Code([at for at, _ in found], [cycles for _, cycles in found])


def _cycles(name: str, operands: str) -> tuple[int, int]:
    """Least and most cycles of an instruction, its branch not taken."""
    if name.startswith(_MULTIPLE):
        n = 1 + _registers(operands)
        return n, n
    if name.startswith(("ldrd", "strd")):
        return 3, 3
    if name.startswith(("ldr", "str")):
        return 1, 2
    if name.startswith(("vldr", "vstr")):
        return 2, 2
    if name.startswith(("vdiv", "vsqrt")):
        return 14, 14
    if name.startswith(_FUSED):
        return 3, 3
    if name.startswith(("udiv", "sdiv")):
        return 2, 12
    if name.startswith(("tbb", "tbh")):
        return 2, 2
    if name.startswith("vmov") and _CORE_REGISTER.search(operands):
        return 2, 2
    return 1, 1


def _registers(operands: str) -> int:
    """Count the words in a list such as ``{r4, r6-r8, lr}`` or ``{d8-d15}``."""
    inside = operands.partition("{")[2].partition("}")[0]
    n = 0
    for part in inside.split(","):
        low, _, high = (re.sub(r"\D", "", end) for end in part.partition("-"))
        n += int(high) - int(low) + 1 if high else 1
    return 2 * n if inside.startswith("d") else n
