"""kill -9 while the registry is written: nothing done is lost, no half is whole."""

import subprocess
import sys
from pathlib import Path

from ecmkit.registry import Registry
from tests.registry.conftest import training

# After so many words, so many seconds later: in every step of the writer.
LIVES = ("3:0.01", "1:0.0", "1:0.05", "2:0.0", "4:0.02", "2:0.02")


def test_kills_lose_nothing_that_was_reported(root: Path, package: Path) -> None:
    (package / "large.bin").write_bytes(bytes(range(256)) * 8192)
    done = subprocess.run(
        [sys.executable, "-m", "tests.registry.writer", root, package,
         *LIVES],
        capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    words = [line.split() for line in done.stdout.splitlines()]
    assert words.count(["killed"]) == len(LIVES)
    registry = Registry(root)
    known = registry.versions("pump")
    # Every training, version and alias that was reported is there, and whole.
    for what, *rest in words:
        if what == "run":
            assert registry.training(rest[0]) == training(seed=int(rest[1]))
        elif what == "version":
            assert int(rest[0]) in known
            assert registry.run_of("pump", int(rest[0])) == rest[1]
    champions = [int(rest[0]) for what, *rest in words if what == "champion"]
    assert len(champions) >= 2
    # What was not reported may be there, but then it is whole too.
    for version in known:
        assert (registry.fetch("pump", version) / "large.bin").stat().st_size == 1 << 21
    assert registry.alias("pump", "champion") in known
    assert registry.alias("pump", "champion") >= champions[-1]
    # Life goes on.
    run_id = registry.log_training(training(), files={})
    assert registry.register("pump", run_id=run_id, package_dir=package) > known[-1]
