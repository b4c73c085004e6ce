"""From recordings larger than memory to a feature table in a file, on many workers."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from ecmkit.data import Source
from ecmkit.errors import DataError
from ecmkit.features.extract import require_described
from ecmkit.features.optional import require
from ecmkit.features.plan import FeaturePlan
from ecmkit.features.storage import table_writer
from ecmkit.features.stream import Stream
from ecmkit.features.table import FeatureTable

__all__ = ["extract_files"]

_PIECE = 1 << 17
"""Samples of a channel that are read at a time: 512 KiB, since what is small stays in
the caches while it is converted."""
_WAITING = 64
"""Tables, one for each piece, that a recording at work may be ahead of the writer."""


def extract_files(
    sources: Sequence[Source],
    plan: FeaturePlan,
    out: Path,
    *,
    engine: Literal["local", "dask"] = "local",
    nonfinite: Literal["refuse", "drop"] = "refuse",
    threads: int = 1,
    scheduler: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Extract the features of recordings into a Parquet file, piece by piece.

    Parameters
    ----------
    sources : sequence of Source
        From `data.scan`.
    plan : FeaturePlan
        What to compute.
    out : Path
        The file; it appears when all of it is there. `load_features` reads it.
    engine : "local" or "dask"
        Here, or by the workers of a Dask cluster, which must reach the same files.
    nonfinite : "refuse" or "drop"
        What to do with samples that are NaN or infinite: refuse the recording by name,
        or leave out the windows that hold them and start anew behind them.
    threads : int
        Of the local engine: recordings at work at the same time, 1 or more. The rows
        are the same, in the same order.
    scheduler : str, optional
        Address of the cluster, such as ``tcp://10.0.0.1:8786``; without it two workers
        are started here.
    progress : callable, optional
        Called with the number of recordings done and in all, after each.

    Returns
    -------
    int
        Windows in the table.

    Raises
    ------
    DataError
        As `extract` does, by the recording; nothing is written then.
    MissingError
        If pyarrow (``ecmkit[data]``) or Dask (``ecmkit[dask]``) is not installed.
    ValueError
        On an unknown engine, or no threads.

    Notes
    -----
    Memory: a piece of each recording at work, 512 KiB a channel and its copies, and of
    each of several threads the features of 64 pieces, whatever the number and length of
    recordings. A worker of the cluster holds the features of one recording. With two
    threads one extracts while the other writes, even a single recording.
    """
    if engine not in ("local", "dask"):
        raise ValueError(f"engine: found {engine!r}, expected local or dask")
    if threads < 1:
        raise ValueError(f"threads: found {threads}, expected 1 or more")
    if scheduler is not None and engine != "dask":
        raise ValueError(
            f"scheduler: found {scheduler}, expected none for the local engine"
        )
    with ExitStack() as stack:
        if engine == "dask":
            parts: Iterator[Iterable[FeatureTable]] = _on_cluster(
                sources, plan, nonfinite, scheduler, stack
            )
        elif threads == 1:
            parts = (_tables(source, plan, nonfinite) for source in sources)
        else:
            parts = _in_threads(sources, plan, nonfinite, threads, stack)
        writer = stack.enter_context(table_writer(out, plan.contract()))
        for done, tables in enumerate(parts, start=1):
            for table in tables:
                writer.write(table)
            if progress is not None:
                progress(done, len(sources))
        if not writer.n_windows:
            raise DataError(
                f"found no windows in {len(sources)} recordings, expected some"
            )
        return writer.n_windows


def _tables(
    source: Source, plan: FeaturePlan, nonfinite: Literal["refuse", "drop"]
) -> Iterator[FeatureTable]:
    """Extract one recording, a piece at a time."""
    contract = plan.contract()
    stream: Stream | None = None
    given = 0
    for piece in source.pieces(_PIECE):
        info = piece.info
        if stream is None:
            require_described(piece, contract, whole=False, tacho=plan.tacho)
            speed_hz = 0.0 if plan.tacho else info.speed_hz
            stream = Stream(plan, speed_hz=speed_hz, nonfinite=nonfinite)
        x = np.stack([piece.channel(name) for name in plan.inputs])
        try:
            rows = stream.push(x)
        except DataError as error:
            raise DataError(f"{info.id}: {error}") from error
        n = len(rows)
        given += n
        if n:
            yield FeatureTable(
                x=rows,
                names=contract.names,
                units=contract.units,
                recording=np.full(n, info.id),
                start=stream.starts,
                label=np.full(n, info.label),
                group=np.full(n, info.machine),
                contract_id=contract.id,
            )
    if stream is not None and not given and nonfinite == "refuse":
        raise DataError(
            f"{source.info.id}: found {stream.samples} samples, expected "
            f"{plan.span_len} or more: {plan.span_len / plan.fs_hz:.3g} s, what a row "
            "takes"
        )


def _whole(
    source: Source, plan: FeaturePlan, nonfinite: Literal["refuse", "drop"]
) -> list[FeatureTable]:
    return list(_tables(source, plan, nonfinite))


def _in_order(
    submit: Callable[[Source], Any], sources: Sequence[Source], most: int
) -> Iterator[Any]:
    """Give what was submitted in order, with at most `most` at work or waiting."""
    waiting: deque[Any] = deque()
    for source in sources:
        waiting.append(submit(source))
        if len(waiting) >= most:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


class _Pipe:
    """Tables of a recording on their way from its thread, `_WAITING` at a time."""

    def __init__(self) -> None:
        self._tables: deque[FeatureTable] = deque()
        self._change = threading.Condition()
        self._closed = self._ended = False

    def fill(self, tables: Iterator[FeatureTable]) -> None:
        """Put tables in until there are no more, or nobody wants them."""
        try:
            for table in tables:
                with self._change:
                    self._change.wait_for(self._has_room)
                    if self._closed:
                        return
                    self._tables.append(table)
                    self._change.notify()
        finally:
            with self._change:
                self._ended = True
                self._change.notify()

    def close(self) -> None:
        """Let the thread go; what is in the pipe is forgotten."""
        with self._change:
            self._closed = True
            self._change.notify()

    def __iter__(self) -> Iterator[FeatureTable]:
        while True:
            with self._change:
                self._change.wait_for(lambda: self._tables or self._ended)
                if not self._tables:
                    return
                table = self._tables.popleft()
                self._change.notify()
            yield table

    def _has_room(self) -> bool:
        return self._closed or len(self._tables) < _WAITING


@dataclass(frozen=True)
class _Piped:
    """A recording at work in a thread."""

    pipe: _Pipe
    done: Future[None]

    def result(self) -> Iterator[FeatureTable]:
        """Give its tables as they come, then its error if it has one."""
        yield from self.pipe
        self.done.result()


def _in_threads(
    sources: Sequence[Source],
    plan: FeaturePlan,
    nonfinite: Literal["refuse", "drop"],
    threads: int,
    stack: ExitStack,
) -> Iterator[Iterator[FeatureTable]]:
    pool = ThreadPoolExecutor(threads)
    stack.callback(pool.shutdown, cancel_futures=True)
    at_work: deque[_Pipe] = deque(maxlen=threads)

    def close() -> None:
        for pipe in at_work:
            pipe.close()

    stack.callback(close)  # before the pool waits for its threads

    def submit(source: Source) -> _Piped:
        pipe = _Pipe()
        at_work.append(pipe)
        return _Piped(pipe, pool.submit(pipe.fill, _tables(source, plan, nonfinite)))

    return _in_order(submit, sources, threads)


def _on_cluster(
    sources: Sequence[Source],
    plan: FeaturePlan,
    nonfinite: Literal["refuse", "drop"],
    scheduler: str | None,
    stack: ExitStack,
) -> Iterator[list[FeatureTable]]:
    distributed = require("distributed", "Dask", extra="dask")
    if scheduler is None:
        cluster = stack.enter_context(
            distributed.LocalCluster(
                n_workers=2,
                threads_per_worker=1,
                host="127.0.0.1",
                dashboard_address=None,
            )
        )
        client = stack.enter_context(distributed.Client(cluster))
    else:
        client = stack.enter_context(distributed.Client(scheduler))
    most = 2 * max(1, sum(client.nthreads().values()))
    return _in_order(
        lambda source: client.submit(_whole, source, plan, nonfinite, pure=False),
        sources,
        most,
    )
