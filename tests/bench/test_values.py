"""Regressions, fine distributions and checks of sensors: the host's bits on a core."""

import numpy as np
import pytest

from ecmkit._core import app as core
from ecmkit.bench import Budget, Golden, HostApp, gate
from ecmkit.drift import SensorChecks
from ecmkit.drift.records import Reference
from ecmkit.formats import StatusFrame, decode_frame
from ecmkit.graph import CompiledModel
from ecmkit.graph.ir import Port, Tensor
from ecmkit.package import Application, Package, build
from ecmkit.targets import Target
from tests.package.sample import (
    FEATURES_IN,
    SPEED_HZ,
    application,
    contract,
    models,
    signal,
)

LIFE_C = """\
#include "ecm_base.h"

ecm_status_t ecm_model_life(const float *features, float *outputs, void *work);
ecm_status_t ecm_model_life(const float *features, float *outputs, void *work) {
    (void)work;
    outputs[0] = 200000.0F - 50000.0F * features[0];
    outputs[1] = -features[1];
    return ECM_OK;
}
"""
LIFE = CompiledModel(
    name="life",
    kind="values",
    source=LIFE_C,
    symbol="ecm_model_life",
    inputs=(FEATURES_IN,),
    outputs=("life_s", "severity"),
    results=(Port("y", Tensor("f32", (1, 2))),),
    work_bytes=0,
    align=4,
    modules=(),
    flash_bytes=0,
)
CHECKS = SensorChecks(block_len=128, dead_band=0.01, offset_limit=2.0, spike=30.0)


@pytest.fixture(scope="module")
def app() -> Application:
    edges = np.linspace(0.1, 4.0, 31, dtype=np.float32)
    return application(
        models=(models()[0], LIFE, models()[1]),
        reference=Reference(
            names=contract().names,
            edges=np.tile(edges, (6, 1)),
            probabilities=np.full((6, 32), 1 / 32, np.float32),
            n=200,
        ),
        sensors={"drive_end": CHECKS},
    )


@pytest.fixture(scope="module")
def values_package(
    app: Application, target: Target, tmp_path_factory: pytest.TempPathFactory
) -> Package:
    return build(app, target=target, out=tmp_path_factory.mktemp("values") / "pump")


@pytest.fixture(scope="module")
def host(values_package: Package) -> HostApp:
    return HostApp(values_package)


def test_a_package_with_a_regression_passes_its_golden_check(
    values_package: Package, host: HostApp, target: Target
) -> None:
    golden = Golden(x=signal(3), speed_hz=SPEED_HZ)
    report = gate(
        values_package, target=target, golden=golden, budget=Budget(), host=host
    )
    assert report.passed
    assert report.parity.differences == 0
    header = (values_package.path / "src" / "ecm_package.h").read_text()
    assert "ECM_PACKAGE_VALUE_1_SEVERITY = 1," in header
    assert values_package.manifest.memory.dist_bins == 32


def test_events_and_frames_carry_values(app: Application, host: HostApp) -> None:
    assert app.values == ("life_s", "severity")
    assert "severity" in app.inputs
    run = host.run(Golden(x=signal(3), speed_hz=SPEED_HZ))
    rms, kurtosis = run.features[:, 0], run.features[:, 1]
    value = run.events["value"]
    np.testing.assert_array_equal(
        value[:, 0], np.float32(200000) - np.float32(50000) * rms
    )
    np.testing.assert_array_equal(value[:, 1], -kurtosis)
    assert not value[:, 2:].any()
    told = [decode_frame(host.report(i)) for i in range(3)]
    statuses = [frame for frame in told if isinstance(frame, StatusFrame)]
    assert any(frame.sketches for frame in statuses)
    found = next(frame.values for frame in statuses if frame.values)
    assert found[0] == value[-1, 0]
    assert found[1] == np.float16(value[-1, 1])


def test_checks_of_the_package_are_those_of_the_facade(host: HostApp) -> None:
    x = signal(3)
    x[4000:] += 5.0
    run = host.run(Golden(x=x, speed_hz=SPEED_HZ))
    sensor = CHECKS.health(range=8.0, fs_hz=12000.0)
    assert sensor.update_many(x) == {"offset"}
    assert set(run.events["health"].tolist()) == {0, 128}
    assert core.VALUES_MAX == 4
