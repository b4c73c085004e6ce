"""Real recordings: faults of bearings that were never heard are told apart."""

from pathlib import Path

import msgspec
import pytest

from ecmkit import data, features
from ecmkit._paths import examples_dir
from ecmkit.data import Dataset
from ecmkit.features import FeatureTable
from ecmkit.flow import RunReport, judge, load_project
from ecmkit.flow.read import _part, plan_of
from ecmkit.package import load_package
from ecmkit.registry import Registry
from tests.cli.runner import ecmkit

pytestmark = pytest.mark.data

FILE = examples_dir() / "cwru.toml"
PROJECT = load_project(FILE)
EASY = ("fault_size 0.007 held out", "fault_size 0.021 held out")
WANTED = 0.85


@pytest.fixture(scope="module")
def recorded(real_data: Path) -> tuple[FeatureTable, Dataset]:
    """What the project learns from: drive end at 12 kHz, all loads."""
    assert PROJECT.data.folder
    stretch, plan = PROJECT.data.folder.train, plan_of(PROJECT, FILE)
    whole = data.load(
        real_data / "cwru",
        channel=plan.channel,
        fs_hz=plan.fs_hz,
        select=stretch.select,
    )
    part = _part(whole, stretch.part)
    return features.extract(part, plan), part


@pytest.mark.parametrize("seed", [PROJECT.seed, 0, 1])
def test_a_size_of_fault_that_was_never_heard(
    recorded: tuple[FeatureTable, Dataset], seed: int
) -> None:
    split = msgspec.structs.replace(PROJECT.split, show_leaky=False)
    project = msgspec.structs.replace(PROJECT, seed=seed, split=split)
    folds, _ = judge.judge_protocols(*recorded, project, progress=lambda note: None)
    found = {fold.held_out: fold.balanced_accuracy for fold in folds}
    assert len(found) == 3
    assert {name: score for name in EASY if (score := found[name]) < WANTED} == {}


def test_no_bearing_is_on_both_sides(
    recorded: tuple[FeatureTable, Dataset],
) -> None:
    table, dataset = recorded
    assert {r.info.load for r in dataset} == {0.0, 1.0, 2.0, 3.0}
    for split in judge.protocol_splits(dataset, PROJECT):
        data.require_no_leak(split, dataset, by="machine")
        learnt, tested = split.masks(table.recording)
        assert not set(table.group[learnt]) & set(table.group[tested])
        assert (learnt | tested).all()


@pytest.mark.live
@pytest.mark.emulator
def test_the_example_on_all_recordings(real_data: Path, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    done = ecmkit("run", FILE, "--data", real_data / "cwru", "--runs", runs)
    assert (done.code, done.err) == (0, "")
    stored = (runs / "cwru" / "report.json").read_bytes()
    report = msgspec.json.decode(stored, type=RunReport)
    found = {fold.held_out: fold.balanced_accuracy for fold in report.folds}
    assert min(found[name] for name in EASY) >= WANTED
    assert report.data.dropped == ()
    assert report.gate_passed
    assert all(g.parity.differences == 0 for g in (report.gate, *report.proofs))
    assert report.operate
    assert report.loop
    # A new size of fault is a change; going over the known ones again is none.
    assert report.operate.verdict_before == "stable"
    assert report.operate.verdict == "drift"
    registry = Registry(runs / "registry")
    champion = registry.alias("cwru", "champion")
    assert champion in (report.loop.champion_version, report.loop.challenger_version)
    assert registry.open_requests("cwru") == {}
    released = load_package(runs / "cwru" / "package")
    assert load_package(registry.fetch("cwru", champion)).id == released.id
