"""``ecmkit run``: what it shows while it works, and how it ends."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ecmkit.errors import BuildError, DataError
from tests.cli.runner import ecmkit


@pytest.fixture
def ends_with(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], None]:
    """Let the loop end with an exception, after one word about its progress."""

    def replace(error: BaseException) -> None:
        def run(project: Path, *, progress: Callable[[str, str], None], **_: object):
            progress("train", "machine [/b] held out")
            raise error

        monkeypatch.setattr("ecmkit.flow.run", run)

    return replace


def test_control_c_says_what_is_kept(ends_with: Callable[..., None]) -> None:
    ends_with(KeyboardInterrupt())
    done = ecmkit("run", "pump.toml")
    assert (done.code, done.out) == (130, "")
    assert done.err == "interrupted; finished stages are kept\n"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (DataError("a.csv: row 3: found [x]"), "a.csv: row 3: found [x]"),
        (BuildError("ld:\nregion overflowed"), "ld:\nregion overflowed"),
        (ValueError("seed: found -1"), "seed: found -1"),
        (OSError(28, "No space left on device", "runs/x"), "runs/x: No space left"),
        (OSError("gone"), "gone"),
    ],
)
def test_an_error_is_one_message(
    ends_with: Callable[..., None], error: Exception, said: str
) -> None:
    ends_with(error)
    done = ecmkit("run", "pump.toml")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: {said}")


def test_who_develops_may_see_the_traceback(
    ends_with: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ECMKIT_TRACEBACK", "1")
    ends_with(DataError("a.csv"))
    with pytest.raises(DataError, match=r"a\.csv"):
        ecmkit("run", "pump.toml")


def test_our_own_mistakes_are_not_hidden(ends_with: Callable[..., None]) -> None:
    ends_with(AssertionError("ours"))
    with pytest.raises(AssertionError, match="ours"):
        ecmkit("run", "pump.toml")


def test_a_terminal_shows_the_stage(
    ends_with: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    # On a dumb terminal nothing can be drawn over, so there is no bar.
    monkeypatch.setenv("TERM", "xterm")
    ends_with(DataError("done"))
    done = ecmkit("run", "pump.toml")
    assert "train: machine [/b] held out" in done.err
    assert "3/9" in done.err
    assert done.out == ""
