"""Weights as data in a package: in the firmware, and replaced in its memory."""

import ctypes
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from ecmkit._core import app_update
from ecmkit.bench import HostApp
from ecmkit.graph import CompiledModel, compile_onnx
from ecmkit.package import Package, build
from ecmkit.package.model_data import slot_bytes
from ecmkit.targets import Target
from ecmkit.train import fit_kmeans
from tests.package.sample import SPEED_HZ, application, contract, models, signal
from tests.package.test_build import WARNINGS, tool
from tests.synthetic import table


def kmeans(*, seed: int = 1, contract_id: str = contract().id) -> CompiledModel:
    trained = fit_kmeans(table(n_features=6, seed=seed), n_clusters=5, seed=seed)
    return compile_onnx(
        trained.onnx,
        name="anomaly",
        kind="score",
        outputs=("distance",),
        weights="data",
        contract_id=contract_id,
    )


@pytest.fixture(scope="module")
def made(target: Target, tmp_path_factory: pytest.TempPathFactory) -> Package:
    app = application(models=(models()[0], kmeans()))
    return build(app, target=target, out=tmp_path_factory.mktemp("data") / "pump")


def test_retrained_weights_fit_the_same_code() -> None:
    first, second = kmeans(seed=1), kmeans(seed=2)
    assert first.weights != second.weights
    assert first.weights[16:48] == second.weights[16:48]
    code = [m.source.split("*/", 1)[1] for m in (first, second)]
    assert code[0] == code[1]
    slot = slot_bytes(first)
    assert slot == app_update.slot_bytes(len(first.weights))
    updates = app_update.Updates(first.weights, 3, b"\xff" * 2 * slot)
    updates.begin(len(second.weights))
    updates.write(second.weights)
    updates.commit()
    assert updates.image[: len(second.weights)] == second.weights


def test_another_shape_of_model_does_not_fit() -> None:
    trained = fit_kmeans(table(n_features=6), n_clusters=4, seed=1)
    other = compile_onnx(
        trained.onnx, name="anomaly", kind="score", outputs=("distance",),
        weights="data", contract_id=contract().id,
    )  # fmt: skip
    assert other.weights[32:48] != kmeans().weights[32:48]


def test_a_model_of_another_contract_is_refused() -> None:
    with pytest.raises(ValueError, match="of another contract"):
        application(models=(models()[0], kmeans(contract_id="ab" * 32)))


def test_a_package_has_the_blocks_beside_its_code(made: Package) -> None:
    assert (made.path / "weights" / "anomaly.bin").read_bytes() == kmeans().weights
    assert "weights/anomaly.bin" in made.manifest.files
    names = {path.name for path in made.sources}
    assert {"ecm_app_update.c", "ecm_weights.c", "weights_anomaly.c"} <= names
    header = (made.path / "src" / "ecm_package.h").read_text()
    assert "ecm_package_update_anomaly" in header


def test_its_sources_are_clean_under_all_warnings(made: Package) -> None:
    for name in ("ecm_package.c", "weights_anomaly.c", "model_anomaly.c"):
        done = subprocess.run(
            [
                tool("gcc"), "-std=c99", "-fsyntax-only",
                f"-I{made.path / 'src'}", *WARNINGS, str(made.path / "src" / name),
            ],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.stderr == ""


def test_scores_are_those_of_inlined_weights(made: Package, target, tmp_path) -> None:
    model = kmeans()
    run = HostApp(made, speed_hz=SPEED_HZ).push(signal(4))
    rows = run.features[run.events["valid"] == 1]
    outputs = run.outputs[run.events["valid"] == 1]
    np.testing.assert_array_equal(outputs[:, -1:], model.predict(rows))
    assert len(rows) == 4


PROGRAM = """\
#include "ecm_package.h"
static uint8_t *memory;
static ecm_status_t erase(void *user, uint32_t at, uint32_t bytes) {
    (void)user; memset(memory + at, 0xff, bytes); return ECM_OK; }
static ecm_status_t put(void *user, uint32_t at, const uint8_t *x, uint32_t bytes) {
    (void)user; memcpy(memory + at, x, bytes); return ECM_OK; }
ecm_status_t renew(const uint8_t *x, uint32_t bytes);
ecm_status_t renew(const uint8_t *x, uint32_t bytes) {
    ecm_state_store_t flash = {NULL, erase, put, NULL,
                               ECM_PACKAGE_SLOT_BYTES_ANOMALY};
    ecm_app_update_t st;
    ecm_status_t s;
    memory = (uint8_t *)(size_t)ecm_package_update_anomaly.slots;
    s = ecm_app_update_begin(&st, &ecm_package_update_anomaly, &flash, bytes);
    if (s == ECM_OK) {
        s = ecm_app_update_write(&st, &ecm_package_update_anomaly, &flash, x, bytes);
    }
    if (s == ECM_OK) {
        s = ecm_app_update_commit(&st, &ecm_package_update_anomaly, &flash);
    }
    return s;
}
ecm_status_t score(const float *x, float *y, void *work);
ecm_status_t score(const float *x, float *y, void *work) {
    return ecm_package_cfg.models[1].run(x, y, work);
}
"""


@pytest.mark.parametrize("flags", [("-O2",), ("-O3", "-flto")])
def test_new_weights_count_in_a_running_application(
    made: Package, tmp_path: Path, flags: tuple[str, ...]
) -> None:
    """Slots lie in a section that can be written here, as flash can by its driver."""
    folder = shutil.copytree(made.path / "src", tmp_path / "src")
    (folder / "renew.c").write_text(PROGRAM)
    files = [folder / path.name for path in made.sources]
    command = [
        tool("gcc"), "-std=c99", "-ffp-contract=off", "-fno-math-errno", *flags,
        "-fPIC", "-shared", "-I.", '-DECM_SLOTS_SECTION=".slots,\\"aw\\"#"',
        *map(str, files), "renew.c", "-o", "app.so",
    ]  # fmt: skip
    subprocess.run(command, cwd=folder, check=True)
    library = ctypes.CDLL(str(folder / "app.so"))
    x = table(n=1, n_features=6, seed=3).x.astype(np.float32)
    y, work = np.zeros(1, np.float32), np.zeros(100, np.float32)

    def score() -> float:
        library.score(*(ctypes.c_void_p(a.ctypes.data) for a in (x, y, work)))
        return float(y[0])

    first, second = kmeans(seed=1), kmeans(seed=2)
    assert score() == first.predict(x)[0, 0]
    assert library.renew(second.weights, len(second.weights)) == 0
    assert score() == second.predict(x)[0, 0]
    broken = bytearray(first.weights)
    broken[-1] ^= 1
    assert library.renew(bytes(broken), len(broken)) == -6
    assert score() == second.predict(x)[0, 0]


def test_names_of_the_slots_are_in_the_map_by_their_section(made: Package) -> None:
    said = subprocess.run(
        [tool("arm-none-eabi-nm"), str(made.firmware)],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert re.search(r" [RT] ecm_package_slots_anomaly", said)
    assert re.search(r" [RT] ecm_package_weights_anomaly", said)
