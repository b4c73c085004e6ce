"""Channels in turn, and queues that are shorter than a hop: less memory, same bits."""

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from ecmkit.bench import (
    Budget,
    GateReport,
    Golden,
    HostApp,
    gate,
    prove_stack,
    read_image,
    run,
)
from ecmkit.features import Feature, FeaturePlan
from ecmkit.package import Package, Queue, build, load_package
from ecmkit.targets import Target, load_target
from tests.bench import test_channels as together
from tests.bench.test_integers import BOTH

INTEGERS = msgspec.structs.replace(BOTH, scaler=None)
"""Of two channels, the second of which needs a history."""
FLOATS = FeaturePlan(
    channels=("x", "y", "z"),
    unit="g",
    fs_hz=12800.0,
    range=8.0,
    window_len=512,
    hop_len=256,
    features=("rms", Feature(name="velocity_rms", channel="y"), "centroid"),
)
SLACK = 40


@pytest.fixture(scope="module")
def small() -> Target:
    return load_target("mps2-an385-m0plus")


def made(plan: FeaturePlan, target: Target, out: Path, queue: Queue) -> Package:
    return build(
        replace(together.application(plan), queue=queue), target=target, out=out
    )


def signal(package: Package, rounds: int) -> NDArray[np.float32]:
    shape = len(package.contract.channels), rounds * package.manifest.memory.span_len
    return np.random.default_rng(5).normal(0.0, 0.4, shape).astype(np.float32)


def expected(
    plan: FeaturePlan, package: Package, x: NDArray[np.float32], rounds: int
) -> NDArray[np.float32]:
    """Features of the stretches that the channels take, by the plan on the host."""
    memory, at, rows = package.manifest.memory, 0, []
    owner = [row[0] for row in package.contract.features]
    for _ in range(rounds):
        row = np.empty(len(owner), np.float32)
        for channel, (n, taken) in enumerate(
            zip(memory.turns, memory.turn_lens, strict=True)
        ):
            # What the plan as a whole lacks of history lies before the stretch.
            end = at + memory.window_len + (n - 1) * memory.hop_len
            part = x[:, max(0, end - plan.span_len) : end]
            if part.shape[1] < plan.span_len:
                part = np.pad(part, ((0, 0), (plan.span_len - part.shape[1], 0)))
            whole = together.extracted(plan, part)[-1]
            own = [i for i, of in enumerate(owner) if of == channel]
            row[own] = whole[own]
            at += taken
        rows.append(row)
    return np.stack(rows)


@pytest.fixture(scope="module")
def turns(small: Target, tmp_path_factory: pytest.TempPathFactory) -> Package:
    out = tmp_path_factory.mktemp("turns") / "rig"
    return made(INTEGERS, small, out, Queue(channels="in-turn", len=SLACK))


@pytest.mark.emulator
def test_a_small_core_has_the_bits_of_the_host_and_of_the_plan(
    turns: Package, small: Target
) -> None:
    x = signal(turns, 2)
    host = HostApp(turns)
    report = gate(turns, target=small, golden=Golden(x=x), budget=Budget(), host=host)
    assert report.parity.differences == 0
    assert report.windows == 2
    here = host.run(Golden(x=x))
    assert here.events["valid"].tolist() == [1, 1]
    np.testing.assert_array_equal(here.features, expected(INTEGERS, turns, x, 2))
    rows = {row.what: row for row in report.rows}
    # A round of all turns is what an event costs, over the time of all of them.
    whole = rows["instructions per window"].value
    assert whole > 10 * rows["instructions per step"].value
    assert rows["cpu"].value < 100.0


def test_one_queue_and_one_state_serve_all_channels(
    turns: Package, small: Target, tmp_path: Path
) -> None:
    other = made(INTEGERS, small, tmp_path / "rig", Queue(len=SLACK))
    memory, before = turns.manifest.memory, other.manifest.memory
    assert memory.turns[0] == 1
    assert memory.turns[1] > 1
    assert (memory.rings_len, before.rings_len) == (1, 2)
    assert memory.floats == before.floats - before.ring_floats
    text = (turns.path / "src" / "ecm_package.h").read_text("utf-8")
    assert f"ECM_APP_MEM_LEN(1, {memory.ring_floats}, " in text
    assert "ecm_package_wanted(" in text
    assert (turns.path / "src" / "ecm_app_turns.c").exists()
    assert not (other.path / "src" / "ecm_app_turns.c").exists()
    assert "turns" not in (other.path / "src" / "ecm_package.c").read_text("utf-8")
    assert load_package(turns.path).manifest.memory == memory
    linked = {s.name for s in read_image(other.firmware, small).symbols}
    assert not {name for name in linked if "turns" in name}


def test_the_stack_of_turns_is_proven(turns: Package, small: Target) -> None:
    proof = prove_stack(turns.firmware, small, library=turns.library)
    assert proof.proven, (proof.unknown, proof.recursive)
    assert "app_turns_fetch" in proof.indirect["ecm_app_step"]


def test_plans_of_floats_take_turns_too(tmp_path: Path) -> None:
    package = made(
        FLOATS,
        load_target("esp32"),
        tmp_path / "rig",
        Queue(channels="in-turn", samples="int16"),
    )
    x = np.float32(8.0 / 32768) * np.rint(signal(package, 1) * np.float32(4096.0))
    here = HostApp(package).run(Golden(x=x))
    assert len(here.events) == 1
    np.testing.assert_array_equal(here.features, expected(FLOATS, package, x, 1))


def test_a_sensor_that_is_unwell_is_named_and_begins_again(turns: Package) -> None:
    x = signal(turns, 2)
    start = turns.manifest.memory.turn_lens[0]
    x[1, start + 300 : start + 310] = 9.0  # beyond the range
    events = HostApp(turns).run(Golden(x=x)).events
    bad = events[events["valid"] == 0]
    assert set(bad["unwell"].tolist()) == {2}
    assert set(bad["health"].tolist()) == {2}
    assert events["valid"][-1] == 1


@pytest.mark.emulator
def test_the_gate_judges_a_queue_that_is_shorter_than_a_hop(
    small: Target, tmp_path: Path
) -> None:
    plan = msgspec.structs.replace(INTEGERS, fs_hz=1000.0, features=("rms", "centroid"))

    def judged(length: int | None) -> tuple[GateReport, Package]:
        out = tmp_path / f"rig{length}"
        package = made(plan, small, out, Queue(len=length))
        x = signal(package, 1)
        report = gate(package, target=small, golden=Golden(x=x), budget=Budget())
        assert report.parity.differences == 0
        return report, package

    plenty, _ = judged(None)
    assert "queue" not in {row.what for row in plenty.rows}
    enough, package = judged(99)
    row = {row.what: row for row in enough.rows}["queue"]
    assert (row.label, row.unit, row.budget) == ("estimated", "%", 100.0)
    # Until the second channel gives its hop back, the first one is computed.
    memory = package.manifest.memory
    assert memory.chunk_len == 99
    arrive = row.value / 100.0 * memory.slack_len
    short, _ = judged(max(1, int(arrive) - 1))
    row = {row.what: row for row in short.rows}["queue"]
    assert row.value > 100.0
    assert not short.passed
    assert any(miss.startswith("queue") for miss in short.misses)


def test_a_chunk_that_is_always_taken_gives_the_same_bits(
    small: Target, tmp_path: Path
) -> None:
    package = made(INTEGERS, small, tmp_path / "rig", Queue(len=SLACK))
    x = signal(package, 1)
    host = HostApp(package)
    whole = host.run(Golden(x=x))
    assert not whole.refused
    np.testing.assert_array_equal(whole.features, together.extracted(INTEGERS, x))
    there = run(package, small, Golden(x=x, chunk=7)).run
    assert there.features.tobytes() == whole.features.tobytes()


def test_a_channel_without_features_has_no_turn() -> None:
    plan = msgspec.structs.replace(
        INTEGERS, features=(Feature(name="rms", channel="x"),)
    )
    app = together.application(plan)
    with pytest.raises(ValueError, match=r"queue\.channels: found 'in-turn' with chan"):
        replace(app, queue=Queue(channels="in-turn"))
