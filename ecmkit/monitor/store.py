"""Store of raw frames: append-only, so that a monitor can be stopped and restarted."""

import sqlite3
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType

from ecmkit.errors import FormatError
from ecmkit.formats.frame import decode
from ecmkit.formats.snapshot import decode_chunk, is_chunk

__all__ = ["Store"]

_VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS frame (
    id INTEGER PRIMARY KEY,
    received_us INTEGER NOT NULL,
    device_id INTEGER,
    data BLOB NOT NULL,
    UNIQUE (received_us, data)
);
CREATE INDEX IF NOT EXISTS frame_device ON frame (device_id, received_us, id);
"""


class Store:
    """Frames as they arrived, in one SQLite file.

    What `append` has returned from survives a power cut; a call that was interrupted
    left nothing. Appending the same bytes with the same time again changes nothing.

    Parameters
    ----------
    path : Path or str
        The file. Its folder must exist.
    create : bool
        Make the file if it is not there, and a store of an empty one. Without, such as
        for a command that only reads, both are refused, and no file is changed.

    Raises
    ------
    FormatError
        If the file is not a store of a known version.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, Store(f"{folder}/s.db") as store:
    ...     store.append([b"frame"], received_s=1.0)
    ...     store.append([b"frame"], received_s=1.0)
    ...     list(store)
    1
    0
    [(1.0, b'frame')]
    """

    def __init__(self, path: Path | str, *, create: bool = True) -> None:
        self.path = Path(path)
        if not self.path.parent.is_dir():
            raise FormatError(f"{self.path}: folder {self.path.parent} does not exist")
        if self.path.is_dir():
            raise FormatError(f"{self.path}: found a folder, expected a file")
        if not create and not self.path.exists():
            raise FormatError(f"{self.path}: no such file")
        try:
            self._db = sqlite3.connect(self.path, isolation_level=None, timeout=30.0)
        except sqlite3.Error as error:
            raise FormatError(f"{self.path}: cannot be opened: {error}") from error
        try:
            self._open(create)
        except sqlite3.DatabaseError as error:
            self._db.close()
            raise FormatError(
                f"{self.path}: not a store of telemetry: {error}"
            ) from error
        except FormatError:
            self._db.close()
            raise

    def _open(self, create: bool) -> None:
        version = int(self._db.execute("PRAGMA user_version").fetchone()[0])
        if version not in (0, _VERSION):
            raise FormatError(
                f"{self.path}: field `user_version`: found {version}, expected "
                f"{_VERSION}"
            )
        if version == 0:
            tables = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if tables[0]:
                raise FormatError(f"{self.path}: a database of something else")
            if not create:
                raise FormatError(
                    f"{self.path}: found an empty file, expected a store of telemetry"
                )
        # not before: the mode stays with a file, and this one is ours
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        if version == 0:
            self._db.executescript(
                f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {_VERSION}; COMMIT;"
            )

    def append(
        self, frames: Iterable[bytes], *, received_s: float | None = None
    ) -> int:
        """Store frames in one transaction.

        Parameters
        ----------
        frames : iterable of bytes
            In the order of arrival; any bytes, decodable or not.
        received_s : float, optional
            Seconds since the epoch; by default now.

        Returns
        -------
        int
            Frames that were not there before.
        """
        at = time.time() if received_s is None else received_s
        rows = [(round(at * 1e6), _device(data), bytes(data)) for data in frames]
        self._db.execute("BEGIN IMMEDIATE")
        try:
            before = self._db.total_changes
            self._db.executemany(
                "INSERT OR IGNORE INTO frame (received_us, device_id, data) "
                "VALUES (?, ?, ?)",
                rows,
            )
            added = self._db.total_changes - before
            self._db.execute("COMMIT")
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        return added

    def iter(
        self, *, device_id: int | None = None, since_s: float = 0.0
    ) -> Iterator[tuple[float, bytes]]:
        """Frames in the order of arrival.

        Parameters
        ----------
        device_id : int, optional
            Only those of one device; frames that cannot be decoded belong to none.
        since_s : float
            Only those received then or later [s since the epoch].

        Yields
        ------
        received_s : float
        frame : bytes
        """
        query, values = (
            "SELECT received_us, data FROM frame WHERE received_us >= ?",
            [round(since_s * 1e6)],
        )
        if device_id is not None:
            query, values = f"{query} AND device_id = ?", [*values, device_id]
        for at, data in self._db.execute(f"{query} ORDER BY received_us, id", values):
            yield at / 1e6, data

    def devices(self) -> tuple[int, ...]:
        """Devices that were heard, in rising order."""
        rows = self._db.execute(
            "SELECT DISTINCT device_id FROM frame WHERE device_id IS NOT NULL "
            "ORDER BY device_id"
        )
        return tuple(int(row[0]) for row in rows)

    def close(self) -> None:
        """Close the file; nothing is lost without it."""
        self._db.close()

    def __iter__(self) -> Iterator[tuple[float, bytes]]:
        return self.iter()

    def __len__(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM frame").fetchone()[0])

    def __enter__(self) -> "Store":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _device(data: bytes) -> int | None:
    """Device of a frame; None for one that cannot be decoded, which is kept too."""
    try:
        return (decode_chunk(data) if is_chunk(data) else decode(data)).device_id
    except FormatError:
        return None
