"""Bytes from outside that look for a way in: updates, received frames, kept states.

A target is ``fuzz/guided/<target>.c``; ``fuzz/corpus/<target>`` holds inputs that reach
what matters in it. What a run finds stays in ``build/fuzz/<target>``: inputs that broke
something as ``crash-...``, which the program beside them repeats, and new ones of the
live test in ``found``. To keep inputs for good, after a change of a format too::

    build/fuzz/state/fuzz -set_cover_merge=1 -use_counters=0 -use_cmp=0 -max_len=400 \\
        tests/c/fuzz/corpus/state build/fuzz/state/found
"""

import functools
import platform
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.c import build, harness
from tests.c.cores import CONTRACT, SANITIZE, Target

HERE = Path(__file__).parent / "fuzz"
GUIDED = HERE / "guided"
OUT = Path(__file__).parents[2] / "build" / "fuzz"
CLANG = Target(
    compiler=("clang",),
    flags=("-O2", "-g", "-fsanitize=fuzzer-no-link", *SANITIZE),
    libraries=("-fsanitize=fuzzer", *SANITIZE),
    contract=CONTRACT,
)
# Of guided_reach: reasons why an update ended, then data that count, were taken back
# and were found damaged; refusals of commands, kinds, with and without a code, kept,
# and kinds that there are not; refusals of states, then the states that were restored
# and what came of them.
REACHED = {
    "update": {*range(10), 16, 17, 18},
    "command": {0, 2, 5, 6, *range(9, 15), 16, 17, 18, 19},
    "state": {4, 5, 6, *range(12, 19), 20, 21},
}
# As many as a third of a minute of one core tries, for each target.
RUNS = 100_000
LIVE_SECONDS = 200


def require_clang() -> None:
    """Skip the test, naming the package, where there is no libFuzzer."""
    harness.require(CLANG)
    runtime = f"libclang_rt.fuzzer-{platform.machine()}.a"
    found = build.call(["clang", f"-print-file-name={runtime}"]).strip()
    if not Path(found).is_absolute():
        pytest.skip("libclang-rt-dev, which has libFuzzer, is not installed")


def compiled(source: Path, folder: Path, out: Path) -> Path:
    """Build a target and what it includes, into ``out/fuzz``."""
    headers = re.findall(r'#include "(\w+\.h)"', source.read_text("utf-8"))
    objects = build.compile_all(
        CLANG,
        folder,
        library=build.library_of(CLANG, headers),
        others=[source],
        includes=[GUIDED],
    )
    out.mkdir(parents=True, exist_ok=True)
    return build.link(CLANG, objects, out / "fuzz")


@functools.cache
def same_addresses() -> tuple[str, ...]:
    """What gives a program the same addresses each time, where that is allowed.

    Which inputs libFuzzer comes to depends on them, and else on its seed alone.
    """
    words = ("setarch", "-R")
    if shutil.which(words[0]) is None:
        return ()
    done = subprocess.run([*words, "true"], capture_output=True, check=False)
    return words if done.returncode == 0 else ()


def fuzzed(program: Path, *options: str, folders: Iterable[Path]) -> str:
    """Run it; what it says, or a failure that shows how it ended and where to look."""
    command = [str(program), f"-artifact_prefix={program.parent}/", *options]
    command += ["-timeout=20", "-max_len=2048", "-print_final_stats=1"]
    done = subprocess.run(
        [*same_addresses(), *command, *map(str, folders)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        pytest.fail(f"{' '.join(command)}\n{done.stderr[-8000:]}", pytrace=False)
    return done.stderr


@pytest.fixture(scope="module", params=sorted(REACHED))
def target(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def program(target: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    require_clang()
    folder = tmp_path_factory.mktemp(target)
    return compiled(GUIDED / f"{target}.c", folder, OUT / target)


def test_kept_inputs_reach_what_they_are_kept_for(target: str, program: Path) -> None:
    said = fuzzed(program, "-runs=0", folders=[HERE / "corpus" / target])
    reached = re.search(r"^reached:(.*)$", said, re.M)
    assert reached
    found = {int(word) for word in reached[1].split()}
    assert REACHED[target] - found == set()


def search(target: str, program: Path, found: Path, *options: str) -> int:
    """Try inputs; how many. Those that reach something new are kept in a folder."""
    found.mkdir(exist_ok=True)
    said = fuzzed(program, *options, folders=[found, HERE / "corpus" / target])
    runs = re.search(r"number_of_executed_units: (\d+)", said)
    assert runs
    return int(runs[1])


def test_a_minute_finds_nothing(target: str, program: Path, tmp_path: Path) -> None:
    """Nearly, with the time to compile; the same inputs in every run."""
    options = f"-runs={RUNS}", "-seed=1", "-reload=0"
    assert search(target, program, tmp_path / "found", *options) >= RUNS


@pytest.mark.live
def test_ten_minutes_find_nothing(target: str, program: Path) -> None:
    found = program.parent / "found"
    assert search(target, program, found, f"-max_total_time={LIVE_SECONDS}") > RUNS


def test_every_target_has_kept_inputs_and_no_other() -> None:
    targets = {path.stem for path in GUIDED.glob("*.c")}
    assert (
        targets == {path.name for path in (HERE / "corpus").iterdir()} == set(REACHED)
    )


def test_a_planted_mistake_is_found_and_its_input_kept(tmp_path: Path) -> None:
    require_clang()
    source = tmp_path / "planted.c"
    source.write_text(
        '#include "ecm_guided.h"\n'
        "static void guided_run(guided_t *in) {\n"
        "    uint8_t first = guided_u8(in), second = guided_u8(in);\n"
        "    guided_flash_t flash;\n"
        "    ecm_state_store_t store = guided_flash(in, &flash, 1, 8);\n"
        "    if (first == 'E' && second == 'C' && store.user != NULL) {\n"
        "        flash.bytes[guided_u8(in)] = 1;\n    }\n"
        "    free(flash.bytes);\n}\n"
    )
    planted = compiled(source, tmp_path / "objects", tmp_path / "out")
    with pytest.raises(pytest.fail.Exception, match="heap-buffer-overflow"):
        fuzzed(planted, f"-runs={10 * RUNS}", "-seed=1", folders=[])
    (kept,) = planted.parent.glob("crash-*")
    assert kept.read_bytes()[:2] == b"EC"
    with pytest.raises(pytest.fail.Exception, match="heap-buffer-overflow"):
        fuzzed(planted, folders=[kept])
