"""A study in a PostgreSQL server, a real one on loopback: nothing is lost."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ecmkit.search import Study
from tests.search.test_study import settings
from tests.search.told import Told

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """Start a server of its own; it refuses to run as root."""
    pytest.importorskip("psycopg")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    if not found:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    tools, folder = found[-1].parent, Path("/tmp") / f"ecmkit-search-{os.getpid()}"
    user = [] if os.geteuid() else ["setpriv", "--reuid=postgres", "--regid=postgres",
                                    "--clear-groups"]  # fmt: skip
    folder.mkdir()
    if user:
        shutil.chown(folder, "postgres", "postgres")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    data = str(folder / "data")
    control = [*user, str(tools / "pg_ctl"), "-D", data, "-w"]
    initdb = [str(tools / "initdb"), "-D", data, "-A", "trust", "-U", "ecmkit", "-N"]
    options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder}"
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "cwd": "/"}
    try:
        subprocess.run([*user, *initdb], **quiet)
        start = [*control, "-o", options, "-l", str(folder / "log"), "start"]
        subprocess.run(start, **quiet)
        try:
            yield f"postgresql+psycopg://ecmkit@127.0.0.1:{port}/postgres"
        finally:
            subprocess.run([*control, "-m", "fast", "stop"], **quiet)
    finally:
        shutil.rmtree(folder)


def test_two_processes_share_a_study_in_a_database(database: str) -> None:
    own = settings(pruner="none", trials=16, sampler="random")
    found = Study("a", own, database).run(Told(slow_s=0.02), jobs=2)
    assert [t.number for t in found] == list(range(len(found)))
    assert 16 <= len(found) <= 17
    assert {t.state for t in found} == {"done"}
    assert all(len(t.scores) == 3 for t in found)


def test_what_a_database_has_is_gone_on_with(database: str) -> None:
    study = Study("b", settings(), database)
    first = study.run(Told(), trials=4)
    assert study.run(Told(), trials=6)[:4] == first
