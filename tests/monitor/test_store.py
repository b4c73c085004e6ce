"""The store survives restarts, repetitions and interrupted writers."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from ecmkit.errors import FormatError
from ecmkit.monitor import Store


def test_keeps_order_and_any_bytes(tmp_path: Path, device) -> None:
    frames = [device.join(), device.report(), b"", b"junk", device.report()]
    with Store(tmp_path / "s.db") as store:
        assert store.append(frames[:3], received_s=10.0) == 3
        assert store.append(frames[3:], received_s=11.5) == 2
    with Store(tmp_path / "s.db") as store:
        assert [data for _, data in store] == frames
        assert [at for at, _ in store] == [10, 10, 10, 11.5, 11.5]
        assert len(store) == 5


def test_the_same_twice_is_stored_once(tmp_path: Path, device) -> None:
    frame = device.report()
    with Store(tmp_path / "s.db") as store:
        assert store.append([frame, frame], received_s=1.0) == 1
        assert store.append([frame], received_s=1.0) == 0
        # The radio's own repetition is another arrival; `ingest` counts it.
        assert store.append([frame], received_s=2.0) == 1
        assert len(store) == 2


def test_devices_and_times(tmp_path: Path, device) -> None:
    first = device.report()
    second = device.report(device_id=3)
    with Store(tmp_path / "s.db") as store:
        store.append([first], received_s=1.0)
        store.append([second, b"junk"], received_s=2.0)
        assert store.devices() == (3, 7)
        assert [data for _, data in store.iter(device_id=7)] == [first]
        assert [data for _, data in store.iter(since_s=2.0)] == [second, b"junk"]


def test_received_now_by_default(tmp_path: Path) -> None:
    with Store(tmp_path / "s.db") as store:
        store.append([b"a"])
        ((at, _),) = store
        assert at > 1.6e9


def test_a_failing_source_leaves_nothing(tmp_path: Path) -> None:
    def source():
        yield b"a"
        raise OSError("radio gone")

    with Store(tmp_path / "s.db") as store:
        with pytest.raises(OSError, match="radio gone"):
            store.append(source())
        with pytest.raises(TypeError):
            store.append([b"a", None])  # type: ignore[list-item]
        assert len(store) == 0
        assert store.append([b"b"]) == 1


def test_a_killed_writer_leaves_whole_batches(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    program = (
        "import sys\n"
        "from ecmkit.monitor import Store\n"
        "store = Store(sys.argv[1])\n"
        "for i in range(10**6):\n"
        "    batch = [b'%d-%d' % (i, j) for j in range(50)]\n"
        "    store.append(batch, received_s=float(i))\n"
        "    print(i, flush=True)\n"
    )
    root = Path(__file__).parents[2]
    writer = subprocess.Popen(
        [sys.executable, "-c", program, str(path)],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(root)},
    )
    assert writer.stdout is not None
    for _ in range(20):
        done = int(writer.stdout.readline())
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    writer.stdout.close()
    with Store(path) as store:
        assert len(store) % 50 == 0
        assert len(store) >= 50 * (done + 1)


def test_two_monitors_at_once(tmp_path: Path) -> None:
    with Store(tmp_path / "s.db") as one, Store(tmp_path / "s.db") as two:
        for i in range(10):
            one.append([b"one"], received_s=float(i))
            two.append([b"two"], received_s=float(i))
        assert len(one) == len(two) == 20


def test_refuses_other_files(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("not a database, but long enough to be read" * 30)
    with pytest.raises(FormatError, match="not a store of telemetry"):
        Store(tmp_path / "text")
    with pytest.raises(FormatError, match="does not exist"):
        Store(tmp_path / "no" / "s.db")
    other = sqlite3.connect(tmp_path / "other.db")
    other.execute("CREATE TABLE x (y)")
    other.close()
    before = (tmp_path / "other.db").read_bytes()
    with pytest.raises(FormatError, match="database of something else"):
        Store(tmp_path / "other.db")
    assert (tmp_path / "other.db").read_bytes() == before, "another's journal mode"
    with pytest.raises(FormatError, match="found a folder, expected a file"):
        Store(tmp_path)
    newer = sqlite3.connect(tmp_path / "newer.db")
    newer.execute("PRAGMA user_version = 2")
    newer.close()
    with pytest.raises(FormatError, match="found 2, expected 1"):
        Store(tmp_path / "newer.db")


def test_a_reader_makes_no_store_of_an_empty_file(tmp_path: Path) -> None:
    """A mistyped name of a file lost nothing, but the file became a database."""
    empty = tmp_path / "empty.toml"
    empty.touch()
    with pytest.raises(FormatError, match="found an empty file, expected a store"):
        Store(empty, create=False)
    with pytest.raises(FormatError, match="no such file"):
        Store(tmp_path / "none.db", create=False)
    assert [path.name for path in tmp_path.iterdir()] == ["empty.toml"]
    assert empty.read_bytes() == b""
    Store(empty).close()
    Store(empty, create=False).close()
