"""The packaged application on this machine: the same C, driven by the same loop."""

import ctypes
import shutil
import tempfile
from pathlib import Path

from numpy.typing import ArrayLike

from ecmkit.bench.mailbox import chunk_and_frames, device_samples, golden_rows
from ecmkit.bench.records import AppRun, Golden
from ecmkit.bench.stream import read_run, stream_bytes
from ecmkit.errors import DeviceError
from ecmkit.graph.host import CONTRACT_FLAGS, host_compiler
from ecmkit.package import Package
from ecmkit.package.manifest import THIRD_PARTY, TWINS
from ecmkit.package.toolchain import run_tool
from ecmkit.targets import support_dir

__all__ = ["HostApp"]

_BENCH = ("bench_drive.c", "bench_host.c", "bench_stream.c")


class _Stream(ctypes.Structure):
    """``ecm_bench_stream_t``."""

    _fields_ = (
        ("at", ctypes.c_void_p),
        ("end", ctypes.c_void_p),
        ("full", ctypes.c_uint32),
    )


class HostApp:
    """An application that runs in this process, bit for bit as on the device.

    Parameters
    ----------
    package : Package
        Built for any target: the sources are compiled again for this machine.
    speed_hz : float
        Shaft speed in revolutions per second.

    Raises
    ------
    BuildError
        If the compiler refuses the sources.
    MissingError
        If this machine has no C compiler.
    DeviceError
        If the application refuses to start.
    """

    def __init__(self, package: Package, *, speed_hz: float = 0.0) -> None:
        self.package = package
        # The library stays loaded after its folder is gone: Linux keeps open files.
        with tempfile.TemporaryDirectory(prefix="ecmkit-host-") as folder:
            library = ctypes.CDLL(str(_build(package, Path(folder))))
        size = ctypes.c_uint32.in_dll(library, "ecm_bench_memory_bytes").value
        self._memory = ctypes.create_string_buffer(size)
        self._library = library
        pointer, word = ctypes.c_void_p, ctypes.c_uint32
        library.ecm_bench_init.argtypes = [pointer, pointer, ctypes.c_float]
        library.ecm_bench_push.argtypes = [pointer, pointer, pointer, word, word]
        library.ecm_bench_report.argtypes = [pointer, pointer, word]
        library.ecm_app_set_speed.argtypes = [pointer, ctypes.c_float]
        self.restart(speed_hz=speed_hz)

    def restart(self, *, speed_hz: float = 0.0) -> None:
        """Begin again as after a reset."""
        stream = _Buffer(self._room(windows=0, pushes=0, frames=0))
        status = self._library.ecm_bench_init(
            self._memory, ctypes.byref(stream.record), speed_hz
        )
        self._check("ecm_app_init", status)

    def set_speed(self, speed_hz: float) -> None:
        """Set the shaft speed for the windows to come."""
        # ecm_app_t is the first member of the package's memory.
        status = self._library.ecm_app_set_speed(self._memory, speed_hz)
        self._check("ecm_app_set_speed", status)

    def push(self, x: ArrayLike, *, chunk: int | None = None) -> AppRun:
        """Push samples and step until there is nothing left to do.

        Parameters
        ----------
        x : array-like, shape (n_samples,) or (n_channels, n_samples)
            Samples in the contract's unit; computed with as float32.
        chunk : int, optional
            Samples of each channel in a push; the default is the contract's hop.

        Returns
        -------
        AppRun
            Of the windows that became complete; without frames.
        """
        rows = golden_rows(x, self.package.manifest)
        n, _ = chunk_and_frames(Golden(x=rows, chunk=chunk), self.package.manifest)
        samples = device_samples(rows, self.package)
        stride = samples.shape[1]
        stream = self._stream(stride, n)
        for start in range(0, stride, n):
            self._library.ecm_bench_push(
                self._memory,
                ctypes.byref(stream.record),
                samples.ctypes.data + start * samples.itemsize,
                stride,
                min(n, stride - start),
            )
        return self._read(stream)

    def report(self, uptime_s: int) -> bytes:
        """Return the next telemetry frame."""
        stream = _Buffer(self._room(windows=0, pushes=0, frames=1))
        status = self._library.ecm_bench_report(
            self._memory, ctypes.byref(stream.record), uptime_s
        )
        self._check("ecm_app_report", status)
        return self._read(stream).frames[0]

    def run(self, golden: Golden) -> AppRun:
        """Start again, push a golden signal, then ask for frames: as the bench does."""
        self.restart(speed_hz=golden.speed_hz)
        run = self.push(golden.x, chunk=golden.chunk)
        _, frames = chunk_and_frames(golden, self.package.manifest)
        return AppRun(
            events=run.events,
            features=run.features,
            outputs=run.outputs,
            frames=tuple(self.report(i) for i in range(frames)),
            refused=run.refused,
        )

    def _widths(self) -> dict[str, int]:
        memory = self.package.manifest.memory
        return {
            "n_features": memory.features_len,
            "n_outputs": memory.all_outputs_len,
        }

    def _room(self, *, windows: int, pushes: int, frames: int) -> int:
        """Bytes of a stream for so many records."""
        return stream_bytes(
            windows=windows,
            pushes=pushes,
            frames=frames,
            n_channels=self.package.manifest.memory.channels_len,
            **self._widths(),
        )

    def _stream(self, n: int, chunk: int) -> "_Buffer":
        """Room for the records of n samples of each channel."""
        hop = self.package.manifest.memory.hop_len
        room = self._room(windows=n // hop + 2, pushes=-(-n // chunk), frames=0)
        return _Buffer(room)

    def _read(self, stream: "_Buffer") -> AppRun:
        if stream.record.full:
            raise DeviceError("host: the records of a run did not fit")
        return read_run(stream.data(), **self._widths())

    @staticmethod
    def _check(call: str, status: int) -> None:
        if status < 0:
            raise DeviceError(f"host: {call} refused with status {status}")


class _Buffer:
    """Memory for records, and the structure that C advances."""

    def __init__(self, size: int) -> None:
        self._memory = ctypes.create_string_buffer(size)
        self._start = ctypes.addressof(self._memory)
        self.record = _Stream(self._start, self._start + size, 0)

    def data(self) -> bytes:
        """Return the bytes that were written."""
        return self._memory.raw[: self.record.at - self._start]


def _build(package: Package, folder: Path) -> Path:
    """Compile the package's sources, as a project for this machine would."""
    work = folder / "src"
    shutil.copytree(package.path / "src", work)
    for name in (TWINS, THIRD_PARTY):
        if (package.path / name).is_dir():
            shutil.copytree(package.path / name, folder / name)
    for name in ("bench.h", *_BENCH):
        shutil.copyfile(support_dir() / name, work / name)
    sources = [*(path.name for path in package.sources), *_BENCH]
    command = [*host_compiler(), *CONTRACT_FLAGS, "-O2", "-fPIC", "-shared", "-I."]
    run_tool([*command, *sources, "-o", "package.so"], work)
    return work / "package.so"
