"""Count kernels on emulated cores: ``python -m benchmarks.device_kernels --help``."""

import argparse
import fnmatch
import itertools
import sys
import tempfile
from pathlib import Path

from benchmarks.device_kernels.kernels import KERNELS, Kernel
from benchmarks.device_kernels.measure import Counted, Workshop
from tests.c.build import FailedError
from tests.c.cores import CORES

LINE = "{:26} {:8} {:7} {:>12} {:>12} {:8} {:>9} {:>6} {:>6} {:>9}"
HEAD = (
    "kernel", "core", "build", "instructions", "of them a", "", "peer", "stack",
    "flash", "+compiler",
)  # fmt: skip


def main() -> int:
    """Measure what the command line names; 1 if something fails."""
    chosen = _parser().parse_args()
    patterns = chosen.names or ["*"]
    kernels = [k for k in KERNELS if any(fnmatch.fnmatch(k.name, p) for p in patterns)]
    if chosen.list or not kernels:
        print("\n".join(kernel.name for kernel in KERNELS))
        return 0 if chosen.list else 2
    failures = 0
    print(LINE.format(*HEAD))
    with tempfile.TemporaryDirectory(prefix="ecmkit-kernels-") as folder:
        workshop = Workshop(Path(folder))
        for kernel, core, compiler, level in itertools.product(
            kernels, chosen.target or ["m4f"], chosen.compiler or ["gcc"],
            chosen.optimise or ["-O2"],
        ):  # fmt: skip
            try:
                found = workshop.count(kernel, core, compiler, level)
            except FailedError as error:
                print(error, file=sys.stderr)
                failures += 1
            else:
                print(_line(kernel, core, f"{compiler} {level}", found), flush=True)
    return 1 if failures else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.device_kernels",
        description="Exact instructions of one call, its stack and its flash.",
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="kernels, or patterns such as 'fft.*'"
    )
    parser.add_argument("--list", action="store_true", help="only name the kernels")
    for option, choices, help_ in (
        ("--target", CORES, "a core, default m4f; each of these may be repeated"),
        ("--compiler", ("gcc", "zig"), "default gcc"),
        ("--optimise", None, "as in --optimise=-Os; default -O2"),
    ):
        parser.add_argument(option, action="append", choices=choices, help=help_)
    return parser


def _line(kernel: Kernel, core: str, build: str, found: Counted) -> str:
    peers = [counts[core] for counts in kernel.peers.values() if core in counts]
    return LINE.format(
        kernel.name, core, build, f"{found.instructions:,}",
        f"{found.instructions / kernel.per:,.2f}", kernel.unit,
        f"{min(peers):,}" if peers else "", found.stack,
        found.library + found.constants, found.compiler,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
