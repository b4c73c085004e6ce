"""Kernels of a core: in its packages, the same bits in fewer instructions."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from ecmkit.bench import Budget, GateReport, Golden, gate
from ecmkit.bench.qemu_runner import available
from ecmkit.graph import CompiledModel, compile_onnx
from ecmkit.package import Application, build
from ecmkit.targets import Target, load_target
from ecmkit.train import fit_autoencoder
from tests.package.sample import SPEED_HZ, application, models, signal
from tests.synthetic import table

HIDDEN = (64, 16, 64)


@pytest.fixture(scope="module")
def encoder() -> CompiledModel:
    trained = fit_autoencoder(
        table(n_features=6), hidden=HIDDEN, epochs=2, seed=1, name="anomaly"
    )
    return compile_onnx(
        trained.onnx,
        name="anomaly",
        kind="score",
        outputs=("distance",),
        calibration=trained.calibration,
    )


def judged(app: Application, target: Target, out: Path) -> GateReport:
    package = build(app, target=target, out=out)
    golden = Golden(x=signal(2), speed_hz=SPEED_HZ)
    return gate(package, target=target, golden=golden, budget=Budget())


def cost(report: GateReport) -> int:
    return next(s.count for s in report.stages if s.name == "anomaly")


def test_packages_have_the_twins_of_their_core(
    encoder: CompiledModel, tmp_path: Path
) -> None:
    app = application(models=(models()[0], encoder))
    fast = load_target("nucleo-f401re")
    package = build(app, target=fast, out=tmp_path / "fast")
    assert package.manifest.twins == {"ecm_nn_dense.c": "ecm_nn_dense_dsp.c"}
    names = {path.name for path in (package.path / "twins").iterdir()}
    assert names == {"ecm_nn_dense_dsp.c", "ecm_nn_dense.c"}
    (chooser,) = (p for p in package.sources if p.name == "ecm_nn_dense.c")
    assert '#include "../twins/ecm_nn_dense_dsp.c"' in chooser.read_text()
    assert "`twins/`" in (package.path / "README.md").read_text()
    slow = load_target("mps2-an385")
    package = build(app, target=slow, out=tmp_path / "slow")
    assert package.manifest.twins == {}
    assert not (package.path / "twins").exists()


def test_the_gate_counts_fewer_instructions_for_the_same_bits(
    encoder: CompiledModel, tmp_path: Path
) -> None:
    app = application(models=(models()[0], encoder))
    target = load_target("nucleo-f401re")
    plain = msgspec.structs.replace(
        target, cpu=msgspec.structs.replace(target.cpu, twins=())
    )
    fast, slow = (judged(app, t, tmp_path / "out") for t in (target, plain))
    assert fast.parity.differences == slow.parity.differences == 0
    assert cost(fast) < 0.5 * cost(slow)


@pytest.mark.emulator
@pytest.mark.parametrize("name", ["mps3-an547", "mps2-an500"])
def test_larger_cores_prove_their_packages(
    encoder: CompiledModel, name: str, tmp_path: Path
) -> None:
    target = load_target(name)
    if available(target):
        pytest.skip(available(target))
    report = judged(
        application(models=(models()[0], encoder)), target, tmp_path / "out"
    )
    assert report.passed
    assert report.parity.differences == 0
    assert np.isfinite(cost(report))
