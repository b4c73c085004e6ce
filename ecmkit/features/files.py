"""From recordings larger than memory to a feature table in a file, on many workers."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Literal

from ecmkit.data import Source
from ecmkit.errors import DataError
from ecmkit.features.optional import require
from ecmkit.features.plan import FeaturePlan
from ecmkit.features.storage import table_writer
from ecmkit.features.stream import Stream
from ecmkit.features.table import FeatureTable

__all__ = ["extract_files"]

_PIECE = 1 << 20
"""Samples of a channel that are in memory at a time: 4 MiB."""


def extract_files(
    sources: Sequence[Source],
    plan: FeaturePlan,
    out: Path,
    *,
    engine: Literal["local", "dask"] = "local",
    threads: int = 1,
    client: Any = None,
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
    threads : int
        Of the local engine: recordings at work at the same time, 1 or more. The rows
        are the same, in the same order.
    client : distributed.Client, optional
        Of the cluster; one of two processes is started here without it.
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
    Memory: a piece of each recording at work, 4 MiB a channel, whatever its length. A
    worker of the cluster holds the features of one recording.
    """
    if engine not in ("local", "dask"):
        raise ValueError(f"engine: found {engine!r}, expected local or dask")
    if threads < 1:
        raise ValueError(f"threads: found {threads}, expected 1 or more")
    if client is not None and engine != "dask":
        raise ValueError("client: found one, expected none for the local engine")
    with ExitStack() as stack:
        if engine == "dask":
            parts = _on_cluster(sources, plan, client, stack)
        elif threads == 1:
            parts = (_tables(source, plan) for source in sources)
        else:
            parts = _in_threads(sources, plan, threads, stack)
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


def _tables(source: Source, plan: FeaturePlan) -> Iterator[FeatureTable]:
    """Extract one recording, a piece at a time."""
    stream: Stream | None = None
    for piece in source.pieces(_PIECE):
        if stream is None:
            stream = Stream(plan, piece.info, piece.channels)
        table = stream.push(piece.x)
        if len(table.x):
            yield table


def _whole(source: Source, plan: FeaturePlan) -> list[FeatureTable]:
    return list(_tables(source, plan))


def _in_order(
    submit: Callable[[Source], Any], sources: Sequence[Source], most: int
) -> Iterator[list[FeatureTable]]:
    """Give results in order, with at most `most` recordings at work or waiting."""
    waiting: deque[Any] = deque()
    for source in sources:
        waiting.append(submit(source))
        if len(waiting) >= most:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _in_threads(
    sources: Sequence[Source], plan: FeaturePlan, threads: int, stack: ExitStack
) -> Iterator[list[FeatureTable]]:
    pool = ThreadPoolExecutor(threads)
    stack.callback(pool.shutdown, cancel_futures=True)
    return _in_order(lambda source: pool.submit(_whole, source, plan), sources, threads)


def _on_cluster(
    sources: Sequence[Source], plan: FeaturePlan, client: Any, stack: ExitStack
) -> Iterator[list[FeatureTable]]:
    distributed = require("distributed", "Dask", extra="dask")
    if client is None:
        cluster = stack.enter_context(
            distributed.LocalCluster(
                n_workers=2,
                threads_per_worker=1,
                host="127.0.0.1",
                dashboard_address=None,
            )
        )
        client = stack.enter_context(distributed.Client(cluster))
    most = 2 * max(1, sum(client.nthreads().values()))
    return _in_order(
        lambda source: client.submit(_whole, source, plan, pure=False), sources, most
    )
