"""The compiled model on this machine: the same C, built as a shared library."""

import ctypes
import importlib.util
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit._paths import csrc_dir
from ecmkit.errors import BuildError, DeviceError, MissingError
from ecmkit.graph.model import CompiledModel

__all__ = [
    "CONTRACT_FLAGS",
    "CompiledOnHost",
    "build_library",
    "host_compiler",
    "sources_of",
]

CONTRACT_FLAGS = ("-std=c99", "-ffp-contract=off", "-fno-fast-math", "-fno-math-errno")
"""The flags of the arithmetic contract, in this order: ``-fno-fast-math`` brings errno
back, and a square root would become a call of the C library. Every compiler that builds
the device library gets them."""

_INCLUDE = re.compile(r'^#include "(ecm_\w+)\.h"', re.MULTILINE)
_DRIVER = """\
#include "ecm_base.h"
ecm_status_t {symbol}(const float *features, float *outputs, float *work);
ecm_status_t ecm_host_rows(const float *x, float *y, float *work, uint32_t n);
ecm_status_t ecm_host_rows(const float *x, float *y, float *work, uint32_t n)
{{
    uint32_t i;
    for (i = 0; i < n; i++) {{
        ecm_status_t status = {symbol}(x + {inputs}U * i, y + {outputs}U * i, work);
        if (status < ECM_OK) {{
            return status;
        }}
    }}
    return ECM_OK;
}}
"""


class CompiledOnHost:
    """A compiled model that runs in this process, bit for bit as on the device.

    Parameters
    ----------
    compiled : CompiledModel
        The model.
    compiler : sequence of str, optional
        Command of a C compiler; the default is `host_compiler`.

    Raises
    ------
    BuildError
        If the compiler refuses the source; carries its words.
    MissingError
        If this machine has no C compiler.
    """

    def __init__(
        self, compiled: CompiledModel, *, compiler: Sequence[str] | None = None
    ) -> None:
        self.compiled = compiled
        # The library stays loaded after its folder is gone: Linux keeps open files.
        with tempfile.TemporaryDirectory(prefix="ecmkit-host-") as folder:
            driver = _DRIVER.format(
                symbol=compiled.symbol,
                inputs=compiled.n_features,
                outputs=len(compiled.outputs),
            )
            path = build_library(
                compiled.symbol,
                (compiled.source, driver),
                compiled.modules,
                Path(folder),
                compiler=compiler or host_compiler(),
            )
            try:
                library = ctypes.CDLL(str(path))
            except OSError as error:
                raise BuildError(f"{compiled.symbol}: {error}") from error
        self._rows = library.ecm_host_rows
        self._rows.restype = ctypes.c_int32
        self._rows.argtypes = [ctypes.c_void_p] * 3 + [ctypes.c_uint32]

    def predict(self, x: ArrayLike) -> NDArray[np.float32]:
        """Run the model.

        Parameters
        ----------
        x : array-like, shape (n, n_features)
            Features; computed with as float32.

        Returns
        -------
        ndarray of float32, shape (n, n_outputs)
            Class probabilities, or the score.

        Raises
        ------
        ValueError
            If the shape does not fit.
        DeviceError
            If the C function refuses.
        """
        table = np.ascontiguousarray(x, np.float32)
        if table.ndim != 2 or table.shape[1] != self.compiled.n_features:
            raise ValueError(
                f"x has shape {table.shape}, expected (n, {self.compiled.n_features})"
            )
        y = np.empty((len(table), len(self.compiled.outputs)), np.float32)
        work = np.empty(max(self.compiled.work_len, 1), np.float32)
        status = self._rows(table.ctypes.data, y.ctypes.data, work.ctypes.data, len(y))
        if status < 0:
            raise DeviceError(f"{self.compiled.symbol}: status {status}")
        return y


def host_compiler() -> list[str]:
    """Command of the C compiler of this machine: cc, gcc, clang, or the zig wheel.

    Raises
    ------
    MissingError
        If there is none.
    """
    for name in ("cc", "gcc", "clang"):
        if shutil.which(name):
            return [name]
    if importlib.util.find_spec("ziglang"):
        return [sys.executable, "-m", "ziglang", "cc"]
    raise MissingError("no C compiler: install gcc, or `pip install ecmkit[cross]`")


def sources_of(modules: Sequence[str]) -> list[Path]:
    """C files of the device library that some modules need, found by their includes.

    Parameters
    ----------
    modules : sequence of str
        Such as ``("tree",)``.

    Returns
    -------
    list of Path
        In alphabetical order; a header without a C file adds none.
    """
    folder = csrc_dir()
    waiting = [f"ecm_{name}" for name in modules]
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        for path in (folder / f"{name}.h", folder / f"{name}.c"):
            if path.exists():
                waiting += _INCLUDE.findall(path.read_text("utf-8"))
    return sorted(p for name in found if (p := folder / f"{name}.c").exists())


def build_library(
    symbol: str,
    texts: Sequence[str],
    modules: Sequence[str],
    folder: Path,
    *,
    compiler: Sequence[str],
    flags: Sequence[str] = ("-O2",),
) -> Path:
    """Build C with what it needs of the device library as a shared library.

    Parameters
    ----------
    symbol : str
        Name of the model, for the file and for messages.
    texts : sequence of str
        C sources.
    modules : sequence of str
        Modules of the device library, see `sources_of`.
    folder : Path
        Where to build.
    compiler, flags : sequence of str
        Command of the compiler, and arguments besides the contract's.

    Returns
    -------
    Path
        The library.

    Raises
    ------
    BuildError
        If the compiler refuses; carries its words.
    """
    files = [folder / f"{symbol}_{at}.c" for at in range(len(texts))]
    for path, text in zip(files, texts, strict=True):
        path.write_text(text, "utf-8")
    target = folder / "model.so"
    csrc = csrc_dir()
    command = [
        *compiler, *CONTRACT_FLAGS, *flags, "-fPIC", "-shared",
        f"-I{csrc}", f"-I{csrc / 'port' / 'fpu'}",
        *map(str, files), *map(str, sources_of(modules)), "-o", str(target),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BuildError(f"{symbol}: the compiler failed:\n{done.stderr}")
    return target
