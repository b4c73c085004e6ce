"""Build only: csrc/ once as static libraries, then one Cython module per binding."""

import os
import platform
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from Cython.Build import cythonize
from setuptools import Extension, find_packages, setup
from setuptools.command.build_clib import build_clib

ROOT = Path(__file__).parent
# Every machine that runs CPython has a square-root instruction: the `fpu` port.
INCLUDES = ["csrc", "csrc/host", "csrc/port/fpu"]
# The flags of the arithmetic contract: the host computes what the device computes.
# The order matters: -fno-fast-math brings errno back.
CONTRACT = ["-std=c99", "-ffp-contract=off", "-fno-fast-math", "-fno-math-errno"]
# Bindings have no arithmetic; more than this only costs minutes of compiling.
GLUE = ["-O1", "-g0"]
# Views of memory are compiled once, for all bindings: a third of the time for each.
SHARED = "ecmkit._core._cyutility"
JOBS = os.cpu_count() or 1
CFLAGS = [*CONTRACT, "-O3", "-fPIC", "-fvisibility=hidden"]


def relative(pattern: str) -> list[str]:
    """Sorted paths under the project root, as setuptools wants them."""
    return sorted(p.relative_to(ROOT).as_posix() for p in ROOT.glob(pattern))


if platform.machine() in {"i386", "i686"}:
    sys.exit("ecmkit: 32-bit x86 without SSE2 rounds twice; build for x86-64 instead")


def library(
    name: str, sources: list[str], *flags: str
) -> tuple[str, dict[str, object]]:
    """Describe a static library."""
    settings = {
        "sources": sources,
        "include_dirs": INCLUDES,
        "cflags": [*CFLAGS, *flags],
        "obj_deps": {"": relative("csrc/**/*.h")},  # of every source
    }
    return name, settings


class Libraries(build_clib):
    """Compile the libraries side by side, as the bindings are."""

    def build_libraries(self, libraries: list[tuple[str, dict[str, object]]]) -> None:
        """Build them; the first mistake is raised."""
        one = super().build_libraries
        with ThreadPoolExecutor(JOBS) as pool:
            list(pool.map(lambda each: one([each]), libraries))


# The batch engines of the host: one object for each instruction set, chosen at run time
# by what the processor has. In the order in which a linker needs them.
X86 = {
    "avx2": ["-mavx2"],
    "avx512": [
        "-mavx512f",
        "-mavx512vl",
        "-mavx512dq",
        "-mavx512bw",
        "-mprefer-vector-width=512",
    ],
}
by_isa = {isa: relative(f"csrc/host/ecm_host*_{isa}.c") for isa in X86}
special = [source for sources in by_isa.values() for source in sources]
portable = [s for s in relative("csrc/host/ecm_host*.c") if s not in special]
libraries = [library("ecm_host", portable)]
if platform.machine() in {"x86_64", "AMD64"}:
    libraries += [
        library(f"ecm_host_{isa}", by_isa[isa], *flags)
        for isa, flags in X86.items()
        if by_isa[isa]
    ]
libraries.append(library("ecm", relative("csrc/ecm_*.c")))
extensions = [
    Extension(
        f"ecmkit._core.{Path(source).stem}",
        [source],
        include_dirs=[*INCLUDES, np.get_include()],
        define_macros=[("NPY_NO_DEPRECATED_API", "NPY_1_7_API_VERSION")],
        depends=relative("csrc/**/*.[ch]"),
        extra_compile_args=[*CONTRACT, *GLUE],
        extra_link_args=["-pthread"],
    )
    for source in relative("ecmkit/_core/*.pyx")
]
extensions.append(
    Extension(
        SHARED,
        [f"{SHARED.replace('.', '/')}.c"],  # Cython writes it
        extra_compile_args=[*CONTRACT, *GLUE],
    )
)

packages = find_packages(include=["ecmkit", "ecmkit.*"])
data_packages = {
    "ecmkit._csrc": "csrc",
    "ecmkit._csrc.host": "csrc/host",
    "ecmkit._csrc.port": "csrc/port",
    "ecmkit._csrc.port.auto": "csrc/port/auto",
    "ecmkit._csrc.port.generic": "csrc/port/generic",
    "ecmkit._csrc.port.fpu": "csrc/port/fpu",
    "ecmkit._targets": "targets",
    "ecmkit._targets.cpu": "targets/cpu",
    "ecmkit._targets.cycles": "targets/cycles",
    "ecmkit._targets.machine": "targets/machine",
    "ecmkit._targets.support": "targets/support",
    "ecmkit._examples": "examples",
}
setup(
    packages=[*packages, *data_packages],
    package_dir=data_packages,
    package_data={
        "ecmkit": [
            "py.typed",
            "**/*.pyi",
            "**/*.j2",
            "**/*.toml",
            "search/costs/*.json",
            "**/*.in",
            "bench/*.c",
        ],
        **{
            name: ["*.c", "*.h", "*.toml", "*.ld", "*.in", "*.py"]
            for name in data_packages
        },
    },
    cmdclass={"build_clib": Libraries},
    options={"build_ext": {"parallel": JOBS}},
    libraries=libraries,
    ext_modules=cythonize(
        extensions,
        nthreads=JOBS,
        shared_utility_qualified_name=SHARED,
        compiler_directives={
            "language_level": 3,
            "binding": True,
            "autotestdict": False,
            "boundscheck": False,
            "wraparound": False,
            "freethreading_compatible": True,
        },
    ),
)
