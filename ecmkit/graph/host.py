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
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit._paths import csrc_dir
from ecmkit.errors import BuildError, DeviceError, MissingError
from ecmkit.graph.weights import HEAD_BYTES

if TYPE_CHECKING:
    from ecmkit.graph.ir import Port
    from ecmkit.graph.model import CompiledModel

__all__ = [
    "CONTRACT_FLAGS",
    "GraphOnHost",
    "build_library",
    "host_compiler",
    "library_of",
    "sources_of",
]

CONTRACT_FLAGS = ("-std=c99", "-ffp-contract=off", "-fno-fast-math", "-fno-math-errno")
"""The flags of the arithmetic contract, in this order: ``-fno-fast-math`` brings errno
back, and a square root would become a call of the C library. Every compiler that builds
the device library gets them."""

_PORT = Path("port", "fpu")
"""Where the port of this machine lies, from the folder of the sources."""
_INCLUDE = re.compile(r'^#include "(ecm_\w+)\.h"', re.MULTILINE)
_DRIVER = """\
#include "ecm_base.h"
ecm_status_t {symbol}({declared}, void *work);
ecm_status_t ecm_host_rows({own}, void *work, uint32_t n);
ecm_status_t ecm_host_rows({own}, void *work, uint32_t n)
{{
    uint32_t i;
    for (i = 0; i < n; i++) {{
        const ecm_status_t status = {symbol}({steps}, work);
        if (status < ECM_OK) {{
            return status;
        }}
    }}
    return ECM_OK;
}}
"""


class GraphOnHost:
    """A compiled model that runs in this process, bit for bit as on the device.

    Parameters
    ----------
    compiled : CompiledModel
        The model.
    compiler : sequence of str, optional
        Command of a C compiler; the default is `host_compiler`.
    flags : sequence of str, optional
        More arguments for it.
    csrc : Path, optional
        Folder of the device library's sources; the default is that of this ecmkit.

    Raises
    ------
    BuildError
        If the compiler refuses the source; carries its words.
    MissingError
        If this machine has no C compiler.
    """

    def __init__(
        self,
        compiled: "CompiledModel",
        *,
        compiler: Sequence[str] | None = None,
        flags: Sequence[str] = ("-O2",),
        csrc: Path | None = None,
    ) -> None:
        self.compiled = compiled
        # The library stays loaded after its folder is gone: Linux keeps open files.
        with tempfile.TemporaryDirectory(prefix="ecmkit-host-") as folder:
            path = build_library(
                compiled.symbol,
                (compiled.source, _driver(compiled)),
                compiled.modules,
                Path(folder),
                compiler=compiler or host_compiler(),
                flags=flags,
                csrc=csrc,
            )
            try:
                library = ctypes.CDLL(str(path))
            except OSError as error:
                raise BuildError(f"{compiled.symbol}: {error}") from error
        self._rows = library.ecm_host_rows
        self._rows.restype = ctypes.c_int32
        count = len(compiled.inputs) + len(compiled.results) + 1
        kept = compiled.state_bytes > 0
        count += bool(compiled.weights) + kept
        self._rows.argtypes = [*[ctypes.c_void_p] * count, ctypes.c_uint32]
        self._weights = _aligned(compiled.weights)
        self._state = _aligned(bytes(compiled.state_bytes))
        self._reset = getattr(library, f"{compiled.symbol}_reset") if kept else None
        self._check = None
        if compiled.blobs:
            self._check = getattr(library, f"{compiled.symbol}_check")
            self._check.restype = ctypes.c_int32
        self.reset()

    def check(self, *blobs: ArrayLike) -> None:
        """Look at forests that come from outside, as a device does once.

        Parameters
        ----------
        blobs : array-like of uint32
            One for each loadable forest, of the shape of its input.

        Raises
        ------
        ValueError
            If number or shapes do not fit.
        DeviceError
            If the compiled code cannot walk one of them.
        """
        ports = [p for p in self.compiled.inputs if p.name in self.compiled.blobs]
        given = [np.ascontiguousarray(blob, np.uint32) for blob in blobs]
        if [b.shape for b in given] != [p.tensor.shape for p in ports]:
            raise ValueError(
                f"blobs of {[b.shape for b in given]}, expected "
                f"{[p.tensor.shape for p in ports]}"
            )
        if self._check is None:
            return
        status = self._check(*(ctypes.c_void_p(blob.ctypes.data) for blob in given))
        if status < 0:
            raise DeviceError(f"{self.compiled.symbol}_check: status {status}")

    def reset(self) -> None:
        """Begin a new sequence: values that survive between runs are what they were."""
        if self._reset is not None:
            behind = self._weights.ctypes.data + HEAD_BYTES
            given = [behind] if self.compiled.weights else []
            self._reset(*map(ctypes.c_void_p, (*given, self._state.ctypes.data)))

    @property
    def state(self) -> bytes:
        """What survives between runs; the bytes are those of a device.

        Raises
        ------
        ValueError
            When other bytes are given that are not as many.
        """
        return self._state.tobytes()[: self.compiled.state_bytes]

    @state.setter
    def state(self, data: bytes) -> None:
        if len(data) != self.compiled.state_bytes:
            raise ValueError(
                f"{len(data)} bytes of state, expected {self.compiled.state_bytes}"
            )
        self._state.view(np.uint8)[: len(data)] = np.frombuffer(data, np.uint8)

    def run(self, *inputs: ArrayLike) -> list[NDArray[Any]]:
        """Run the model once; what survives between runs goes on.

        Parameters
        ----------
        inputs : array-like
            One for each input, of its shape; converted to its type.

        Returns
        -------
        list of ndarray
            One for each result.

        Raises
        ------
        ValueError
            If number or shapes do not fit.
        DeviceError
            If the C function refuses, such as an index outside of its axis.
        """
        ports = self.compiled.inputs
        if len(inputs) != len(ports):
            raise ValueError(f"{len(inputs)} inputs, expected {len(ports)}")
        given = [
            np.ascontiguousarray(value, port.tensor.numpy)
            for value, port in zip(inputs, ports, strict=True)
        ]
        for value, port in zip(given, ports, strict=True):
            if value.shape != port.tensor.shape:
                raise ValueError(
                    f"input {port.name!r} has shape {value.shape}, expected "
                    f"{port.tensor.shape}"
                )
        made = [
            np.empty(port.tensor.shape, port.tensor.numpy)
            for port in self.compiled.results
        ]
        self._call([*given, *made], 1)
        return made

    def run_rows(self, *inputs: ArrayLike) -> list[NDArray[Any]]:
        """Run the model on many inputs, one after another, in one call of C.

        Parameters
        ----------
        inputs : array-like, shape (n, *shape of the input)
            One for each input; the shape may also be flat, (n, elements).

        Returns
        -------
        list of ndarray, shape (n, *shape of the result)
            One for each result.

        Raises
        ------
        ValueError
            If number or shapes do not fit.
        DeviceError
            If the C function refuses.
        """
        ports = self.compiled.inputs
        if len(inputs) != len(ports):
            raise ValueError(f"{len(inputs)} inputs, expected {len(ports)}")
        given = [
            np.ascontiguousarray(value, port.tensor.numpy)
            for value, port in zip(inputs, ports, strict=True)
        ]
        n = len(given[0]) if given and given[0].ndim else 1
        for value, port in zip(given, ports, strict=True):
            own = port.tensor.shape
            if value.shape not in ((n, *own), (n, *own[1:]), (n, port.tensor.size)):
                raise ValueError(
                    f"input {port.name!r} has shape {value.shape}, expected (n, "
                    f"{port.tensor.size}) or (n, {', '.join(map(str, own))})"
                )
        made = [
            np.empty((n, *port.tensor.shape), port.tensor.numpy)
            for port in self.compiled.results
        ]
        self._call([*given, *made], n)
        return made

    def predict(self, x: ArrayLike) -> NDArray[Any]:
        """Run a model of one input and one result; see `CompiledModel.predict`."""
        _only(self.compiled.inputs, "inputs")
        _only(self.compiled.results, "results")
        self.reset()
        try:
            (found,) = self.run_rows(x)
        except ValueError as error:
            raise ValueError(f"x: {error}") from error
        return found.reshape(len(found), self.compiled.results[0].tensor.size)

    def _call(self, arrays: list[NDArray[Any]], n: int) -> None:
        work = np.empty(self.compiled.work_bytes // 8 + 1, np.uint64)
        given = [self._weights] if self.compiled.weights else []
        kept = [self._state] if self.compiled.state_bytes else []
        pointers = [array.ctypes.data for array in (*given, *arrays, *kept, work)]
        status = self._rows(*pointers, n)
        if status < 0:
            raise DeviceError(f"{self.compiled.symbol}: status {status}")


def _only(ports: Sequence["Port"], what: str) -> Sequence["Port"]:
    if len(ports) != 1:
        raise ValueError(f"{len(ports)} {what}, expected 1; use `GraphOnHost.run_rows`")
    return ports


def _aligned(data: bytes) -> NDArray[np.uint64]:
    """Bytes at an address that suits every element."""
    words = np.zeros(len(data) // 8 + 1, np.uint64)
    words.view(np.uint8)[: len(data)] = np.frombuffer(data, np.uint8)
    return words


def _driver(compiled: "CompiledModel") -> str:
    """C that runs a model on rows of its inputs."""
    kinds = [f"const {port.tensor.c_type} *" for port in compiled.inputs]
    kinds += [f"{port.tensor.c_type} *" for port in compiled.results]
    sizes = [port.tensor.size for port in (*compiled.inputs, *compiled.results)]
    own = [f"{kind}p{at}" for at, kind in enumerate(kinds)]
    steps = [f"p{at} + (size_t){size}U * i" for at, size in enumerate(sizes)]
    if compiled.weights:
        kinds, own = ["const void *", *kinds], ["const void *weights", *own]
        steps = ["(const uint8_t *)weights + ECM_WEIGHTS_HEAD_BYTES", *steps]
    if compiled.state_bytes:
        kinds, own, steps = [*kinds, "void *"], [*own, "void *state"], [*steps, "state"]
    text = _DRIVER.format(
        symbol=compiled.symbol,
        declared=", ".join(kinds),
        own=", ".join(own),
        steps=", ".join(steps),
    )
    return text.replace("ecm_base.h", "ecm_weights.h") if compiled.weights else text


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


def sources_of(
    modules: Sequence[str], *, twins: Sequence[str] = (), csrc: Path | None = None
) -> list[Path]:
    """C files of the device library that some modules need, found by their includes.

    Parameters
    ----------
    modules : sequence of str
        Such as ``("tree",)``.
    twins : sequence of str
        Suffixes of the twins that a core takes, the best first, such as ``dsp``: the
        file ``port/ecm_<module>_<suffix>.c``, where there is one, takes the place of
        ``ecm_<module>.c``.
    csrc : Path, optional
        Folder of the sources; the default is that of this ecmkit.

    Returns
    -------
    list of Path
        In alphabetical order of the modules; a header without a C file adds none.
    """
    found = _found(modules, twins, csrc or csrc_dir())
    return [path for name in sorted(found) if (path := found[name]) is not None]


def library_of(modules: Sequence[str]) -> dict[str, bytes]:
    """Read what builds some modules on this machine: C files and headers.

    Returns
    -------
    dict
        Content by path relative to the folder of the sources.
    """
    csrc = csrc_dir()
    found = _found(modules, (), csrc)
    paths = [path for path in found.values() if path is not None]
    paths += [path for name in found if (path := csrc / f"{name}.h").exists()]
    paths.append(csrc / _PORT / "ecm_port.h")
    return {path.relative_to(csrc).as_posix(): path.read_bytes() for path in paths}


def _found(
    modules: Sequence[str], twins: Sequence[str], folder: Path
) -> dict[str, Path | None]:
    """C file of each module that is reached; None for a header alone."""
    waiting = [f"ecm_{name}" for name in modules]
    found: dict[str, Path | None] = {}
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        files = [folder / "port" / f"{name}_{suffix}.c" for suffix in twins]
        source = next((p for p in (*files, folder / f"{name}.c") if p.exists()), None)
        found[name] = source
        for path in (folder / f"{name}.h", source):
            if path is not None and path.exists():
                waiting += _INCLUDE.findall(path.read_text("utf-8"))
    return found


def build_library(
    symbol: str,
    texts: Sequence[str],
    modules: Sequence[str],
    folder: Path,
    *,
    compiler: Sequence[str],
    flags: Sequence[str] = ("-O2",),
    csrc: Path | None = None,
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
    csrc : Path, optional
        Folder of the device library's sources; the default is that of this ecmkit.

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
    csrc = csrc or csrc_dir()
    own = sources_of(modules, csrc=csrc)
    command = [
        *compiler, *CONTRACT_FLAGS, *flags, "-fPIC", "-shared",
        f"-I{csrc}", f"-I{csrc / _PORT}",
        *map(str, files), *map(str, own), "-o", str(target),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BuildError(f"{symbol}: the compiler failed:\n{done.stderr}")
    return target
