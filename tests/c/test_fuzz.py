"""A minute of arguments that nobody would choose, for every public function."""

import re
import secrets
from pathlib import Path

import pytest

from ecmkit._paths import csrc_dir
from tests.c import build, harness
from tests.c.cores import SANITIZED

HERE = Path(__file__).parent / "fuzz"
MODULES = sorted(path.stem.removeprefix("fuzz_ecm_") for path in HERE.glob("fuzz_*.c"))
# Functions of ecm_ram.c, each for a macro that states the size of some memory.
MEMORIES = re.findall(
    r"^void (ram_\w+)\(void\) {", (HERE / "ecm_ram.c").read_text(), re.M
)
# Numbers drawn for each module: less than a second of one core, a minute in all.
DRAWS = 8_000_000
ROUNDS_MIN = 100


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All modules and the library, under the sanitizers."""
    harness.require(SANITIZED)
    folder = tmp_path_factory.mktemp("fuzz")
    table = folder / "modules.c"
    functions = {module: f"fuzz_ecm_{module}" for module in MODULES}
    functions |= {name: name for name in MEMORIES}
    table.write_text(
        "#include <stddef.h>\n"
        + "".join(f"void {function}(void);\n" for function in functions.values())
        + "typedef struct { const char *name; void (*run)(void); } fuzz_module_t;\n"
        + "extern const fuzz_module_t ecm_fuzz_modules[];\n"
        + "const fuzz_module_t ecm_fuzz_modules[] = {\n"
        + "".join(f'    {{"{name}", {run}}},\n' for name, run in functions.items())
        + "    {NULL, NULL}};\n"
    )
    objects = build.compile_all(
        SANITIZED,
        folder,
        library=harness.library(SANITIZED),
        others=[*sorted(HERE.glob("*.c")), table],
        includes=[HERE],
    )
    return build.link(SANITIZED, objects, folder / "fuzz")


@pytest.mark.parametrize("module", MODULES)
def test_nothing_that_is_thrown_at_it_breaks(module: str, program: Path) -> None:
    """The same arguments in every run."""
    rounds = int(harness.call([program, module, "1", str(DRAWS)]))
    assert rounds >= ROUNDS_MIN


@pytest.mark.live
@pytest.mark.parametrize("module", MODULES)
def test_nothing_that_is_new_breaks_it(module: str, program: Path) -> None:
    seed = secrets.randbits(31)
    print(f"seed {seed}")
    harness.call([program, module, str(seed), str(10 * DRAWS)])


@pytest.mark.parametrize("memory", MEMORIES)
def test_memory_is_exactly_as_large_as_its_macro_says(
    memory: str, program: Path
) -> None:
    build.call([program, memory, "0", "0"])
    with pytest.raises(build.FailedError, match="heap-buffer-overflow"):
        build.call([program, memory, "1", "0"])


def test_a_failure_is_seen_and_tells_how_to_repeat_it(tmp_path: Path) -> None:
    """The fuzzer finds a planted mistake: one element too far, once in a while."""
    harness.require(SANITIZED)
    source = tmp_path / "planted.c"
    source.write_text(
        '#include "ecm_fuzz.h"\n'
        "void planted(void);\nvoid planted(void) {\n"
        "    uint32_t n = ecm_fuzz_len(9);\n    float *x = ecm_fuzz_array_f32(n);\n"
        "    x[n > 8U ? n : 0U] = 0.0f;\n}\n"
        "typedef struct { const char *name; void (*run)(void); } fuzz_module_t;\n"
        "extern const fuzz_module_t ecm_fuzz_modules[];\n"
        "const fuzz_module_t ecm_fuzz_modules[] =\n"
        '    {{"planted", planted}, {NULL, NULL}};\n'
    )
    objects = build.compile_all(
        SANITIZED, tmp_path, library=[], others=[HERE / "ecm_fuzz.c", source],
        includes=[HERE],
    )  # fmt: skip
    planted = build.link(SANITIZED, objects, tmp_path / "planted")
    with pytest.raises(build.FailedError, match="heap-buffer-overflow") as failed:
        build.call([planted, "planted", "7", str(DRAWS)])
    again = re.search(r"again with: planted 7 0 (\d+)", str(failed.value))
    assert again
    with pytest.raises(build.FailedError, match="heap-buffer-overflow"):
        build.call([planted, "planted", "7", "0", again[1]])


def public_functions(header: Path) -> set[str]:
    text = re.sub(r"/\*.*?\*/", "", header.read_text("utf-8"), flags=re.S)
    found = re.findall(r"^[a-z][\w \*]*?\**(ecm_\w+)\([^;{]*\);", text, re.M)
    return {name for name in found if not name.endswith("_t")}


@pytest.mark.parametrize("module", MODULES)
def test_every_function_is_called(module: str) -> None:
    called = (HERE / f"fuzz_ecm_{module}.c").read_text("utf-8")
    functions = public_functions(csrc_dir() / f"ecm_{module}.h")
    assert functions
    assert {name for name in functions if name not in called} == set()


def test_every_module_with_functions_is_there() -> None:
    headers = sorted(csrc_dir().glob("ecm_*.h"))
    modules = [
        path.stem.removeprefix("ecm_") for path in headers if public_functions(path)
    ]
    assert modules == MODULES
