"""Runs firmware in Unicorn, the processor of QEMU as a library: wheels only."""

import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecmkit.bench.elf import Image, read_image
from ecmkit.bench.mailbox import BenchMemory, Mailbox, Task, measurement
from ecmkit.bench.records import PROFILE_DTYPE, Measurement
from ecmkit.errors import DeviceError, MissingError, TargetError
from ecmkit.targets import Target

__all__ = ["available", "run"]

_PPB = 0xE0000000, 0x100000  # system registers of a Cortex-M
_ARCHS = ("arm", "riscv32")
_PAGE = 0x1000
_BLOCKS_PER_LOOK = 1 << 15


def available(target: Target) -> str:
    """Say why a target cannot be run here; empty if it can."""
    import importlib.util

    if "unicorn" not in target.emulators:
        return f"{target.name} names no processor for unicorn"
    if target.cpu.arch not in _ARCHS:
        return f"unicorn does not know {target.cpu.arch}"
    if importlib.util.find_spec("unicorn") is None:
        return "unicorn is not installed: `pip install ecmkit[cross]`"
    return ""


def run(
    firmware: Path,
    target: Target,
    task: Task,
    *,
    timeout_s: float = 300.0,
) -> Measurement:
    """Run firmware that has the bench in it.

    Parameters
    ----------
    firmware : Path
        Image, linked for `target`.
    target : Target
        Names the processor.
    task : Task
        What it is to do.
    timeout_s : float
        Wall clock after which the firmware is given up.

    Returns
    -------
    Measurement
        Exact instruction counts of every call.

    Raises
    ------
    DeviceError
        If the firmware faults, hangs or is refused.
    MissingError
        If unicorn is not installed.
    """
    reason = available(target)
    if reason:
        raise MissingError(reason)
    import unicorn

    image = read_image(firmware, target)
    mailbox = task.mailbox(BenchMemory.of(image, target))
    name = f"unicorn {unicorn.__version__}"
    core = _core(target)
    uc = unicorn.Uc(core.arch, core.mode)
    uc.ctl_set_cpu_model(core.model)
    _map(uc, target)
    _load(uc, firmware)
    uc.mem_write(mailbox.at, mailbox.image)
    entry = image.addresses["ecm_start_reset"]
    if core.vectors:
        stack, entry = struct.unpack("<2I", uc.mem_read(target.flash.origin, 8))
        uc.reg_write(core.sp, stack)
    counter = _Counter(uc, core, image, time.monotonic() + timeout_s)
    uc.hook_add(unicorn.UC_HOOK_BLOCK, counter.block)
    done = image.addresses["ecm_bench_done"]
    try:
        uc.emu_start(entry, done)
    except unicorn.UcError as error:
        at = uc.reg_read(core.pc)
        raise DeviceError(
            f"{name}: {error} at {at:#x} in {image.function_at(at)}"
        ) from error
    if counter.late:
        raise DeviceError(
            f"{name}: not done after {timeout_s:g} s, last seen in "
            f"{image.function_at(counter.at)}"
        )
    head = bytes(uc.mem_read(mailbox.at, Mailbox.HEAD_BYTES))
    stream = bytes(uc.mem_read(mailbox.out_at, mailbox.out_used(head)))
    profile, counts = counter.read()
    measured = measurement(
        task,
        [head],
        [stream],
        counts,
        runner=name,
        counter="instructions",
    )
    return replace(measured, profile=profile)


@dataclass(frozen=True, kw_only=True)
class _Core:
    """What unicorn calls an architecture, and how its instructions are told apart."""

    arch: int
    mode: int
    model: int
    pc: int
    sp: int
    vectors: bool
    """Whether stack pointer and start stand in front of the code."""
    instructions: Callable[[bytes], int]
    """Number of instructions in a block."""


def _core(target: Target) -> _Core:
    import unicorn

    model = target.emulators["unicorn"].model.upper().replace("-", "_")
    if target.cpu.arch == "arm":
        from unicorn import arm_const as arm

        return _Core(
            arch=unicorn.UC_ARCH_ARM,
            mode=unicorn.UC_MODE_THUMB | unicorn.UC_MODE_MCLASS,
            model=_model(target, arm, f"UC_CPU_ARM_{model}"),
            pc=arm.UC_ARM_REG_PC,
            sp=arm.UC_ARM_REG_SP,
            vectors=True,
            instructions=_thumb_instructions,
        )
    from unicorn import riscv_const as riscv

    return _Core(
        arch=unicorn.UC_ARCH_RISCV,
        mode=unicorn.UC_MODE_RISCV32,
        model=_model(target, riscv, f"UC_CPU_RISCV32_{model}"),
        pc=riscv.UC_RISCV_REG_PC,
        sp=riscv.UC_RISCV_REG_SP,
        vectors=False,
        instructions=_riscv_instructions,
    )


def _model(target: Target, constants: Any, name: str) -> int:
    found: int | None = getattr(constants, name, None)
    if found is None:
        model = target.emulators["unicorn"].model
        raise TargetError(
            f"{target.name}: `emulators.unicorn.model` is {model!r}: this unicorn has "
            f"no {name}"
        )
    return found


def _map(uc: Any, target: Target) -> None:
    for memory in (target.flash, target.ram, target.host):
        origin = memory.origin // _PAGE * _PAGE
        uc.mem_map(origin, -(-(memory.end - origin) // _PAGE) * _PAGE)
    if target.cpu.arch == "arm":
        uc.mem_map(*_PPB)


def _load(uc: Any, path: Path) -> None:
    from elftools.elf.elffile import ELFFile

    with path.open("rb") as stream:
        for segment in ELFFile(stream).iter_segments("PT_LOAD"):
            if segment["p_filesz"]:
                uc.mem_write(segment["p_paddr"], segment.data())


class _Counter:
    """Counts instructions between the marks, block by block.

    A block is entered at its start and left at its end, so it is enough to count how
    often each runs; how many instructions are in it follows from its bytes.
    """

    def __init__(
        self,
        uc: Any,
        core: _Core,
        image: Image,
        deadline: float,
    ) -> None:
        self._uc = uc
        self._instructions = core.instructions
        self._begin = image.addresses["ecm_bench_begin"]
        self._end = image.addresses["ecm_bench_end"]
        self._deadline = deadline
        self._active = False
        self._times: dict[tuple[int, int, bool], int] = {}
        self._next = 0
        self._looks = _BLOCKS_PER_LOOK
        self._segments: list[dict[tuple[int, int, bool], int]] = []
        self.late = False
        self.at = 0
        self.block: Callable[..., None] = self._block

    def read(self) -> tuple[NDArray[np.void], NDArray[np.uint64]]:
        """Return what ran, and the instructions of each segment."""
        lengths: dict[tuple[int, int], int] = {}
        rows = []
        for segment, blocks in enumerate(self._segments):
            for (address, size, jumped), times in blocks.items():
                n = lengths.get((address, size))
                if n is None:
                    n = self._instructions(bytes(self._uc.mem_read(address, size)))
                    lengths[address, size] = n
                jumps = times if jumped else 0
                rows.append((segment, address, size, times, jumps, n * times))
        profile = np.array(rows, PROFILE_DTYPE)
        counts = np.zeros(len(self._segments), np.uint64)
        np.add.at(counts, profile["segment"], profile["count"])
        return profile, counts

    def _block(self, uc: Any, address: int, size: int, _data: object) -> None:
        self._looks -= 1
        if self._looks == 0:
            self._look(address)
        if address == self._begin:
            self._active, self._times = True, {}
        elif address == self._end:
            self._active = False
            self._segments.append(self._times)
        elif self._active:
            key = (address, size, address != self._next)
            self._times[key] = self._times.get(key, 0) + 1
            self._next = address + size

    def _look(self, address: int) -> None:
        """Stop a run that is over its time."""
        self._looks = _BLOCKS_PER_LOOK
        if time.monotonic() > self._deadline:
            self.late, self.at = True, address
            self._uc.emu_stop()


def _thumb_instructions(code: bytes) -> int:
    """Count Thumb instructions: 0b11101, 0b11110 and 0b11111 start a long one."""
    n = at = 0
    while at < len(code):
        at += 4 if code[at + 1] >> 3 >= 0b11101 else 2
        n += 1
    return n


def _riscv_instructions(code: bytes) -> int:
    """Count instructions of RISC-V: 0b11 at the lower end makes a long one."""
    n = at = 0
    while at < len(code):
        at += 4 if code[at] & 3 == 3 else 2
        n += 1
    return n
