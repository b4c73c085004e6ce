"""Runs firmware in QEMU's emulated boards, counting with a small plugin of our own."""

import re
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from ecmkit.bench.elf import read_image
from ecmkit.bench.mailbox import BenchMemory, Mailbox, Task, measurement
from ecmkit.bench.records import PROFILE_DTYPE, Measurement
from ecmkit.bench.supervise import supervise
from ecmkit.errors import DeviceError, MissingError
from ecmkit.graph.host import host_compiler
from ecmkit.package.toolchain import run_tool
from ecmkit.targets import Target

__all__ = ["PROGRAMS", "available", "run", "version"]

PROGRAMS = {
    "arm": ("qemu-system-arm", "qemu-system-arm"),
    "riscv32": ("qemu-system-riscv32", "qemu-system-misc"),
}
"""Program by architecture, and Debian's package that has it."""
_PLUGIN = Path(__file__).with_name("qemu_count.c")


def available(target: Target) -> str:
    """Say why a target cannot be run here; empty if it can."""
    if "qemu" not in target.emulators:
        return f"{target.name} names no machine for qemu"
    if target.cpu.arch not in PROGRAMS:
        return f"qemu is not used for {target.cpu.arch}"
    program, package = PROGRAMS[target.cpu.arch]
    if shutil.which(program) is None:
        return (
            f"{program} is not installed: "
            f"`apt-get install --no-install-recommends {package}`"
        )
    return ""


def version(program: str = "qemu-system-arm") -> str:
    """Version of QEMU, such as ``7.2.22``; empty if it is not installed."""
    if shutil.which(program) is None:
        return ""
    said = run_tool([program, "--version"], Path.cwd())
    found = re.search(r"version ([\d.]+)", said)
    return found[1] if found else said.splitlines()[0]


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
        Names the machine.
    task : Task
        What it is to do.
    timeout_s : float
        Wall clock after which the firmware is given up; the emulator is then killed,
        as it is when this call is interrupted.

    Returns
    -------
    Measurement
        Exact instruction counts of every call.

    Raises
    ------
    DeviceError
        If the firmware faults, hangs or is refused.
    MissingError
        If QEMU or a C compiler for its plugin is not installed.
    """
    reason = available(target)
    if reason:
        raise MissingError(reason)
    image = read_image(firmware, target)
    program, _ = PROGRAMS[target.cpu.arch]
    emulator = target.emulators["qemu"]
    name = f"qemu {version(program)}"
    with tempfile.TemporaryDirectory(prefix="ecmkit-qemu-") as folder:
        work = Path(folder)
        mailbox = task.mailbox(
            BenchMemory.of(image, target), file=str(work / "out.bin")
        )
        (work / "mail.bin").write_bytes(mailbox.image)
        marks = {
            "arch": target.cpu.arch,
            "begin": f"{image.addresses['ecm_bench_begin']:#x}",
            "end": f"{image.addresses['ecm_bench_end']:#x}",
            "out": "counts.txt",
            "profile": "profile.bin",
        }
        options = ",".join(f"{key}={value}" for key, value in marks.items())
        command = [
            program, "-M", emulator.machine,
            *(["-cpu", emulator.model] if emulator.model else []),
            *(["-bios", "none"] if target.cpu.arch == "riscv32" else []),
            "-display", "none", "-monitor", "none", "-serial", "none",
            "-semihosting-config", "enable=on,target=native",
            "-kernel", str(firmware.resolve()),
            "-device", f"loader,file=mail.bin,addr={mailbox.at:#x},force-raw=on",
            "-plugin", f"./{_build_plugin(work)},{options}",
        ]  # fmt: skip
        words = supervise(command, work, timeout_s, name)
        if not (work / "out.bin").exists():
            raise DeviceError(f"{name}: ended without results: {words.strip()}")
        data = (work / "out.bin").read_bytes()
        counts = (work / "counts.txt").read_text("ascii").split()
        profile = np.fromfile(work / "profile.bin", PROFILE_DTYPE)
    measured = measurement(
        task,
        [data[: Mailbox.HEAD_BYTES]],
        [data[Mailbox.HEAD_BYTES :]],
        np.array(counts, np.uint64),
        runner=name,
        counter="instructions",
    )
    return replace(measured, profile=profile)


def _build_plugin(work: Path) -> str:
    shutil.copyfile(_PLUGIN, work / _PLUGIN.name)
    flags = ("-std=c99", "-O2", "-shared", "-fPIC", "-fvisibility=hidden")
    run_tool([*host_compiler(), *flags, _PLUGIN.name, "-o", "libcount.so"], work)
    return "libcount.so"
