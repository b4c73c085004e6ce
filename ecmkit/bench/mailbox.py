"""The mailbox of ``targets/support/bench_main.c``: golden signal in, results out."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit.bench.records import AppRun, Counter, Golden, Measurement
from ecmkit.bench.stream import read_run, read_segments, stream_bytes
from ecmkit.errors import DeviceError
from ecmkit.features import codes_of
from ecmkit.package import Manifest, Package
from ecmkit.targets import Target

__all__ = ["Mailbox", "chunk_and_frames", "device_samples", "golden_rows"]

_FIELDS = (
    "magic",
    "samples_at",
    "samples_len",
    "chunk_len",
    "speed_hz",
    "frames_len",
    "out_at",
    "out_bytes",
    "file_at",
    "file_len",
    "state",
    "status",
    "out_used",
    "out_full",
    "stack_top",
    "stack_low",
)
_LAYOUT = struct.Struct("<4If5I1Ii4I")
_MAGIC = 0x424D4345
_DONE, _FAULT = 2, 3


@dataclass(frozen=True, kw_only=True)
class Mailbox:
    """Where everything of one run is in the host memory of the target."""

    at: int
    """Address of the mailbox."""
    image: bytes
    """What the runner writes there before reset."""
    out_at: int
    out_bytes: int
    n_features: int
    n_outputs: int

    HEAD_BYTES = _LAYOUT.size

    @classmethod
    def plan(
        cls, package: Package, target: Target, golden: Golden, *, file: str = ""
    ) -> "Mailbox":
        """Lay a run out.

        Parameters
        ----------
        package : Package
            What is to run.
        target : Target
            Has the host memory.
        golden : Golden
            What to push.
        file : str
            Name of a file that the firmware writes through semihosting.

        Raises
        ------
        ValueError
            If the golden signal is not usable or too long for the host memory.
        """
        manifest = package.manifest
        memory = manifest.memory
        x = device_samples(golden_rows(golden.x, manifest), package)
        n = x.shape[1]
        chunk, frames = chunk_and_frames(golden, manifest)
        at = target.mailbox_at
        name = file.encode() + b"\0"
        file_at = at + _LAYOUT.size
        samples_at = (file_at + len(name) + 7) & ~7
        out_at = (samples_at + x.nbytes + 7) & ~7
        out_bytes = stream_bytes(
            windows=n // memory.hop_len + 2,
            pushes=-(-n // chunk),
            frames=frames,
            n_channels=memory.channels_len,
            n_features=memory.features_len,
            n_outputs=memory.outputs_len,
        )
        if out_at + out_bytes > target.host.end:
            raise ValueError(
                f"golden.x has {n} samples: the run needs "
                f"{out_at + out_bytes - at} bytes, the host memory of {target.name} "
                f"has {target.host.end - at}"
            )
        head = _LAYOUT.pack(
            _MAGIC, samples_at, n, chunk, golden.speed_hz, frames, out_at,
            out_bytes, file_at if file else 0, len(name) - 1, 0, 0, 0, 0, 0, 0,
        )  # fmt: skip
        image = (head + name).ljust(samples_at - at, b"\0") + x.tobytes()
        return cls(
            at=at,
            image=image,
            out_at=out_at,
            out_bytes=out_bytes,
            n_features=memory.features_len,
            n_outputs=memory.outputs_len,
        )

    def out_used(self, head: bytes) -> int:
        """Bytes of the stream, from the mailbox as the firmware left it."""
        return min(_unpack(head)["out_used"], self.out_bytes)

    def measurement(
        self,
        head: bytes,
        stream: bytes,
        counts: NDArray[np.uint64],
        *,
        runner: str,
        counter: Counter,
        stack_limit: int,
    ) -> Measurement:
        """Read the results of a run.

        Raises
        ------
        DeviceError
            If the firmware faulted, was refused at start, overran its stack or wrote
            records that do not fit.
        """
        mail = _unpack(head)
        if mail["state"] == _FAULT:
            raise DeviceError(f"{runner}: the firmware went to its fault handler")
        if mail["state"] != _DONE:
            raise DeviceError(f"{runner}: stopped in state {mail['state']}")
        run: AppRun = read_run(
            stream, n_features=self.n_features, n_outputs=self.n_outputs
        )
        if mail["status"] < 0:
            raise DeviceError(
                f"{runner}: refused with status {mail['status']}: {run.refused}"
            )
        if mail["out_full"]:
            raise DeviceError(f"{runner}: the records did not fit in {self.out_bytes}")
        if mail["stack_low"] <= stack_limit:
            raise DeviceError(
                f"{runner}: the stack overran its "
                f"{mail['stack_top'] - stack_limit} bytes; raise build.stack_bytes"
            )
        return Measurement(
            run=run,
            runner=runner,
            counter=counter,
            segments=read_segments(stream, counts),
            stack_bytes=mail["stack_top"] - mail["stack_low"],
        )


def golden_rows(x: ArrayLike, manifest: Manifest) -> NDArray[np.float32]:
    """Give samples one row for each channel of a package.

    Raises
    ------
    ValueError
        If the shape is not the package's, or there are no samples.
    """
    rows = np.atleast_2d(np.asarray(x, np.float32))
    channels = manifest.memory.channels_len
    if rows.ndim != 2 or rows.shape[0] != channels or rows.shape[1] < 1:
        one = "(n_samples,)" if channels == 1 else f"({channels}, n_samples)"
        raise ValueError(f"golden.x has shape {np.shape(x)}, expected {one}")
    return rows


def device_samples(
    rows: NDArray[np.float32], package: Package
) -> NDArray[np.float32] | NDArray[np.int16]:
    """Turn samples into those that are pushed, in C order and little-endian.

    Floats in the units of the contract, or the integers that the sensor gives for them.
    """
    if package.contract.profile == "q15":
        codes = [
            codes_of(row, package.contract.range_of(i)) for i, row in enumerate(rows)
        ]
        return np.stack(codes).astype("<i2", copy=False)
    return np.ascontiguousarray(rows, "<f4")


def chunk_and_frames(golden: Golden, manifest: Manifest) -> tuple[int, int]:
    """Resolve the two choices that a golden signal may leave open."""
    memory = manifest.memory
    chunk = memory.hop_len if golden.chunk is None else golden.chunk
    frames = memory.features_len + 1 if golden.frames is None else golden.frames
    if chunk < 1 or frames < 0:
        raise ValueError(f"chunk is {chunk}, frames {frames}; expected >= 1 and >= 0")
    return chunk, frames


def _unpack(head: bytes) -> Mapping[str, int]:
    return dict(zip(_FIELDS, _LAYOUT.unpack(head[: _LAYOUT.size]), strict=True))
