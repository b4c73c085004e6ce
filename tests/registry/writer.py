"""Write to a registry until killed; say on standard output what is done.

Arguments: root of the registry, folder of a package, and for each life how many lines
it says and how many seconds later it dies, such as ``3:0.02``.
"""

import os
import signal
import sys
import time
from pathlib import Path

# Once, not in every life.
import mlflow.store.model_registry.sqlalchemy_store
import mlflow.store.tracking.sqlalchemy_store  # noqa: F401
from sqlalchemy.orm import configure_mappers

from ecmkit.registry import Registry
from tests.registry.conftest import training


def write(root: Path, package: Path) -> None:
    registry = Registry(root)
    for i in range(1000):
        run_id = registry.log_training(training(seed=i), files={"a": b"a" * 1000})
        say(f"run {run_id} {i}")
        version = registry.register("pump", run_id=run_id, package_dir=package)
        say(f"version {version} {run_id}")
        registry.promote("pump", version)
        say(f"champion {version}")


def say(words: str) -> None:
    os.write(1, f"{words}\n".encode())


def main() -> None:
    root, package = Path(sys.argv[1]), Path(sys.argv[2])
    configure_mappers()
    for life in sys.argv[3:]:
        lines, delay = life.split(":")
        out, into = os.pipe()
        child = os.fork()
        if child == 0:
            os.dup2(into, 1)
            write(root, package)
        os.close(into)
        said = b""
        while said.count(b"\n") < int(lines):
            more = os.read(out, 1 << 16)
            if not more:
                raise EOFError(f"ended by itself after {said.decode()!r}")
            said += more
        time.sleep(float(delay))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        while more := os.read(out, 1 << 16):
            said += more
        os.close(out)
        sys.stdout.write(f"{said.decode()}killed\n")


if __name__ == "__main__":
    main()
