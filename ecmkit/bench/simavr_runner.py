"""Runs firmware in simavr, whose AVR cores take the cycles of the data sheet."""

import shutil
import subprocess
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

__all__ = ["INSTALL", "available", "run", "version"]

INSTALL = "apt-get install --no-install-recommends libsimavr-dev"
_DRIVER = Path(__file__).with_name("simavr_run.c")
_DATA = 0x800000  # where the linker sees addresses of data
_PROBE = "#include <simavr/sim_avr.h>\n"


def available(target: Target) -> str:
    """Say why a target cannot be run here; empty if it can."""
    if "simavr" not in target.emulators:
        return f"{target.name} names no processor for simavr"
    if not _installed():
        return f"simavr's library is not installed: `{INSTALL}`"
    return ""


def _installed() -> bool:
    """Whether a compiler here finds the library's header."""
    try:
        command = [*host_compiler(), "-E", "-x", "c", "-o", "/dev/null", "-"]
    except MissingError:
        return False
    done = subprocess.run(
        command, input=_PROBE, capture_output=True, text=True, check=False, timeout=60
    )
    return done.returncode == 0


def version() -> str:
    """Version of simavr, such as ``1.6``; empty if it is not installed."""
    if not _installed():
        return ""
    tool = shutil.which("dpkg-query")
    if tool is None:
        return "here"
    done = subprocess.run(
        [tool, "-W", "-f", "${Version}", "libsimavr-dev"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.stdout.partition("+")[0].partition("-")[0] or "here"


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
        Wall clock after which the firmware is given up; the emulator is then killed,
        as it is when this call is interrupted.

    Returns
    -------
    Measurement
        Cycles of every call, as the emulator models the core.

    Raises
    ------
    DeviceError
        If the firmware faults, hangs or is refused.
    MissingError
        If simavr's library or a C compiler is not installed.
    """
    reason = available(target)
    if reason:
        raise MissingError(reason)
    image = read_image(firmware, target)
    mailbox = task.mailbox(BenchMemory.of(image, target))
    name = f"simavr {version()}"
    marks = {
        key: image.addresses[f"ecm_bench_{key}"] for key in ("begin", "end", "done")
    }
    with tempfile.TemporaryDirectory(prefix="ecmkit-simavr-") as folder:
        work = Path(folder)
        flash, data = _memories(firmware, target)
        at = mailbox.at - target.host.origin
        data[at : at + len(mailbox.image)] = mailbox.image
        (work / "flash.bin").write_bytes(flash)
        (work / "data.bin").write_bytes(data)
        options = {
            "mcu": target.emulators["simavr"].model,
            "flash": "flash.bin",
            "data": "data.bin",
            "data_at": hex(target.host.origin - _DATA),
            "data_end": hex(target.host.end - _DATA),
            **{key: hex(value) for key, value in marks.items()},
            "counts": "counts.txt",
            "profile": "profile.bin",
            "out": "out.bin",
        }
        command = [_build_driver(work), *(f"{k}={v}" for k, v in options.items())]
        words = supervise(command, work, timeout_s, name)
        if not (work / "out.bin").exists():
            raise DeviceError(f"{name}: ended without results: {words.strip()}")
        found = (work / "out.bin").read_bytes()
        counts = (work / "counts.txt").read_text("ascii").split()
        profile = np.fromfile(work / "profile.bin", PROFILE_DTYPE)
    head = found[at : at + Mailbox.HEAD_BYTES]
    out = mailbox.out_at - target.host.origin
    measured = measurement(
        task,
        [head],
        [found[out : out + mailbox.out_used(head)]],
        np.array(counts, np.uint64),
        runner=name,
        counter="cycles-model",
    )
    return replace(measured, profile=profile)


def _memories(firmware: Path, target: Target) -> tuple[bytearray, bytearray]:
    """Return flash with the bench's code behind it, and the host memory."""
    from elftools.elf.elffile import ELFFile

    code = target.memory.host_code or target.flash
    flash = bytearray(b"\xff" * code.end)
    data = bytearray(target.host.bytes)
    with firmware.open("rb") as stream:
        for segment in ELFFile(stream).iter_segments("PT_LOAD"):
            at, content = segment["p_paddr"], segment.data()
            if not content:
                continue
            if at < _DATA:
                flash[at : at + len(content)] = content
            else:
                at -= target.host.origin
                data[at : at + len(content)] = content
    return flash, data


def _build_driver(work: Path) -> str:
    shutil.copyfile(_DRIVER, work / _DRIVER.name)
    command = [*host_compiler(), "-std=c99", "-O2", _DRIVER.name, "-lsimavr"]
    run_tool([*command, "-o", "simavr_run"], work)
    return str(work / "simavr_run")
