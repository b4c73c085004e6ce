"""What is slow and shared: a small package, and one whole run."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from ecmkit.bench import HostApp
from ecmkit.flow import RunReport
from ecmkit.formats.hashing import file_hash
from ecmkit.package import build
from ecmkit.targets import load_target
from tests.cli.runner import Done, ecmkit
from tests.flow.small import write_project
from tests.package.sample import application


@pytest.fixture(scope="session")
def host_app(tmp_path_factory: pytest.TempPathFactory) -> HostApp:
    out = tmp_path_factory.mktemp("package") / "pump"
    return HostApp(build(application(), target=load_target("mps2-an386"), out=out))


@dataclass(frozen=True, kw_only=True)
class Finished:
    """The small project, run twice. For reading only: other tests share it."""

    root: str
    first: Done
    again: Done
    """The second time, with ``--json``."""
    files: dict[str, str]
    """Hash of every result after the first run."""
    stages: list[str]
    """Folders of cached stages after the first run."""
    left: list[str]
    """What both runs left in the folder for temporary files."""

    @property
    def project(self) -> Path:
        """The project file."""
        return Path(self.root, "small.toml")

    @property
    def runs(self) -> Path:
        """Folder of results, cache and registry."""
        return Path(self.root, "runs")

    @property
    def folder(self) -> Path:
        """Results of the project."""
        return self.runs / "small"

    @property
    def report(self) -> RunReport:
        """What the run found."""
        stored = (self.folder / "report.json").read_bytes()
        return msgspec.json.decode(stored, type=RunReport)


def hashes(folder: Path) -> dict[str, str]:
    """Hash of every file below a folder, by its name."""
    return {
        path.relative_to(folder).as_posix(): file_hash(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def stages(runs: Path) -> list[str]:
    """Cached stages, half-written ones too; compiled files are none."""
    found = (runs / ".cache").glob("*/*")
    names = (path.relative_to(runs).as_posix() for path in found)
    return sorted(name for name in names if "/objects/" not in name)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give time to tests that read the whole run, and so to whichever makes it.

    That one compiles it all, or waits until another worker has: minutes where there is
    little machine.
    """
    for item in items:
        if "finished" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.timeout(1800))


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """Run once, whichever worker of the test run comes first."""
    base = tmp_path_factory.getbasetemp()
    root = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "finished"
    root.mkdir(exist_ok=True)
    with (root / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stored = root / "finished.json"
        if not stored.exists():
            stored.write_bytes(msgspec.json.encode(_run_twice(root)))
        return msgspec.json.decode(stored.read_bytes(), type=Finished)


def _run_twice(root: Path) -> Finished:
    project, runs = write_project(root), root / "runs"
    with _temporary_files(root / "tmp") as tmp:
        first = ecmkit("run", project, "--runs", runs)
        files, cached = hashes(runs / "small"), stages(runs)
        again = ecmkit("run", project, "--runs", runs, "--json")
        left = sorted(path.name for path in tmp.iterdir())
    return Finished(
        root=str(root),
        first=first,
        again=again,
        files=files,
        stages=cached,
        left=left,
    )


@contextmanager
def _temporary_files(folder: Path) -> Iterator[Path]:
    """Let this process and its compilers keep temporary files in a folder."""
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(folder))
        patch.setattr(tempfile, "tempdir", None)
        yield folder
