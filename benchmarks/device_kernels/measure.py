"""Build a kernel for an emulated core, hold it against the host, and count."""

import re
from dataclasses import dataclass
from pathlib import Path

from benchmarks.device_kernels.kernels import Kernel
from tests.c import build
from tests.c.cores import CORES, HOSTS, Target

__all__ = ["Counted", "Workshop"]

MAIN = Path(__file__).with_name("kernel_main.c")
SOURCE = """\
#include "kernel.h"
#include "{header}"

/* Everything stays what it is for the linker, not for the compiler: the call is as a
 * caller in another file would make it. */
{data}

__attribute__((noinline)) void kernel_setup(void) {{
{setup}
}}

__attribute__((noinline)) void kernel_call(void) {{
{call}
}}

void kernel_result(void) {{
{result}
}}
"""


@dataclass(frozen=True, kw_only=True)
class Counted:
    """What a kernel takes on a core, by a compiler."""

    instructions: int
    """Of one call, from its arguments to its return."""
    stack: int
    """Bytes below the caller's frame that were written to."""
    library: int
    """Flash of the code and tables of csrc/ that the linker kept."""
    constants: int
    """Flash of the row's own constants: plans, tapers, coefficients."""
    compiler: int
    """Flash of the compiler's own routines, which programs share."""
    ram: int
    """Of the library: always 0, since callers own all memory."""
    program: bytes
    """The linked image."""

    @property
    def flash(self) -> int:
        """Bytes of code and constants."""
        return self.library + self.constants + self.compiler


class Workshop:
    """A folder of objects that kernels share, one below it for each target."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._plugin: Path | None = None

    def count(
        self, kernel: Kernel, core: str, compiler: str = "gcc", optimise: str = "-O2"
    ) -> Counted:
        """Measure a kernel.

        Parameters
        ----------
        kernel : Kernel
            What to call.
        core : str
            A name of ``tests.c.cores.CORES``.
        compiler : {"gcc", "zig"}
            Which compiler.
        optimise : str
            Its level, such as ``-O2``.

        Raises
        ------
        FailedError
            If something does not compile, link or run, or if the target does not print
            what the host does.
        """
        target = CORES[core].target(compiler, optimise)
        program = self._build(kernel, target, f"{core}{compiler}{optimise}")
        expected = self._host(kernel)
        sizes, addresses = _read(program)
        said, counts = self._run(target, program, addresses)
        printed, stack = _split(said)
        if printed != expected:
            raise build.FailedError(
                f"{kernel.name} on {core}: printed\n{printed}\nthe host:\n{expected}"
            )
        return Counted(
            instructions=counts,
            stack=stack,
            library=sizes.get(".library", 0),
            constants=sizes.get(".constants", 0),
            compiler=sizes.get(".compiler", 0),
            ram=sizes.get(".library_ram", 0),
            program=program.read_bytes(),
        )

    def _host(self, kernel: Kernel) -> str:
        target = HOSTS["gcc-O3"]
        said = build.run(target, self._build(kernel, target, "host"))
        return _split(said)[0]

    def _build(self, kernel: Kernel, target: Target, name: str) -> Path:
        folder = self._folder / name
        program = folder / f"{kernel.name}.elf"
        if program.exists():
            return program
        source = folder / f"{kernel.name}.c"
        folder.mkdir(parents=True, exist_ok=True)
        source.write_text(
            SOURCE.format(
                header=kernel.header,
                data=kernel.data,
                setup=_indent(kernel.setup),
                call=_mark(kernel.call),
                result=_indent(kernel.result),
            )
        )
        also = re.findall(r'#include "(\w+\.h)"', kernel.data)
        platform = "platform_bare.c" if target.emulator else "platform_host.c"
        include = [MAIN.parent]
        objects = build.compile_all(
            target,
            folder,
            library=build.library_of(target, [kernel.header, *also]),
            others=[MAIN, build.SUPPORT / "ecm_test.c", build.SUPPORT / platform],
            includes=include,
        )
        objects += build.compile_all(
            target, folder / "constants", library=(), others=[source], includes=include
        )
        return build.link(target, objects, program)

    def _run(
        self, target: Target, program: Path, addresses: dict[str, int]
    ) -> tuple[str, int]:
        if self._plugin is None:
            self._plugin = build.counting_plugin(self._folder)
        out = program.with_suffix(".count")
        options = {
            "begin": f"{addresses['kernel_begin']:#x}",
            "end": f"{addresses['kernel_end']:#x}",
            "out": str(out),
        }
        settings = (f"{key}={value}" for key, value in options.items())
        plugin = ",".join([str(self._plugin), *settings])
        said = build.run(target, program, ["-plugin", plugin])
        (count,) = out.read_text("ascii").split()
        return said, int(count)


def _indent(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())


def _mark(call: str) -> str:
    """Stand the marks around a call; declarations stay in front."""
    lines = call.splitlines()
    n = sum(bool(re.match(r"(const )?\w+ \w+;$", line)) for line in lines[:1])
    body = [*lines[:n], "KERNEL_BEGIN();", *lines[n:], "KERNEL_END();"]
    return _indent("\n".join(body))


def _split(said: str) -> tuple[str, int]:
    """Take the line about the stack out of what a program printed."""
    lines = said.splitlines()
    stack = [int(line.split()[1], 16) for line in lines if line.startswith("stack ")]
    kept = [line for line in lines if not line.startswith("stack ")]
    return "\n".join(kept), stack[0] if stack else 0


def _read(program: Path) -> tuple[dict[str, int], dict[str, int]]:
    """Sizes of sections and addresses of symbols."""
    from elftools.elf.elffile import ELFFile

    with program.open("rb") as stream:
        elf = ELFFile(stream)
        sizes = {section.name: section["sh_size"] for section in elf.iter_sections()}
        symbols = elf.get_section_by_name(".symtab").iter_symbols()
        return sizes, {symbol.name: symbol["st_value"] & ~1 for symbol in symbols}
