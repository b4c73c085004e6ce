"""Rules for all benchmarks: where real data come from, and that answers are kept."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.harness import Results

_SHOWN = pytest.StashKey[list[tuple[str, str]]]()


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of real recordings, from the environment only."""
    folder = os.environ.get("ECMKIT_DATA")
    if not folder:
        pytest.skip("ECMKIT_DATA is not set: the recorded answer stays as it is")
    return Path(folder)


@pytest.fixture(scope="module")
def results(request: pytest.FixtureRequest) -> Iterator[Results]:
    """Figures of one benchmark, which announces its TABLES."""
    found = Results(request.path.parent, request.module.TABLES)
    yield found
    shown = request.config.stash.setdefault(_SHOWN, [])
    shown.append((found.folder.name, found.publish()))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Show the answers."""
    for title, text in config.stash.get(_SHOWN, []):
        terminalreporter.section(title)
        terminalreporter.write_line(text)
