"""What does a forest cost on a microcontroller, beside emlearn's?"""

import ctypes
import importlib.util
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.device_forests.forests import (
    CLASSES,
    KINDS,
    ROWS,
    Form,
    Model,
    forms_of,
    model,
)
from benchmarks.device_kernels.measure import Workshop
from benchmarks.harness import Case, Results, Table
from ecmkit.graph.host import build_library, host_compiler
from tests.c import build
from tests.c.cores import CORES

CORE = "m4f"
LEVELS = {False: "-O2", True: "-O3"}
"""Of ours, and of emlearn, which takes fewer instructions there."""
TREES = (10, 50)


@dataclass(frozen=True, kw_only=True)
class Goal:
    """What a form may take of what one of emlearn's takes."""

    form: str
    kind: str
    of: str
    instructions: float
    flash: float | None


GOALS = tuple(
    Goal(form=form, kind=kind, of=of, instructions=most, flash=flash)
    for kind in KINDS
    for form, of, most, flash in (
        ("inline", "emlearn inline", 1.0, 1.0),
        ("packed", "emlearn inline", 2.0, 0.6),
        ("loadable", "emlearn loadable", 0.8, None),
    )
    if kind == "int16" or form != "loadable"
)
TABLES = {
    "goals": Table(
        "**Against the goals**: shares of emlearn's instructions (*emulated*) and "
        "flash (*measured*), ours at -O2, emlearn's at its better -O3; first beside "
        "its averaged probabilities of 8 bits, then beside its votes. Missed goals say "
        "so.",
        ("form, features, trees", "instructions", "at most", "flash", "at most ",
         "instructions, votes", "flash, votes"),
        rows=len(GOALS) * len(TREES),
    ),
    "counts": Table(
        f"**All forms**: a row of features on a Cortex-M4F, mean of {ROWS} rows, gcc; "
        "instructions *emulated*, flash of code and tables *measured*, largest error "
        "of a probability beside scikit-learn's.",
        ("form", "features", "trees", "instructions", "flash", "stack", "error"),
        rows=(6 + 6) * len(TREES),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory, results: Results) -> Workshop:
    tool = CORES[CORE].target("gcc").missing()
    if tool is None and importlib.util.find_spec("emlearn") is None:
        tool = "emlearn (pip install --no-deps emlearn==0.23.2)"
    if tool is not None:
        results.missing.add(tool)
        pytest.skip(f"{tool} is not installed")
    return Workshop(tmp_path_factory.mktemp("forests"))


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What a form takes."""

    instructions: float
    flash: int


@pytest.fixture(scope="module")
def taken() -> dict[tuple[int, str, str], Taken]:
    """What forms took so far, by trees, name and features."""
    return {}


@cache
def _forms(trees: int) -> tuple[Model, list[Form]]:
    fitted = model(trees)
    return fitted, forms_of(fitted)


@pytest.mark.parametrize("at", range(12))
@pytest.mark.parametrize("trees", TREES)
def test_form(
    benchmark: BenchmarkFixture,
    results: Results,
    workshop: Workshop,
    taken: dict[tuple[int, str, str], Taken],
    tmp_path: Path,
    trees: int,
    at: int,
) -> None:
    fitted, forms = _forms(trees)
    form = forms[at]
    error = _error(form, fitted, tmp_path)
    taken[trees, form.name, form.kind] = benchmark.pedantic(
        lambda: _count(results, workshop, form, fitted, error, tmp_path), rounds=1
    )


@pytest.mark.parametrize("trees", TREES)
def test_goals(
    benchmark: BenchmarkFixture,
    results: Results,
    taken: dict[tuple[int, str, str], Taken],
    trees: int,
) -> None:
    mine = {(name, kind): t for (n, name, kind), t in taken.items() if n == trees}

    def hold() -> None:
        for goal in GOALS:
            _hold(results, goal, trees, mine)

    benchmark.pedantic(hold, rounds=1)


def _error(form: Form, fitted: Model, folder: Path) -> float:
    """Run a form on this machine, and hold it against scikit-learn."""
    kind = np.int16 if form.kind == "int16" else np.float32
    inside = folder / form.name.replace(" ", "_") / form.kind
    inside.mkdir(parents=True)
    call = "void forest_out(const void *x, float *y);\n"
    call += "void forest_out(const void *x, float *y) { forest_run(x, y); }\n"
    path = build_library(
        "peer",
        (form.source + call,),
        ("bits", "tree"),
        inside,
        compiler=host_compiler(),
    )
    library = ctypes.CDLL(str(path))
    made = np.zeros((len(fitted.x), CLASSES), np.float32)
    for row, y in zip(fitted.x.astype(kind), made, strict=True):
        library.forest_out(ctypes.c_void_p(row.ctypes.data),
                           ctypes.c_void_p(y.ctypes.data))  # fmt: skip
    expected = (
        _votes(fitted) if form.votes else fitted.estimator.predict_proba(fitted.x)
    )
    error = float(np.abs(made - expected).max())
    if form.peer:
        # It cuts limits to whole numbers, and a few rows go another way.
        off = np.abs(made - expected).max(axis=1) > 0.01
        assert off.mean() < 0.05
    else:
        assert error < 1e-6
    return error


def _votes(fitted: Model) -> NDArray[np.float64]:
    votes = [e.predict(fitted.x).astype(int) for e in fitted.estimator.estimators_]
    return np.mean([np.eye(CLASSES)[vote] for vote in votes], axis=0)


def _count(
    results: Results,
    workshop: Workshop,
    form: Form,
    fitted: Model,
    error: float,
    folder: Path,
) -> Taken:
    kernel = form.kernel(fitted)
    level = LEVELS[form.peer]
    counted = workshop.count(kernel, CORE, "gcc", level)
    instructions = counted.instructions / ROWS
    flash = _flash(form, level, folder / f"{kernel.name}{level}")
    case = Case(results, kernel.name, counted.program)
    results.row(
        "counts",
        [form.name, form.kind, fitted.trees, f"{instructions:,.0f}", f"{flash:,}",
         counted.stack, f"{error:.1g}"],
        [
            case.figure("instructions", counted.instructions, "instructions",
                        "emulated"),
            case.figure("flash", flash, "bytes", "measured"),
            case.figure("stack", counted.stack, "bytes", "emulated"),
            case.figure("error", error, "1", "measured"),
        ],
    )  # fmt: skip
    return Taken(instructions=instructions, flash=flash)


def _flash(form: Form, level: str, folder: Path) -> int:
    """Bytes of code and constants of a form alone."""
    from elftools.elf.constants import SH_FLAGS
    from elftools.elf.elffile import ELFFile

    folder.mkdir()
    source = folder / "alone.c"
    kind = KINDS[form.kind]
    source.write_text(
        f"{form.source}\nvoid forest_out(const {kind} *x, float *y);\n"
        f"void forest_out(const {kind} *x, float *y) {{ forest_run(x, y); }}\n"
    )
    target = CORES[CORE].target("gcc", level)
    (made,) = build.compile_all(target, folder, library=(), others=[source])
    with made.open("rb") as stream:
        return sum(
            section["sh_size"]
            for section in ELFFile(stream).iter_sections()
            if section["sh_flags"] & SH_FLAGS.SHF_ALLOC
            and section["sh_type"] == "SHT_PROGBITS"
            # Of emlearn's functions the other one is not called.
            and section.name not in (".text.peer_predict", ".text.eml_trees_predict")
            and not section.name.startswith(".text.eml_trees_regress")
        )


def _hold(
    results: Results, goal: Goal, trees: int, taken: dict[tuple[str, str], Taken]
) -> None:
    ours = taken[goal.form, goal.kind]
    cells: list[str] = []
    for style in ("probabilities", "votes"):
        theirs = taken[f"{goal.of} {style}", goal.kind]
        for mine, its, most in (
            (ours.instructions, theirs.instructions, goal.instructions),
            (ours.flash, theirs.flash, goal.flash),
        ):
            share = mine / its
            if style == "votes":
                cells.append(f"{share:.2f}")
            elif most is None:
                cells += [f"{share:.2f}", ""]
            else:
                missed = "" if share <= most else ": missed"
                cells += [f"{share:.2f}", f"{most:g}{missed}"]
    results.row("goals", [f"{goal.form}, {goal.kind}, {trees}", *cells])
