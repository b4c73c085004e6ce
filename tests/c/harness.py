"""Build the C tests, one program per target, and run them on the host or in QEMU."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from ecmkit._paths import csrc_dir
from ecmkit.package.transforms import transforms_c

HERE = Path(__file__).parent
SUPPORT = HERE / "support"
CONTRACT = ("-std=c99", "-ffp-contract=off", "-fno-math-errno")
WARNINGS = (
    *("-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Wundef", "-Wvla"),
    *("-Wdouble-promotion", "-Wmissing-prototypes", "-Wcast-qual", "-Werror"),
)
MODULES = sorted(path.stem for path in HERE.glob("test_ecm_*.c"))


@dataclass(frozen=True, kw_only=True)
class Target:
    """How to compile for a core and how to run the program."""

    compiler: tuple[str, ...]
    flags: tuple[str, ...] = ()
    port: str = "generic"
    emulator: tuple[str, ...] = ()
    contract: tuple[str, ...] = CONTRACT
    memory: tuple[int, int, int] = (0, 0, 0)
    """Address of code, address of data, bytes of data and stack; emulated only."""

    def missing(self) -> str | None:
        """Name the tool that this machine lacks."""
        for tool in (*self.compiler[:1], *self.emulator[:1]):
            if shutil.which(tool) is None:
                return tool
        if "ziglang" in self.compiler:
            try:
                import ziglang  # noqa: F401
            except ImportError:
                return "ziglang"
        return None


ZIG = (sys.executable, "-m", "ziglang", "cc")
ARM = ("arm-none-eabi-gcc", "-mthumb")
M4F = ("-mcpu=cortex-m4", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard")
# Without a C library its <stdint.h> works as freestanding only.
RV32 = ("-mno-relax", "-mcmodel=medany", "-ffreestanding", "-fbuiltin")
MPS2 = (0, 0x20000000, 0x40000)


def qemu_arm(machine: str) -> tuple[str, ...]:
    """Command that starts an emulated Arm board."""
    return ("qemu-system-arm", "-M", machine)


HOSTS = {
    "gcc-O3": Target(compiler=("gcc",), flags=("-O3",), port="fpu"),
    "gcc-O0-sanitized": Target(
        compiler=("gcc",),
        flags=("-O0", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover"),
    ),
    "gcc-gnu11-native": Target(
        compiler=("gcc",),
        flags=("-O3", "-march=native"),
        port="fpu",
        contract=("-std=gnu11", "-fno-math-errno"),
    ),
    "zig-O2": Target(compiler=ZIG, flags=("-O2",), port="fpu"),
    "zig-native": Target(
        compiler=ZIG,
        flags=("-O3", "-march=native"),
        contract=("-std=gnu11",),
    ),
}
EMULATED = {
    "cortex-m0": Target(
        compiler=ARM,
        flags=("-Os", "-mcpu=cortex-m0"),
        emulator=qemu_arm("microbit"),
        memory=(0, 0x20000000, 0x4000),
    ),
    "cortex-m3": Target(
        compiler=ARM,
        flags=("-O2", "-mcpu=cortex-m3"),
        emulator=qemu_arm("mps2-an385"),
        memory=MPS2,
    ),
    "cortex-m4f": Target(
        compiler=ARM,
        flags=("-O2", *M4F),
        port="fpu",
        emulator=qemu_arm("mps2-an386"),
        memory=MPS2,
    ),
    "cortex-m4f-gnu11": Target(
        compiler=ARM,
        flags=("-O3", *M4F),
        port="fpu",
        emulator=qemu_arm("mps2-an386"),
        contract=("-std=gnu11", "-fno-math-errno"),
        memory=MPS2,
    ),
    "cortex-m33": Target(
        compiler=ARM,
        flags=("-O2", "-mcpu=cortex-m33", "-mfpu=fpv5-sp-d16", "-mfloat-abi=hard"),
        port="fpu",
        emulator=qemu_arm("mps2-an505"),
        memory=(0x10000000, 0x38000000, 0x40000),
    ),
    "rv32imac": Target(
        compiler=("riscv64-unknown-elf-gcc",),
        flags=(*RV32, "-O2", "-march=rv32imac", "-mabi=ilp32"),
        emulator=("qemu-system-riscv32", "-M", "virt", "-bios", "none"),
        memory=(0x80000000, 0x80100000, 0x40000),
    ),
}


def require(target: Target) -> None:
    """Skip the test, naming the tool, where the machine cannot run it."""
    tool = target.missing()
    if tool is not None:
        pytest.skip(f"{tool} is not installed")


def call(command: list[str], seconds: float = 30.0) -> str:
    """Run a command; its output, or a failure that shows all of it."""
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=seconds, check=False
    )
    if done.returncode != 0:
        pytest.fail(
            f"{' '.join(command)}\nended with {done.returncode}\n"
            f"{done.stdout[-4000:]}{done.stderr[-4000:]}",
            pytrace=False,
        )
    return done.stdout


def plans_h() -> str:
    """Constant plans of the transforms that the tests of features and app need."""
    lengths = {}
    for window in (
        16,
        32,
        48,
        64,
        80,
        96,
        128,
        160,
        240,
        256,
        384,
        480,
        512,
        640,
        1024,
    ):
        lengths[f"test_fft_{window}"] = (window // 2, True)
    for envelope in (16, 32, 64, 128, 256, 512):
        lengths[f"test_env_c2c_{envelope}"] = (envelope, False)
        lengths[f"test_env_r2c_{envelope}"] = (envelope // 2, True)
    return f'#include "ecm_fft.h"\n{transforms_c(lengths)}'


def build(target: Target, folder: Path, extra: tuple[str, ...] = ()) -> Path:
    """Compile library, support and all C tests into one program."""
    runner = folder / "run_all.c"
    runner.write_text(
        "void ecm_test_run_all(void);\n"
        + "".join(f"void {name}(void);\n" for name in MODULES)
        + "void ecm_test_run_all(void)\n{\n"
        + "".join(f"    {name}();\n" for name in MODULES)
        + "}\n"
    )
    (folder / "ecm_test_plans.h").write_text(plans_h())
    csrc = csrc_dir()
    program = folder / "tests.elf"
    common = [
        *target.compiler,
        *target.contract,
        *WARNINGS,
        *target.flags,
        *extra,
        f"-I{csrc}",
        f"-I{csrc / 'port' / target.port}",
        f"-I{SUPPORT}",
        f"-I{folder}",
    ]
    sources = [
        *(str(path) for path in sorted(csrc.glob("ecm_*.c"))),
        *(str(HERE / f"{name}.c") for name in MODULES),
        str(SUPPORT / "ecm_test.c"),
        str(runner),
    ]
    if not target.emulator:
        call([*common, *sources, str(SUPPORT / "platform_host.c"), "-o", str(program)])
        return program
    bare = folder / "platform_bare.o"
    source = str(SUPPORT / "platform_bare.c")
    loops = ("-fno-builtin", "-fno-tree-loop-distribute-patterns")
    call([*common, *loops, "-c", source, "-o", str(bare)])
    rom, ram, size = target.memory
    link = [
        "-nostdlib",
        "-nostartfiles",
        "-ffunction-sections",
        "-fdata-sections",
        "-Wl,--gc-sections",
        f"-Wl,--defsym=bare_rom={rom:#x}",
        f"-Wl,--defsym=bare_ram={ram:#x}",
        f"-Wl,--defsym=bare_ram_bytes={size:#x}",
        f"-T{SUPPORT / 'bare.ld'}",
    ]
    call([*common, *link, *sources, str(bare), "-lgcc", "-o", str(program)])
    return program


def run(target: Target, program: Path) -> str:
    """Run the program; everything that it printed."""
    if not target.emulator:
        return call([str(program)])
    return call(
        [
            *target.emulator,
            *("-display", "none", "-monitor", "none", "-serial", "none"),
            *("-chardev", "stdio,id=console"),
            *("-semihosting-config", "enable=on,target=native,chardev=console"),
            *("-kernel", str(program)),
        ]
    )
