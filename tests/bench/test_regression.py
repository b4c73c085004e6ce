"""What grew since a release is found, with stage and symbol; nothing else alarms."""

import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest

from ecmkit.bench import (
    Budget,
    FunctionCount,
    GateReport,
    Golden,
    HostApp,
    Stage,
    SymbolSize,
    against,
    changes,
    gate,
)
from ecmkit.package import Package, build
from ecmkit.targets import Target
from tests.package.sample import SPEED_HZ, application, signal

pytestmark = pytest.mark.emulator

GOLDEN = Golden(x=signal(2), speed_hz=SPEED_HZ)
BUDGET = Budget(regression_percent=2)
KERNEL = "ecm_stats_time_f32"
SLOWER = """\
    volatile uint32_t rounds;
    for (rounds = 0; rounds < {n}U; rounds++) {{}}
"""


@pytest.fixture(scope="module")
def report(package: Package, target: Target, host_app: HostApp) -> GateReport:
    return gate(package, target=target, golden=GOLDEN, budget=BUDGET, host=host_app)


def slower(
    monkeypatch: pytest.MonkeyPatch, rounds: int, out: Path, target: Target
) -> Package:
    """Build the application with a kernel that does some rounds of nothing."""
    module = sys.modules["ecmkit.package.build"]
    original: Callable[..., dict[str, str]] = module.write_library

    def write_library(modules, target, source):  # type: ignore[no-untyped-def]
        twins = original(modules, target, source)
        path = source / "ecm_stats.c"
        text = path.read_text("utf-8")
        changed = re.sub(
            rf"(\n\w+ {KERNEL}\([^)]*\) {{\n)",
            lambda found: found[1] + SLOWER.format(n=rounds),
            text,
        )
        assert changed != text
        path.write_text(changed, "utf-8")
        return twins

    with monkeypatch.context() as patch:
        patch.setattr(module, "write_library", write_library)
        return build(application(), target=target, out=out)


def test_a_kernel_that_is_3_percent_slower_is_found_and_named(
    report: GateReport,
    target: Target,
    host_app: HostApp,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    pack = slower(monkeypatch, 26, tmp_path / "pump", target)
    found = gate(
        pack, target=target, golden=GOLDEN, budget=BUDGET, host=host_app,
        baseline=report,
    )  # fmt: skip
    assert not found.passed
    [row] = [row for row in found.rows if not row.passed]
    assert row.what == "growth"
    assert 2.5 < row.value < 3.5
    moved = {change.place: change for change in reversed(found.changes)}
    assert moved["stage"].name == "time"
    assert 0 < moved["stage"].percent < 2  # the stage alone would have passed
    assert moved["function"].name == f"{KERNEL} in time"
    assert moved["function"].percent == row.value
    assert moved["symbol"].name == KERNEL
    said = found.misses[0]
    assert f"function {KERNEL} in time: " in said
    assert "stage time: " in said
    stages = {c.name for c in found.changes if c.place == "stage"}
    assert stages == {"time"}


def test_an_unchanged_build_never_alarms(
    report: GateReport, target: Target, host_app: HostApp, tmp_path: Path
) -> None:
    again = build(application(), target=target, out=tmp_path / "pump")
    budget = Budget(regression_percent=0)
    for runner in ("unicorn", "qemu"):
        if runner == "qemu" and shutil.which("qemu-system-arm") is None:
            continue  # the emulator is another; what is counted is the same
        found = gate(
            again, target=target, golden=GOLDEN, budget=budget, host=host_app,
            baseline=report, runner=runner,
        )  # fmt: skip
        assert found.changes == ()
        assert found.passed
        assert found.baseline == report.package_id
        assert found.rows[-1].what == "growth"
        assert found.rows[-1].value == 0.0


def test_functions_add_up_to_their_stages(report: GateReport) -> None:
    for stage in report.stages:
        own = [f.count for f in report.functions if f.stage == stage.name]
        assert sum(own) == stage.count > 0
        assert own == sorted(own, reverse=True)
    names = {f.name for f in report.functions}
    assert "main" not in names
    assert {"ecm_app_step", "ecm_frame_encode", "ecm_fft_pass8_f32"} <= names


def replaced(report: GateReport, **counts: int) -> GateReport:
    """Report in which stages take something else, all of it in their first function."""
    stages, functions = [], list(report.functions)
    for stage in report.stages:
        more = counts.get(stage.name, 0)
        stages.append(Stage(name=stage.name, count=stage.count + more))
        at = next(i for i, f in enumerate(functions) if f.stage == stage.name)
        functions[at] = msgspec.structs.replace(
            functions[at], count=functions[at].count + more
        )
    return msgspec.structs.replace(
        report, stages=tuple(stages), functions=tuple(functions)
    )


def growth(before: GateReport, after: GateReport) -> float:
    return against(after, before).rows[-1].value


def test_work_that_only_moves_between_functions_does_not_alarm(
    report: GateReport,
) -> None:
    functions = list(report.functions)
    first, second = [i for i, f in enumerate(functions) if f.stage == "transform"][:2]
    functions[first] = msgspec.structs.replace(
        functions[first], count=functions[first].count - 1500
    )
    functions[second] = msgspec.structs.replace(
        functions[second], count=functions[second].count + 1500
    )
    moved = msgspec.structs.replace(report, functions=tuple(functions))
    assert growth(report, moved) == 0.0
    assert len(changes(report, moved)) == 2


def test_what_is_too_small_to_matter_does_not_alarm(report: GateReport) -> None:
    total = sum(stage.count for stage in report.stages)
    assert growth(report, replaced(report, classifier=total // 1001)) == 0.0
    assert growth(report, replaced(report, classifier=total // 900)) > 10


def test_growth_is_that_of_the_largest(report: GateReport) -> None:
    time = next(stage.count for stage in report.stages if stage.name == "time")
    after = replaced(report, time=time // 10, envelope=100)
    assert growth(report, after) > 10
    found = against(after, report)
    assert not found.passed
    assert [c.name for c in found.changes if c.place == "stage"] == ["time", "envelope"]


def test_what_is_new_counts_in_the_figure_that_it_is_part_of(
    report: GateReport,
) -> None:
    more = msgspec.structs.replace(
        report,
        stages=(*report.stages, Stage(name="extra", count=50_000)),
        functions=(
            *report.functions,
            FunctionCount(stage="extra", name="ecm_extra", count=50_000),
        ),
        symbols=(*report.symbols, SymbolSize(name="ecm_extra", memory="ram", bytes=9)),
    )
    assert growth(report, more) == 0.0  # of stages; the figure is as it was
    row = next(r for r in report.rows if r.what == "instructions per window")
    rows = [
        msgspec.structs.replace(row, value=row.value + 50_000) if r is row else r
        for r in report.rows
    ]
    assert growth(report, msgspec.structs.replace(more, rows=tuple(rows))) > 2
    said = [str(change) for change in changes(report, more)]
    assert "stage extra: new, 50,000 instructions" in said
    assert "symbol ecm_extra: new, 9 B of ram" in said
    assert "stage extra: 50,000 instructions, gone" in map(str, changes(more, report))


def test_reports_that_do_not_compare_are_refused(report: GateReport) -> None:
    other = msgspec.structs.replace(report, target="mps2-an505")
    with pytest.raises(ValueError, match=r"target: found 'mps2-an505' in the baseline"):
        against(report, other)
    cycles = msgspec.structs.replace(report, counter="cycles-hw")
    with pytest.raises(ValueError, match="counter: found 'cycles-hw'"):
        against(report, cycles)


def test_a_report_of_version_1_is_still_read(report: GateReport) -> None:
    raw = msgspec.to_builtins(report)
    for name in ("golden", "budget", "functions", "estimate", "accuracy"):
        del raw[name]
    raw |= {"version": 1, "symbols": raw["symbols"][:15]}
    del raw["baseline"], raw["changes"]
    raw["rows"] = [row for row in raw["rows"] if row["what"] != "cpu"]
    old = msgspec.json.decode(msgspec.json.encode(raw), type=GateReport)
    assert changes(old, report) == ()
    assert growth(old, report) == 0.0


def test_static_symbols_of_one_name_are_told_apart(report: GateReport) -> None:
    names = [symbol.name for symbol in report.symbols]
    assert len(names) == len(set(names)) > 50
    assert np.all(np.diff([symbol.bytes for symbol in report.symbols]) <= 0)
