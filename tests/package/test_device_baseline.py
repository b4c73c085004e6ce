"""Monitors that count from the baseline of a device: what it learns, what they say."""

import ctypes
import dataclasses
from functools import cache
from pathlib import Path

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from ecmkit._core import app_update, monitor, node
from ecmkit.drift import Baseline, Calibration, DriftPlan, PlanDetector, calibrate
from ecmkit.drift.baseline import learn
from ecmkit.package import Application, Device, build_update
from ecmkit.package.device import Learn, Run
from ecmkit.package.node_layout import layout_of
from tests.package.device_sample import (
    PLAN,
    STUBS,
    WINDOW,
    Board,
    compiled,
    device_app,
    device_package,
    noise,
    provisioned,
)
from tests.package.test_device import renewable, with_weights
from tests.package.test_model_data import Sum

replace = msgspec.structs.replace
LEARNT = 400
DEVICE = Device(learn=Learn(windows_len=LEARNT, k=8), run=Run(off_below=5.0))
SEEN = """
float device_feature(uint32_t i);
float device_score(uint32_t i, uint32_t scale);
float device_feature(uint32_t i) {
    return ecm_app_features(ecm_package_node.app_cfg, ecm_package_node.mem)[i];
}
float device_score(uint32_t i, uint32_t scale) {
    const ecm_score_cfg_t *own = &ecm_package_node.app_cfg->monitor->scores[i].score;
    return scale != 0U ? own->scale : own->center;
}
"""


@cache
def calibrated(seed: int = 1, scale: float = 1.0) -> Calibration:
    """Monitors of a machine whose noise is that of `scale`."""
    plan = DriftPlan(
        false_alarms=500,
        per="detector",
        detectors=(PlanDetector(kind="mean"), PlanDetector(kind="scale")),
        baseline=Baseline(windows=LEARNT),
    )
    x = noise(3000, seed, scale).reshape(-1, WINDOW).astype(np.float64)
    rms = np.sqrt((x**2).mean(axis=1))
    table = np.stack([rms, np.abs(x).max(axis=1) / rms], axis=1)
    return calibrate(table, plan, names=PLAN.contract().names, seed=0, verify=False)


class Watched(Board):
    """A board that keeps the features of each window."""

    def __init__(self, library: Path, app: Application) -> None:
        super().__init__(library, provisioned(app=app, device=DEVICE))
        self.library.device_feature.restype = ctypes.c_float
        self.library.device_score.restype = ctypes.c_float
        self.rows: list[list[float]] = []

    def watch(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run windows; features of those that count, shape (n, 2)."""
        rows = []
        for window in x.reshape(-1, WINDOW):
            self.run(window)
            if self.fields()[-1]["suspended"] == 0:
                rows.append([self.library.device_feature(i) for i in range(2)])
        return np.array(rows, np.float32)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("baseline")
    made = device_package(
        folder / "fan", app=device_app(drift=calibrated()), device=DEVICE
    )
    seen = folder / "seen.c"
    seen.write_text(f'#include "ecm_package_node.h"\n{SEEN}')
    sources = [STUBS / "device.c", STUBS / "memory.c", seen]
    return compiled(made, folder / "device.so", sources)


def test_a_device_scores_by_its_own_machine(library: Path) -> None:
    """Half as loud as the reference: silent once it has learnt, then as sharp."""
    app = device_app(drift=calibrated())
    names = [group.name for group in app.monitors.groups]
    rms = 1 << names.index("rms")
    one = Watched(library, app)
    known = one.watch(noise(LEARNT + 1, 11, 0.5))[:LEARNT]
    before = one.fields()["alarms"] & rms
    assert np.count_nonzero(before) > LEARNT / 20
    assert node.LEARNT in one.news
    numbers = [learn(np.ascontiguousarray(known[:, i])) for i in range(2)]
    scores = app.monitors.scores
    for i, score in enumerate(scores):
        center, scale = (one.library.device_score(i, j) for j in range(2))
        if score.spread == 0.0:  # of the model
            assert (center, scale) == pytest.approx((score.center, score.scale))
            continue
        mean, spread = numbers[score.input]
        assert center == mean
        assert scale == pytest.approx(score.spread / spread, rel=1e-6)
    rows = one.watch(noise(300, 12, 0.5))
    raised = one.fields()["alarms"][-300:]
    assert np.count_nonzero(raised & rms) < 12  # 4 detectors: 2.4 are expected
    x = np.full((300, len(app.inputs)), np.nan, np.float32)
    x[:, :2], x[:, 2] = rows, rows[:, 0]
    host = app.monitors.new()
    means, spreads = np.array(numbers, np.float32).T
    host.rebase(np.ascontiguousarray(means), np.ascontiguousarray(spreads))
    alarms, _, _ = host.run_f32(x, np.full(300, monitor.NO_DETAIL))
    expected = np.zeros(300, np.uint32)
    for alarm in alarms:
        expected[alarm["at"]] |= 1 << int(alarm["group"])
    features = ~np.uint32(1 << names.index("level"))
    np.testing.assert_array_equal(raised & features, expected & features)
    one.watch(noise(30, 13, 0.55))  # a tenth louder: three of its deviations
    assert np.count_nonzero(one.fields()["alarms"][-30:] & rms)


def test_an_update_brings_its_reference_to_a_machine_that_is_known(
    tmp_path: Path,
) -> None:
    """Center and spread stay the machine's; edges and spread of the update count."""
    old = dataclasses.replace(
        with_weights(seed=1, h=50, edges=1), drift=calibrated()
    )  # fmt: skip
    other = calibrated(seed=2, scale=1.5)
    new = dataclasses.replace(with_weights(seed=2, h=60, edges=2), drift=other)
    made = device_package(tmp_path / "fan", app=old, device=DEVICE)
    one = Watched(renewable(made, tmp_path, SEEN), old)
    known = one.watch(noise(LEARNT + 1, 3, 0.7))[:LEARNT]
    block = build_update(new, version=1, signer=Sum())
    assert one.library.renew(block, len(block)) == app_update.REASONS["done"]
    assert one.library.device_sleep() == 0
    assert one.library.device_start() == 0
    for i, score in enumerate(new.monitors.scores):
        if score.spread:
            mean, spread = learn(np.ascontiguousarray(known[:, score.input]))
            assert one.library.device_score(i, 0) == mean
            assert one.library.device_score(i, 1) == pytest.approx(
                score.spread / spread, rel=1e-6
            )
    assert new.monitors.scores[1].spread == pytest.approx(
        1.5 * old.monitors.scores[1].spread, rel=0.1
    )


REFUSED = [
    (Device(services=("frames",)), r"device\.services: found frames, expected learn"),
    (Device(services=()), r"device\.services: found none, expected learn"),
    (Device(learn=Learn(windows_len=399)), r"device\.learn\.windows_len: found 399, "
     r"expected 400 or more, `baseline\.windows`"),
]  # fmt: skip


@pytest.mark.parametrize(("device", "said"), REFUSED)
def test_a_device_that_does_not_learn_enough_is_refused(
    device: Device, said: str
) -> None:
    with pytest.raises(ValueError, match=rf"package\.{said}"):
        layout_of(device_app(drift=calibrated()), device)


def test_no_baseline_is_learnt_of_a_model() -> None:
    plan = calibrated().plan
    rng = np.random.default_rng(1)
    found = calibrate(
        rng.normal(3.0, 0.1, (3000, 2)), plan, names=["rms", "level"], seed=0,
        verify=False,
    )  # fmt: skip
    with pytest.raises(ValueError, match="baseline: found `level`, expected features"):
        device_app(drift=found)
    one = replace(plan, baseline=Baseline(windows=LEARNT, features=("r*",)))
    found = calibrate(
        rng.normal(3.0, 0.1, (3000, 2)), one, names=["rms", "level"], seed=0,
        verify=False,
    )  # fmt: skip
    spreads = {s.input: s.spread for s in device_app(drift=found).monitors.scores}
    assert spreads[0] > 0.0
    assert spreads[2] == 0.0
