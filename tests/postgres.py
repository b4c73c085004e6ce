"""A PostgreSQL server of one's own on loopback, for tests of what outgrows a file."""

import contextlib
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

__all__ = ["free_port", "postgres"]


def free_port() -> int:
    """Return a port of loopback that nobody listens at."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """Start a server and give its address; it refuses to run as root."""
    pytest.importorskip("psycopg")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    if not found and not shutil.which("pg_ctl"):
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    tools = (found[-1] if found else Path(shutil.which("pg_ctl") or "")).parent
    user = [] if os.geteuid() else ["setpriv", "--reuid=postgres", "--regid=postgres",
                                    "--clear-groups"]  # fmt: skip
    # Not below pytest's folder, which only its owner may enter.
    port = free_port()
    folder = Path("/tmp") / f"ecmkit-postgres-{os.getpid()}-{port}"
    folder.mkdir()
    if user:
        shutil.chown(folder, "postgres", "postgres")
    data = str(folder / "data")
    control = [*user, str(tools / "pg_ctl"), "-D", data, "-w"]
    initdb = [str(tools / "initdb"), "-D", data, "-A", "trust", "-U", "ecmkit", "-N"]
    options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder}"
    # What it says goes to the log: a pipe would stay open with the server.
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
