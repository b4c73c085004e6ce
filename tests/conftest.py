"""Rules for the whole suite: where real data come from, and that skips are seen."""

import os
import random
import shutil
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

# The same examples in every run, so that a red run is about the change in it, and not
# about a machine that has other work to do. New ones are looked for with
# `pytest --hypothesis-profile=default`.
settings.register_profile(
    "repeatable",
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("repeatable")

LEFT_OUT = "ECMKIT_DATA is not set: tests on real recordings are left out"

COMPILERS = (
    *("gcc", "clang", "arm-none-eabi-gcc", "riscv64-unknown-elf-gcc", "avr-gcc"),
)


def pytest_configure(config: pytest.Config) -> None:
    """Compile what many tests build, such as packages, once in all workers and runs.

    ccache, where it is installed, stands in front of the compilers; a test about what
    they do asks for `uncached`.
    """
    ccache, cache = shutil.which("ccache"), getattr(config, "cache", None)
    if ccache is None or cache is None:
        return
    folder = cache.mkdir("compilers")
    for name in COMPILERS:
        if shutil.which(name) and not (folder / name).is_symlink():
            with suppress(FileExistsError):  # by another worker
                (folder / name).symlink_to(ccache)
    if shutil.which("cppcheck"):
        text = (Path(__file__).parent / "cached_cppcheck.py").read_text("utf-8")
        _put(folder / "cppcheck", f"#!{sys.executable} -I\n{text}")
    os.environ["PATH"] = f"{folder}{os.pathsep}{os.environ['PATH']}"
    os.environ.setdefault("CCACHE_DIR", str(cache.mkdir("objects")))
    # Of sources that were written a moment ago, too.
    os.environ["CCACHE_SLOPPINESS"] = "include_file_mtime,include_file_ctime"


def _put(path: Path, text: str) -> None:
    """Write a program, whole at once: other workers do it too."""
    if not path.exists() or path.read_text("utf-8") != text:
        made = path.with_suffix(f".{os.getpid()}")
        made.write_text(text, "utf-8")
        made.chmod(0o755)
        made.replace(path)


@pytest.fixture
def uncached(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the compilers work themselves."""
    monkeypatch.setenv("CCACHE_DISABLE", "1")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of real recordings, from the environment only."""
    return Path(os.environ["ECMKIT_DATA"])


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    have_data = bool(os.environ.get("ECMKIT_DATA"))
    live = "live" in (config.option.markexpr or "")
    for item in items:
        if item.get_closest_marker("data") and not have_data:
            item.add_marker(pytest.mark.skip(reason=LEFT_OUT))
    if not live:
        chosen = [item for item in items if not item.get_closest_marker("live")]
        dropped = [item for item in items if item.get_closest_marker("live")]
        items[:] = chosen
        config.hook.pytest_deselected(items=dropped)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let what is drawn without a seed, by learners for one, be the same in every run.

    Before each test and what it is the first to ask for, whichever ran before. Learners
    of scikit-learn draw from NumPy's old generator.
    """
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.manual_seed(0)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Name what a run without system packages or data has left out."""
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped and _strict():
        terminalreporter.section("skips are failures where everything is installed")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail a full run in which anything was skipped, but for missing real data."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not _strict():
        return
    unexplained = [
        report
        for report in reporter.stats.get("skipped", [])
        if LEFT_OUT not in str(report.longrepr)
    ]
    if unexplained and exitstatus == 0:
        session.exitstatus = 1


def _strict() -> bool:
    """Whether this run has been told that nothing may be missing."""
    return bool(os.environ.get("ECMKIT_NO_SKIPS")) and not os.environ.get("PIP_ONLY")
