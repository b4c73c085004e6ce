"""The mailbox of ``targets/support/bench_mail.c``: golden signal in, results out."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit.bench.elf import Image
from ecmkit.bench.records import Counter, Golden, Measurement
from ecmkit.bench.stream import read_run, read_segments, stream_bytes
from ecmkit.errors import DeviceError
from ecmkit.features import codes_of
from ecmkit.package import Manifest, Package
from ecmkit.targets import Target

__all__ = [
    "COUNTER_FULL",
    "BenchMemory",
    "Mailbox",
    "Task",
    "chunk_and_frames",
    "counter_of",
    "device_samples",
    "golden_rows",
    "measurement",
]

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
    "part",
    "counts_at",
    "state",
    "status",
    "out_used",
    "out_full",
    "stack_top",
    "stack_low",
    "stack_limit",
    "counter",
    "counts_used",
    "count_from",
    "count_overhead",
)
_LAYOUT = struct.Struct("<4If7I1Ii9I")
_MAGIC = 0x424D4345
_DONE, _FAULT, _AGAIN = 2, 3, 4
_FIRST, _LAST = 1, 2
_COUNTERS = {
    0: "",
    1: "CYCCNT",
    2: "SysTick",
    3: "mcycle",
    4: "SysTick: CYCCNT stands still",
}
_SEGMENT_BYTES = 16  # of a segment's record, of which every count has one
_ID_DIGITS = 32  # of a hash, as ecm_app_cfg_t has it
COUNTER_FULL = 0xFFFFFFFF
"""Count of a call that took longer than the counter holds."""


@dataclass(frozen=True, kw_only=True)
class BenchMemory:
    """Memory for mailbox, samples, records and counts."""

    at: int
    """First address."""
    bytes: int
    what: str
    """For messages."""

    @classmethod
    def of(cls, image: Image, target: Target) -> "BenchMemory":
        """Find the memory that the linker left for the bench.

        Raises
        ------
        DeviceError
            If the image has no bench, or that of another version of ecmkit.
        """
        names = "ecm_bench_mail", "ecm_bench_mail_end"
        for name in names:
            if name not in image.addresses:
                raise DeviceError(
                    f"the image for {target.name} has no symbol {name}: build it again"
                )
        at, end = (image.addresses[name] for name in names)
        return cls(
            at=at,
            bytes=max(0, end - at),
            what=f"the memory of the bench on {target.name}",
        )


@dataclass(frozen=True, kw_only=True)
class Mailbox:
    """One part of a run, and where everything of it is in the memory of the bench."""

    at: int
    """Address of the mailbox."""
    image: bytes
    """What the runner writes there before reset, or before the target goes on."""
    out_at: int
    """Address of the records."""
    out_bytes: int
    counts_at: int
    """Address of the counts of a counter on the chip, 0 if none was asked for."""
    total_bytes: int
    """Mailbox, samples, records and counts together."""

    HEAD_BYTES = _LAYOUT.size

    def out_used(self, head: bytes) -> int:
        """Bytes of the stream, from the mailbox as the firmware left it."""
        return min(_unpack(head)["out_used"], self.out_bytes)

    def counts_used(self, head: bytes) -> int:
        """Return how many counts a counter on the chip has left."""
        return min(_unpack(head)["counts_used"], self.out_bytes // _SEGMENT_BYTES)


@dataclass(frozen=True, kw_only=True)
class Task:
    """What firmware with the bench in it is to do, wherever it runs."""

    samples: NDArray[Any]
    """As the firmware takes them, shape (n_channels, n_samples)."""
    what: str
    """The samples in words, for messages."""
    chunk: int
    """Samples of a channel in a push."""
    frames: int = 0
    """Telemetry frames asked for at the end."""
    speed_hz: float = 0.0
    hop_len: int = 0
    """Samples between windows; 0: no event is written."""
    slices: int = 0
    """Calls of a window."""
    n_features: int = 0
    n_outputs: int = 0
    identity: str = ""
    """Of contract and models, as firmware of its own tells it; empty: any."""

    @classmethod
    def of(cls, package: Package, golden: Golden) -> "Task":
        """Take a golden signal as a package's firmware takes it.

        Raises
        ------
        ValueError
            If the golden signal is not usable.
        """
        memory, own = package.manifest.memory, package.manifest
        x = device_samples(golden_rows(golden.x, package.manifest), package)
        chunk, frames = chunk_and_frames(golden, package.manifest)
        return cls(
            samples=x,
            what=f"golden.x has {x.shape[1]} samples",
            chunk=chunk,
            frames=frames,
            speed_hz=golden.speed_hz,
            hop_len=memory.hop_len,
            slices=2 + len(package.manifest.steps) + len(package.manifest.models),
            n_features=memory.features_len,
            n_outputs=memory.all_outputs_len,
            identity=own.contract_id[:_ID_DIGITS] + own.model_id[:_ID_DIGITS],
        )

    def mailbox(self, memory: BenchMemory, *, file: str = "") -> Mailbox:
        """Lay the whole run out.

        Parameters
        ----------
        memory : BenchMemory
            Where.
        file : str
            Name of a file that the firmware writes through semihosting.

        Raises
        ------
        ValueError
            If the memory is too small.
        """
        box = self._lay_out(memory, 0, self.samples.shape[1], file=file)
        if box.total_bytes > memory.bytes:
            raise ValueError(
                f"{self.what}: the run needs {box.total_bytes} bytes, {memory.what} "
                f"has {memory.bytes}"
            )
        return box

    def parts(self, memory: BenchMemory) -> list[Mailbox]:
        """Lay the run out in as few parts as have room, with counts of the chip's own.

        Where there are several, the frames are a part of their own.

        Raises
        ------
        ValueError
            If the memory is too small for a part of a single push.
        """
        n = self.samples.shape[1]
        chunks, parts = -(-n // self.chunk), 1
        while True:
            own = -(-chunks // parts) * self.chunk
            made = [
                self._lay_out(memory, start, min(start + own, n), parts=parts)
                for start in (*range(0, n, own), *([n] if parts > 1 else []))
            ]
            needed = max(box.total_bytes for box in made)
            if needed <= memory.bytes:
                return made
            if own == self.chunk:
                raise ValueError(
                    f"{self.what}: the run needs {needed} bytes even in parts of a "
                    f"push of {own}, {memory.what} has {memory.bytes}"
                )
            parts = min(parts * 2, chunks)

    def _lay_out(
        self,
        memory: BenchMemory,
        start: int,
        end: int,
        *,
        file: str = "",
        parts: int = 0,
    ) -> Mailbox:
        """Put samples, and room for records, behind a mailbox; and for counts in parts.

        The part that has no samples asks for frames.
        """
        n, counts = end - start, parts > 0
        last = n == 0 if parts > 1 else end == self.samples.shape[1]
        x = self.samples[:, start:end].tobytes()
        name = file.encode() + b"\0"
        file_at = _LAYOUT.size
        samples_at = (file_at + len(name) + 7) & ~7
        out_at = (samples_at + len(x) + 7) & ~7
        out_bytes = stream_bytes(
            windows=-(-n // self.hop_len) + 1 if self.hop_len and n else 0,
            pushes=-(-n // self.chunk),
            frames=self.frames if last else 0,
            n_channels=len(self.samples),
            n_features=self.n_features,
            n_outputs=self.n_outputs,
            slices=self.slices if counts else 0,
        )
        counts_at = (out_at + out_bytes + 3) & ~3
        counts_bytes = 4 * (out_bytes // _SEGMENT_BYTES) if counts else 0
        head = _LAYOUT.pack(
            _MAGIC, samples_at, n, self.chunk, self.speed_hz, self.frames,
            out_at, out_bytes, file_at if file else 0, len(name) - 1,
            (_FIRST if start == 0 else 0) | (_LAST if last else 0),
            counts_at if counts else 0, _AGAIN, *[0] * 10,
        )  # fmt: skip
        return Mailbox(
            at=memory.at,
            image=(head + name).ljust(samples_at, b"\0") + x,
            out_at=memory.at + out_at,
            out_bytes=out_bytes,
            counts_at=memory.at + counts_at if counts else 0,
            total_bytes=counts_at + counts_bytes,
        )


def measurement(
    task: Task,
    heads: Sequence[bytes],
    streams: Sequence[bytes],
    counts: NDArray[np.uint64],
    *,
    runner: str,
    counter: Counter,
) -> Measurement:
    """Read the results of a run.

    Parameters
    ----------
    task : Task
        What ran.
    heads, streams : sequence of bytes
        Mailbox and stream of each part, as the firmware left them.
    counts : ndarray of uint64, shape (n_segments,)
        Of all calls.
    runner : str
        Name and version of what ran it.
    counter : Counter
        What `counts` are.

    Returns
    -------
    Measurement

    Raises
    ------
    DeviceError
        If the firmware faulted, was refused at start, overran its stack or wrote
        records that do not fit.
    """
    stream, mails = b"".join(streams), [_unpack(head) for head in heads]
    for mail in mails:
        if mail["state"] == _FAULT:
            raise DeviceError(f"{runner}: the firmware went to its fault handler")
        if mail["state"] != _DONE:
            raise DeviceError(f"{runner}: stopped in state {mail['state']}")
    run = read_run(stream, n_features=task.n_features, n_outputs=task.n_outputs)
    for mail in mails:
        if mail["status"] < 0:
            raise DeviceError(
                f"{runner}: refused with status {mail['status']}: {run.refused}"
            )
        if mail["out_full"]:
            raise DeviceError(f"{runner}: the records did not fit")
    top = max(mail["stack_top"] for mail in mails)
    low = min(mail["stack_low"] for mail in mails)
    limit = mails[0]["stack_limit"]
    if low <= limit:
        raise DeviceError(
            f"{runner}: the stack overran its {top - limit} bytes; raise "
            "build.stack_bytes"
        )
    return Measurement(
        run=run,
        runner=runner,
        counter=counter,
        segments=read_segments(stream, counts),
        stack_bytes=top - low,
    )


def counter_of(head: bytes) -> str:
    """Name of the counter on the chip that counted, empty if there is none."""
    return _COUNTERS.get(_unpack(head)["counter"], "")


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
    if package.manifest.memory.sample_bytes == 2:
        codes = [
            codes_of(row, package.contract.range_of(i)) for i, row in enumerate(rows)
        ]
        return np.stack(codes).astype("<i2", copy=False)
    return np.ascontiguousarray(rows, "<f4")


def chunk_and_frames(golden: Golden, manifest: Manifest) -> tuple[int, int]:
    """Resolve the two choices that a golden signal may leave open."""
    memory = manifest.memory
    chunk = memory.chunk_len if golden.chunk is None else golden.chunk
    frames = memory.features_len + 1 if golden.frames is None else golden.frames
    if chunk < 1 or frames < 0:
        raise ValueError(f"chunk is {chunk}, frames {frames}; expected >= 1 and >= 0")
    return chunk, frames


def _unpack(head: bytes) -> Mapping[str, int]:
    return dict(zip(_FIELDS, _LAYOUT.unpack(head[: _LAYOUT.size]), strict=True))
