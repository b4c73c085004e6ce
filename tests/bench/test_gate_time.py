"""How long a gate takes from nothing, and again: a limit that people can wait for."""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from ecmkit._paths import examples_dir
from ecmkit.bench import Budget, Golden, HostApp, gate
from ecmkit.package import build
from tests.bench.test_cores import CORES, WINDOWS, application, signal, target_of
from tests.bench.test_integers import PLAN

pytestmark = [pytest.mark.emulator, pytest.mark.live]


@dataclass
class Taken:
    """Seconds on the wall, and of the processors."""

    wall: float = 0.0
    work: float = 0.0


@contextmanager
def taken(what: str) -> Iterator[Taken]:
    own, others = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN

    def work() -> float:
        return sum(
            u.ru_utime + u.ru_stime for u in map(resource.getrusage, (own, others))
        )

    found, start, before = Taken(), time.monotonic(), work()
    yield found
    found.wall, found.work = time.monotonic() - start, work() - before
    print(f"{what}: {found.wall:.1f} s, {found.work:.1f} s of processors")


def waited(found: Taken) -> float:
    """Seconds on two processors that nobody else uses: half of the work at least."""
    busy = os.getloadavg()[0] > (os.cpu_count() or 1) + 1
    return found.work if busy else found.wall


def test_ten_targets_from_nothing(uncached: None, tmp_path: Path) -> None:
    golden = Golden(x=signal(PLAN, WINDOWS))
    with taken("ten targets") as found:
        hosts: dict[str, HostApp] = {}
        for name, (plan, *_) in CORES.items():
            target = target_of(name)
            app = application(plan, models=True)
            package = build(app, target=target, out=tmp_path / name)
            host = hosts.setdefault(plan.profile, HostApp(package))
            report = gate(
                package, target=target, golden=golden, budget=Budget(), host=host
            )
            assert report.passed
    assert waited(found) < 360


def test_one_target_of_the_demo_from_nothing_and_again(
    uncached: None, tmp_path: Path
) -> None:
    command = [
        sys.executable, "-c", "from ecmkit.cli import main; main()", "bench",
        examples_dir() / "demo.toml", "--target", "mps2-an386",
        "--runs", tmp_path / "runs",
    ]  # fmt: skip
    with taken("the demo from nothing") as first:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    with taken("again") as again:
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert "found in the cache" in done.stdout
    assert waited(first) < 60
    assert waited(again) < 10
