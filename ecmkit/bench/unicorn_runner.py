"""Runs firmware in Unicorn, the processor of QEMU as a library: wheels only."""

import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ecmkit.bench.elf import Image, read_image
from ecmkit.bench.mailbox import Mailbox
from ecmkit.bench.records import Measurement
from ecmkit.errors import DeviceError, MissingError
from ecmkit.targets import Target

__all__ = ["available", "run"]

_PPB = 0xE0000000, 0x100000  # system registers of a Cortex-M
_PAGE = 0x1000
_BLOCKS_PER_LOOK = 1 << 15


def available(target: Target) -> str:
    """Say why a target cannot be run here; empty if it can."""
    import importlib.util

    if "unicorn" not in target.emulators:
        return f"{target.name} names no processor for unicorn"
    if importlib.util.find_spec("unicorn") is None:
        return "unicorn is not installed: `pip install ecmkit[cross]`"
    return ""


def run(
    firmware: Path,
    target: Target,
    plan: Callable[[str], Mailbox],
    *,
    timeout_s: float = 300.0,
    on_block: Callable[[int, int], None] | None = None,
) -> Measurement:
    """Run firmware on what a mailbox holds.

    Parameters
    ----------
    firmware : Path
        Image with the bench, linked for `target`.
    target : Target
        Names the processor.
    plan : callable
        Lays the mailbox out, given the name of the file that is to be written through
        semihosting, or none.
    timeout_s : float
        Wall clock after which the firmware is given up.
    on_block : callable, optional
        Told address and size of every block of instructions that is counted, in the
        order in which they run, to see where the instructions go.

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
    from unicorn import arm_const

    image = read_image(firmware, target)
    mailbox = plan("")
    name = f"unicorn {unicorn.__version__}"
    uc = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB | unicorn.UC_MODE_MCLASS)
    model = target.emulators["unicorn"].model.upper().replace("-", "_")
    uc.ctl_set_cpu_model(getattr(arm_const, f"UC_CPU_ARM_{model}"))
    _map(uc, target)
    _load(uc, firmware)
    uc.mem_write(mailbox.at, mailbox.image)
    stack, reset = struct.unpack("<2I", uc.mem_read(target.flash.origin, 8))
    uc.reg_write(arm_const.UC_ARM_REG_SP, stack)
    counter = _Counter(uc, image, time.monotonic() + timeout_s, on_block)
    uc.hook_add(unicorn.UC_HOOK_BLOCK, counter.block)
    done = image.addresses["ecm_bench_done"]
    try:
        uc.emu_start(reset | 1, done)
    except unicorn.UcError as error:
        at = uc.reg_read(arm_const.UC_ARM_REG_PC)
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
    return mailbox.measurement(
        head,
        stream,
        np.array(counter.counts, np.uint64),
        runner=name,
        stack_limit=image.addresses["ecm_start_stack_limit"],
    )


def _map(uc: Any, target: Target) -> None:
    for memory in (target.flash, target.ram, target.host):
        uc.mem_map(memory.origin, -(-memory.bytes // _PAGE) * _PAGE)
    uc.mem_map(*_PPB)


def _load(uc: Any, path: Path) -> None:
    from elftools.elf.elffile import ELFFile

    with path.open("rb") as stream:
        for segment in ELFFile(stream).iter_segments("PT_LOAD"):
            if segment["p_filesz"]:
                uc.mem_write(segment["p_paddr"], segment.data())


class _Counter:
    """Counts instructions between the marks, block by block.

    A block is entered at its start and left at its end, so its instructions need be
    counted only once; their lengths follow from the first halfword of each.
    """

    def __init__(
        self,
        uc: Any,
        image: Image,
        deadline: float,
        on_block: Callable[[int, int], None] | None,
    ) -> None:
        self._uc = uc
        self._on_block = on_block
        self._begin = image.addresses["ecm_bench_begin"]
        self._end = image.addresses["ecm_bench_end"]
        self._deadline = deadline
        self._lengths: dict[tuple[int, int], int] = {}
        self._active = False
        self._count = 0
        self._looks = _BLOCKS_PER_LOOK
        self.counts: list[int] = []
        self.late = False
        self.at = 0
        self.block: Callable[..., None] = self._block

    def _block(self, uc: Any, address: int, size: int, _data: object) -> None:
        self._looks -= 1
        if self._looks == 0:
            self._look(address)
        if address == self._begin:
            self._active, self._count = True, 0
        elif address == self._end:
            self._active = False
            self.counts.append(self._count)
        elif self._active:
            key = (address, size)
            n = self._lengths.get(key)
            if n is None:
                n = self._lengths[key] = _instructions(uc.mem_read(address, size))
            self._count += n
            if self._on_block is not None:
                self._on_block(address, size)

    def _look(self, address: int) -> None:
        """Stop a run that is over its time."""
        self._looks = _BLOCKS_PER_LOOK
        if time.monotonic() > self._deadline:
            self.late, self.at = True, address
            self._uc.emu_stop()


def _instructions(code: bytes | bytearray) -> int:
    """Count Thumb instructions: 0b11101, 0b11110 and 0b11111 start a long one."""
    n = at = 0
    while at < len(code):
        at += 4 if code[at + 1] >> 3 >= 0b11101 else 2
        n += 1
    return n
