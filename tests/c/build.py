"""Compile C for a target, link it without a C library and run it in an emulator."""

import re
import subprocess
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import ecmkit
from ecmkit._paths import csrc_dir
from tests.c.cores import Target

__all__ = [
    "SUPPORT",
    "WARNINGS",
    "FailedError",
    "bare_words",
    "call",
    "compile_all",
    "counting_plugin",
    "library_of",
    "link",
    "run",
]

SUPPORT = Path(__file__).parent / "support"
WARNINGS = (
    *("-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Wundef", "-Wvla"),
    *("-Wdouble-promotion", "-Wmissing-prototypes", "-Wcast-qual", "-Werror"),
)
# Each function in a section of its own, so that the linker keeps only what is called.
SECTIONS = ("-ffunction-sections", "-fdata-sections")
# Or the loops of the memory routines would become calls of themselves.
LOOPS = {
    "gcc": ("-fno-builtin", "-fno-tree-loop-distribute-patterns"),
    "zig": ("-fno-builtin",),
}
JOBS = 2


class FailedError(Exception):
    """A command that did not succeed, with all that it said."""


def call(command: Sequence[str | Path], seconds: float = 240.0) -> str:
    """Run a command and return what it printed."""
    words = [str(word) for word in command]
    done = subprocess.run(
        words, capture_output=True, text=True, timeout=seconds, check=False
    )
    if done.returncode != 0:
        raise FailedError(
            f"{' '.join(words)}\nended with {done.returncode}\n"
            f"{done.stdout[-4000:]}{done.stderr[-4000:]}"
        )
    return done.stdout


def compile_all(
    target: Target,
    folder: Path,
    *,
    library: Iterable[str],
    others: Iterable[Path],
    includes: Sequence[Path] = (),
    tests: Iterable[Path] = (),
    extra: Sequence[str] = (),
) -> list[Path]:
    """Compile files of csrc/ and others, those that are not in the folder yet.

    Parameters
    ----------
    target : Target
        Which compiler, for what.
    folder : Path
        Where the objects go; one target's, with one choice of `extra`.
    library : iterable of str
        Files below csrc/. The linker script knows their objects by their folder.
    others : iterable of Path
        Support and programs, of different names from each other and from `tests`.
    includes : sequence of Path
        Where these find headers besides `folder`. The library does not look there:
        the same command in all folders is compiled once (``tests/conftest.py``).
    tests : iterable of Path
        What calls the library and prints; never optimised, which halves their time.
    extra : sequence of str
        More flags for all of them.
    """
    csrc = csrc_dir()
    (folder / "library").mkdir(parents=True, exist_ok=True)
    common = [
        *target.compiler, *target.contract, *WARNINGS, *SECTIONS, *target.flags, *extra,
        f"-I{csrc}", f"-I{csrc / 'port' / target.port}",
    ]  # fmt: skip
    own = [f"-I{path}" for path in (SUPPORT, folder, *includes)]
    zig = "ziglang" in target.compiler
    # zig's -O0 would add a sanitizer.
    plain = [*own, "-O0", *(["-fno-sanitize=undefined"] if zig else [])]

    def one(job: tuple[Path, Path, Sequence[str]]) -> Path:
        source, made, flags = job
        if not made.exists():
            loops = ()
            if source.stem == "platform_bare":
                loops = LOOPS["zig" if zig else "gcc"]
            call([*common, *flags, *loops, "-c", source, "-o", made])
        return made

    jobs = [
        *((csrc / name, folder / "library" / f"{Path(name).stem}.o", ())
          for name in library),
        *((path, folder / f"{path.stem}.o", plain) for path in tests),
        *((path, folder / f"{path.stem}.o", own) for path in others),
    ]  # fmt: skip
    with ThreadPoolExecutor(JOBS) as pool:
        return list(pool.map(one, jobs))


def library_of(target: Target, headers: Iterable[str]) -> list[str]:
    """Files below csrc/ that a program needs which includes some headers.

    Other headers than the library's are passed over.
    """
    csrc, found, todo = csrc_dir(), set[str](), list(headers)
    while todo:
        header = todo.pop()
        if header in found or not (csrc / header).exists():
            continue
        found.add(header)
        for path in (csrc / header, (csrc / header).with_suffix(".c")):
            if path.exists():
                todo += re.findall(r'#include "(\w+\.h)"', path.read_text("utf-8"))
    modules = sorted(Path(name).stem.removeprefix("ecm_") for name in found)
    files = [target.source(module) for module in modules]
    return [name for name in files if (csrc / name).exists()]


def link(target: Target, objects: Sequence[Path], program: Path) -> Path:
    """Make a program of objects: with the C library on a host, bare elsewhere."""
    # zig would build its start-up code anew for each level.
    level = [flag for flag in target.flags if not flag.startswith("-O")] + ["-O2"]
    command: list[str | Path] = [*target.compiler, *level, *objects, *target.libraries]
    if target.memory is not None:
        command += bare_words(target, program.with_suffix(".ld"))
    call([*command, "-o", program])
    return program


def bare_words(target: Target, script: Path) -> list[str]:
    """Write the linker script of a board, and say what the linker is told with it."""
    given = target.memory._asdict() if target.memory else {}
    lines = [f"bare_{name} = {value:#x};\n" for name, value in given.items()]
    script.write_text("".join(lines) + (SUPPORT / "bare.ld").read_text())
    return [
        "-static", "-nostartfiles", f"-Wl,-T,{script}",
        "-Wl,--gc-sections", "-Wl,--build-id=none",
    ]  # fmt: skip


def counting_plugin(folder: Path) -> Path:
    """Compile the plugin of QEMU that counts instructions; see qemu_count.c."""
    source = Path(ecmkit.__file__).parent / "bench" / "qemu_count.c"
    made = folder / "libcount.so"
    flags = ("-std=c99", "-O2", "-shared", "-fPIC", "-fvisibility=hidden")
    call(["gcc", *flags, source, "-o", made])
    return made


def run(target: Target, program: Path, options: Sequence[str] = ()) -> str:
    """Run a program to its end; everything that it printed."""
    if not target.emulator:
        return call([program])
    if target.platform == "avr":
        both = ("sh", "-c", 'exec "$@" 2>&1', "sh")
        return _printed(call([*both, *target.emulator, program]))
    return call(
        [
            *target.emulator,
            *("-display", "none", "-monitor", "none", "-serial", "none"),
            *("-chardev", "stdio,id=console"),
            *("-semihosting-config", "enable=on,target=native,chardev=console"),
            *("-kernel", program),
            *options,
        ]
    )


def _printed(console: str) -> str:
    """Return the lines that a program sent; simavr colours them and adds its own.

    simavr ends with 0 whatever the program says, so its last line is its verdict.
    """
    # It shows the end of a line as a dot.
    lines = re.findall(r"\x1b\[32m(.*?)\.\n", console)
    if lines[-1:] != ["END 0"]:
        raise FailedError(f"the program did not end well\n{console[-4000:]}")
    return "".join(f"{line}\n" for line in lines[:-1])
