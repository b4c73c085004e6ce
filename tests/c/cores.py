"""The compilers and cores on which the same C must give the same bits: a table."""

import importlib.util
import shutil
import sys
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from ecmkit._paths import csrc_dir

__all__ = [
    "CONTRACT",
    "CORES",
    "EMULATED",
    "GNU11",
    "HOSTS",
    "LARGE_AVR",
    "SANITIZED",
    "SMALL",
    "Core",
    "Memory",
    "Target",
]

Compiler = Literal["gcc", "zig"]
CONTRACT = ("-std=c99", "-ffp-contract=off", "-fno-math-errno")
# What a user's IDE may give: the guard in ecm_base.h must then hold the bits alone.
GNU11 = ("-std=gnu11", "-fno-math-errno")
ZIG = (sys.executable, "-m", "ziglang", "cc")
# Freestanding means -fno-builtin there: four bytes copied would become a call.
ZIG_BARE = ("-fhosted", "-fbuiltin", "-fno-sanitize=undefined", "-g0")
# Among undefined behaviour is a float that no integer can hold, as processors differ.
SANITIZE = (
    "-fsanitize=address,undefined,float-cast-overflow",
    "-fno-sanitize-recover=all",
)
SCALAR = {
    "gcc": ("-fno-tree-vectorize",),
    "zig": ("-fno-vectorize", "-fno-slp-vectorize"),
}


class Memory(NamedTuple):
    """Where a program lies on a board, and how much of it there may be."""

    rom: int
    rom_bytes: int
    ram: int
    ram_bytes: int
    """Of data and stack."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """How to compile for a core and how to run the program."""

    compiler: tuple[str, ...]
    flags: tuple[str, ...] = ()
    port: str = "generic"
    isas: tuple[str, ...] = ()
    """Suffixes of the twins in csrc/port that take the place of portable files."""
    emulator: tuple[str, ...] = ()
    contract: tuple[str, ...] = CONTRACT
    memory: Memory | None = None
    """Emulated only."""
    libraries: tuple[str, ...] = ()
    """What the linker must be told of what the compiler adds to a program."""
    platform: str = "host"
    """Start and output: platform_....c in tests/c/support."""

    def missing(self) -> str | None:
        """Name the tool that this machine lacks."""
        for tool in (*self.compiler[:1], *self.emulator[:1]):
            if shutil.which(tool) is None:
                return tool
        if "ziglang" in self.compiler and importlib.util.find_spec("ziglang") is None:
            return "ziglang"
        return None

    def source(self, module: str) -> str:
        """File of a module below csrc/: the twin for this core where there is one."""
        for isa in self.isas:
            twin = f"port/ecm_{module}_{isa}.c"
            if (csrc_dir() / twin).exists():
                return twin
        return f"ecm_{module}.c"


@dataclass(frozen=True, kw_only=True)
class Core:
    """An emulated core: what each compiler calls it, and a board that has it."""

    gcc: tuple[str, ...]
    zig: tuple[str, ...]
    port: str
    emulator: tuple[str, ...]
    memory: Memory
    isas: tuple[str, ...] = ()
    scalar: bool = False
    """Its vector floats flush subnormals: compilers must not make loops into them."""

    def target(self, compiler: Compiler, *flags: str) -> Target:
        """Compile for this core, by GCC or by the clang of the zig wheel."""
        gcc = compiler == "gcc"
        return Target(
            compiler=self.gcc if gcc else (*ZIG, *self.zig, *ZIG_BARE),
            flags=(*flags, *(SCALAR[compiler] if self.scalar else ())),
            port=self.port,
            isas=self.isas,
            emulator=self.emulator,
            memory=self.memory,
            libraries=("-nostdlib", "-lgcc") if gcc else (),
            platform="bare",
        )


MPS2 = Memory(0, 0x400000, 0x20000000, 0x40000)


def _arm(
    gcc: str,
    zig: str,
    machine: str,
    *,
    fpu: str = "",
    memory: Memory = MPS2,
    isas: tuple[str, ...] = (),
    scalar: bool = False,
) -> Core:
    """Describe a Cortex-M; the name of the core alone gives neither compiler an FPU."""
    abi = "eabihf" if fpu else "eabi"
    return Core(
        gcc=(
            "arm-none-eabi-gcc", "-mthumb", f"-mcpu={gcc}",
            *((f"-mfpu={fpu}", "-mfloat-abi=hard") if fpu else ("-mfloat-abi=soft",)),
        ),
        zig=("-target", f"thumb-freestanding-{abi}", f"-mcpu={zig}"),
        port="fpu" if fpu else "generic",
        emulator=("qemu-system-arm", "-M", machine),
        memory=memory,
        isas=isas,
        scalar=scalar,
    )  # fmt: skip


def _rv32(arch: str, zig: str) -> Core:
    return Core(
        # Without a C library its <stdint.h> works as freestanding only.
        gcc=(
            "riscv64-unknown-elf-gcc", f"-march={arch}", "-mabi=ilp32", "-mno-relax",
            "-mcmodel=medany", "-ffreestanding", "-fbuiltin",
        ),
        zig=("-target", "riscv32-freestanding-none", f"-mcpu={zig}", "-mcmodel=medany"),
        port="generic",
        emulator=("qemu-system-riscv32", "-M", "virt", "-bios", "none"),
        memory=Memory(0x80000000, 0x100000, 0x80100000, 0x40000),
    )  # fmt: skip


CORES = {
    "m0": _arm(
        "cortex-m0", "cortex_m0", "microbit",
        memory=Memory(0, 0x40000, 0x20000000, 0x4000),
    ),
    # The same instructions; an emulated Cortex-M3 executes them and has the memory.
    "m0plus": _arm("cortex-m0plus", "cortex_m0plus", "mps2-an385"),
    "m3": _arm("cortex-m3", "cortex_m3", "mps2-an385"),
    "m4f": _arm(
        "cortex-m4", "cortex_m4+vfp4d16sp", "mps2-an386", fpu="fpv4-sp-d16",
        isas=("dsp", "fpu"),
    ),
    "m7": _arm(
        "cortex-m7", "cortex_m7+fp_armv8d16sp", "mps2-an500", fpu="fpv5-sp-d16",
        isas=("dsp", "fpu"),
    ),
    "m33": _arm(
        "cortex-m33", "cortex_m33+dsp+fp_armv8d16sp", "mps2-an505", fpu="fpv5-sp-d16",
        memory=Memory(0x10000000, 0x400000, 0x38000000, 0x40000), isas=("dsp", "fpu"),
    ),
    "m55": _arm(
        "cortex-m55", "cortex_m55+dsp+mve_fp+fp_armv8d16+fullfp16", "mps3-an547",
        fpu="auto", memory=Memory(0, 0x80000, 0x20000000, 0x40000),
        isas=("mve", "dsp", "fpu"), scalar=True,
    ),
    "rv32imc": _rv32("rv32imc", "generic_rv32+m+c"),
    "rv32imac": _rv32("rv32imac", "generic_rv32+m+a+c"),
}  # fmt: skip

HOSTS = {
    "gcc-O3": Target(compiler=("gcc",), flags=("-O3",), port="fpu"),
    "gcc-O2": Target(compiler=("gcc",), flags=("-O2",)),
    "gcc-O0": Target(compiler=("gcc",), flags=("-O0",), port="fpu"),
    "gcc-O0-sanitized": Target(
        compiler=("gcc",), flags=("-O0", "-g", *SANITIZE), libraries=SANITIZE
    ),
    "gcc-gnu11-native": Target(
        compiler=("gcc",), flags=("-O3", "-march=native"), port="fpu", contract=GNU11
    ),
    "zig-O0": Target(compiler=ZIG, flags=("-O0", "-fno-sanitize=undefined")),
    "zig-O2": Target(compiler=ZIG, flags=("-O2",), port="fpu"),
    "zig-native": Target(
        compiler=ZIG, flags=("-O3", "-march=native"), contract=("-std=gnu11",)
    ),
}
# For all that is thrown at it, so at a level that runs. The portable square root too.
SANITIZED = Target(
    compiler=("gcc",), flags=("-O1", "-g", *SANITIZE), libraries=SANITIZE
)
EMULATED = {
    "cortex-m0": CORES["m0"].target("gcc", "-Os"),
    "cortex-m3": CORES["m3"].target("gcc", "-O2"),
    "cortex-m4f": CORES["m4f"].target("gcc", "-O2"),
    "cortex-m4f-gnu11": replace(CORES["m4f"].target("gcc", "-O3"), contract=GNU11),
    "cortex-m4f-zig": CORES["m4f"].target("zig", "-O2"),
    "cortex-m7": CORES["m7"].target("gcc", "-O3"),
    "cortex-m33": CORES["m33"].target("gcc", "-O2"),
    "cortex-m55": CORES["m55"].target("gcc", "-O2"),
    "rv32imac": CORES["rv32imac"].target("gcc", "-O2"),
    "rv32imac-zig": CORES["rv32imac"].target("zig", "-O2"),
}

# 16-bit integers of C, 8 KiB of memory, tables in memory too: only the integer profile
# of small windows. Its compiler's library has the start-up code and memory routines.
SMALL = Target(
    compiler=("avr-gcc", "-mmcu=atmega2560"),
    flags=("-Os",),
    emulator=("simavr", "-m", "atmega2560", "-f", "16000000"),
    platform="avr",
    libraries=("-Wl,--gc-sections",),
)
# Twice that memory: windows of 1024 samples, and the tables of their transform.
LARGE_AVR = replace(
    SMALL,
    compiler=("avr-gcc", "-mmcu=atmega1284p"),
    emulator=("simavr", "-m", "atmega1284p", "-f", "16000000"),
)
