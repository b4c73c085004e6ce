"""Weights as data in a package: in the firmware, and replaced in its memory."""

import ctypes
import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from ecmkit._core import app_update
from ecmkit._paths import csrc_dir
from ecmkit.bench import HostApp
from ecmkit.formats import KeyedHash, read_update
from ecmkit.graph import CompiledModel, compile_onnx
from ecmkit.package import Application, Package, Release, build, model_data
from ecmkit.package.model_data import (
    build_update,
    data_block,
    layout_id,
    slot_bytes,
)
from ecmkit.package.sources import package_c, package_h
from ecmkit.targets import Target, load_target
from ecmkit.train import fit_kmeans
from tests.c import build as building
from tests.c import harness
from tests.c.cores import CORES
from tests.c.cores import Target as Core
from tests.package.sample import (
    SPEED_HZ,
    application,
    contract,
    models,
    rivals,
    signal,
)
from tests.package.test_build import WARNINGS, tool
from tests.package.test_monitors import calibration
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


SIGNER = KeyedHash(bytes(range(32)))


def updates_of(
    app: Application, *, version: int = 0, image: bytes | None = None
) -> app_update.Updates:
    """The device of a package, with empty slots."""
    weights = [(m.weights[16:48], m.weights[48]) for m in app.all_models if m.weights]
    rest = read_update(data_block(app)).parts[len(weights) :]
    return app_update.Updates(
        data_block(app, version=version),
        [*weights, *((None, len(part)) for part in rest)],
        image or b"\xff" * 2 * slot_bytes(app),
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
    own, new = (application(models=(models()[0], m)) for m in (first, second))
    assert layout_id(own) == layout_id(new)
    slot = slot_bytes(own)
    assert slot == app_update.slot_bytes(len(data_block(own)) + 128)
    device = updates_of(own)
    block = build_update(new, version=1, signer=SIGNER)
    device.begin(len(block))
    device.write(block)
    device.commit(SIGNER.verify)
    assert device.version == 1
    assert device.part(0, len(second.weights)) == second.weights
    assert device.part(1, 8) == new.reference.edges[0, :2].tobytes()


def test_an_update_replaces_the_model_or_its_challenger() -> None:
    def beside(own: int, other: int) -> Application:
        return application(
            models=(models()[0], kmeans(seed=own)), shadow=(kmeans(seed=other),)
        )

    first = beside(1, 2)
    for own, other in ((1, 3), (2, 1)):
        new = beside(own, other)
        assert layout_id(new) == layout_id(first)
        assert new.model_id != first.model_id
        device = updates_of(first)
        block = build_update(new, version=1, signer=SIGNER)
        device.begin(len(block))
        device.write(block)
        device.commit(SIGNER.verify)
        for part, seed in enumerate((own, other)):
            weights = kmeans(seed=seed).weights
            assert device.part(part, len(weights)) == weights
    alone = application(models=(models()[0], kmeans()))
    assert layout_id(alone) != layout_id(first)
    header = package_h(first)
    assert "ECM_PACKAGE_PART_SHADOW_ANOMALY = 1," in header


def test_a_challenger_without_weights_as_data_keeps_its_classes() -> None:
    """What they are among the champion's is in the code: no update changes it."""
    own, other = (
        application(
            models=(models()[0], kmeans()),
            shadow=(replace(rivals()[0], outputs=names),),
        )
        for names in (("healthy", "cage", "inner"), ("healthy", "inner", "cage"))
    )
    assert layout_id(own) != layout_id(other)


def test_newer_data_of_new_firmware_count_over_an_older_update() -> None:
    old, sent, new = (
        application(models=(models()[0], kmeans(seed=s))) for s in (1, 2, 3)
    )
    device = updates_of(old)
    block = build_update(sent, version=2, signer=SIGNER)
    device.begin(len(block))
    device.write(block)
    device.commit(SIGNER.verify)
    image = bytes(device.image)
    own = new.models[1].weights
    for version, counts in ((1, sent.models[1].weights), (2, own), (3, own)):
        later = updates_of(new, version=version, image=image)
        assert not later.start()
        assert later.part(0, len(own)) == counts
        assert later.version == max(version, 2)
        for sent_version in (2, 3, 4):
            block = build_update(old, version=sent_version, signer=SIGNER)
            later = updates_of(new, version=version, image=image)
            later.begin(len(block))
            if sent_version > max(version, 2):
                later.write(block)
                later.commit(SIGNER.verify)
                assert later.part(0, len(own)) == old.models[1].weights
            else:
                with pytest.raises(ValueError, match="ECM_ERR_STATE"):
                    later.write(block)


def test_a_release_says_which_version_its_data_have(tmp_path: Path) -> None:
    app = application(models=(models()[0], kmeans()))
    made = build(
        app, target=load_target("esp32"), out=tmp_path / "pump",
        release=Release(data_version=7),
    )  # fmt: skip
    block = (made.path / "data.bin").read_bytes()
    assert read_update(block).version == 7
    assert made.manifest.release.data_version == 7
    source = (made.path / "src" / "package_data.c").read_text()
    words = re.findall(r"0x([0-9a-f]{16})ULL", source)
    found = b"".join(int(w, 16).to_bytes(8, "little") for w in words)
    assert found[: len(block)] == block


def test_monitors_keep_their_layout_while_their_numbers_change(
    made: Package, tmp_path: Path
) -> None:
    """Of a plan with counts, several scores together, classes, limits and regimes."""
    plan = calibration()
    own = application(models=(models()[0], kmeans()), drift=plan)
    doubled = tuple(
        msgspec.structs.replace(bound, limit=2.0 * bound.limit)
        for bound in plan.plan.bounds
    )
    changed = msgspec.structs.replace(
        plan, plan=msgspec.structs.replace(plan.plan, bounds=doubled)
    )
    other = application(models=(models()[0], kmeans(seed=2)), drift=changed)
    assert layout_id(own) == layout_id(other)
    assert own.monitors.id != other.monitors.id
    assert layout_id(own) != layout_id(application(models=(models()[0], kmeans())))
    device = updates_of(own)
    block = build_update(other, version=1, signer=SIGNER)
    device.begin(len(block))
    device.write(block)
    device.commit(SIGNER.verify)
    numbers = other.monitors.new().data()
    assert device.part(3, len(numbers)) == numbers
    monitors = own.monitors.new()
    monitors.adopt(numbers)
    assert monitors.data() == numbers
    folder = shutil.copytree(made.path / "src", tmp_path / "src")
    (folder / "ecm_package.h").write_text(package_h(own))
    (folder / "ecm_package.c").write_text(package_c(own))
    done = subprocess.run(
        [
            tool("gcc"), "-std=c99", "-fsyntax-only", f"-I{folder}",
            f"-I{csrc_dir()}", *WARNINGS, str(folder / "ecm_package.c"),
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stderr == ""


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
    found = read_update((made.path / "data.bin").read_bytes())
    assert found.parts[0] == kmeans().weights
    assert (found.version, found.signature) == (0, b"")
    assert made.manifest.model_id.startswith(found.model_id)
    assert "data.bin" in made.manifest.files
    names = {path.name for path in made.sources}
    assert {"ecm_app_update.c", "ecm_weights.c", "package_data.c"} <= names
    header = (made.path / "src" / "ecm_package.h").read_text()
    assert "ECM_PACKAGE_PART_ANOMALY = 0," in header


def test_its_sources_are_clean_under_all_warnings(made: Package, tmp_path) -> None:
    app = application(
        models=(models()[0], kmeans()), shadow=(rivals()[0], kmeans(seed=2))
    )
    both = build(app, target=load_target("esp32"), out=tmp_path / "pump")
    check_clean(made, "ecm_package.c", "package_data.c", "model_anomaly.c")
    check_clean(
        both, "ecm_package.c", "model_shadow_anomaly.c", "model_shadow_classifier.c"
    )


def check_clean(made: Package, *names: str) -> None:
    for name in names:
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
static uint8_t key;
static ecm_status_t verify(void *user, const uint8_t *data, uint32_t bytes,
                           const uint8_t *signature, uint32_t signature_bytes) {
    uint8_t sum = key; uint32_t i;
    (void)user;
    for (i = 0; i < bytes; i++) { sum = (uint8_t)(31U * sum + data[i]); }
    return signature_bytes == 16U && signature[0] == sum ? ECM_OK : ECM_ERR_ARG; }
uint32_t renew(const uint8_t *x, uint32_t bytes);
uint32_t renew(const uint8_t *x, uint32_t bytes) {
    ecm_state_store_t flash = {NULL, erase, put, NULL, ECM_PACKAGE_SLOT_BYTES};
    const ecm_app_update_cfg_t *cfg = &ecm_package_update;
    ecm_app_update_t st;
    key = 7;
    memory = (uint8_t *)(size_t)ecm_package_slots;
    if (ecm_app_update_begin(&st, cfg, &flash, bytes) == ECM_OK &&
        ecm_app_update_write(&st, cfg, &flash, x, bytes) == ECM_OK) {
        (void)ecm_app_update_commit(&st, cfg, &flash, verify, NULL);
    }
    return st.reason;
}
ecm_status_t score(const float *x, float *y, void *work);
ecm_status_t score(const float *x, float *y, void *work) {
    return ecm_package_cfg.models[1].run(x, y, work);
}
static ecm_package_live_t live;
static ECM_PACKAGE_DEFINE_MEMORY(memory_of_app);
float edge(uint8_t *id, float *limit);
float edge(uint8_t *id, float *limit) {
    const ecm_drift_cusum_cfg_t *cusum;
    if (ecm_package_adopt(&live) != ECM_OK ||
        ecm_app_init(&memory_of_app.app, memory_of_app.channels, &live.cfg,
                     memory_of_app.mem, memory_of_app.dist) != ECM_OK) {
        return 0.0f;
    }
    cusum = (const ecm_drift_cusum_cfg_t *)live.cfg.monitor->rows[0].cfg;
    *id = live.cfg.model_id[0];
    *limit = cusum->h;
    return live.cfg.dist_edges[1];
}
"""


class Sum:
    """Signs as the program above verifies: a stand-in for a keyed hash."""

    def sign(self, data: bytes) -> bytes:
        total = 7
        for byte in data:
            total = (31 * total + byte) % 256
        return bytes([total]) + bytes(15)

    def verify(self, data: bytes, signature: bytes) -> bool:
        return self.sign(data) == signature


PARTS = model_data.parts


def with_an_order_of_99(app: Application) -> tuple[bytes, ...]:
    """Parts of an update whose monitors no firmware can have."""
    *others, monitors = PARTS(app)
    order = 4 * 9  # of the first score: behind id, center, scale, floor, spread, phi
    return *others, monitors[:order] + b"\x63" + monitors[order + 1 :]


@pytest.mark.parametrize("flags", [("-O2",), ("-O3", "-flto")])
def test_new_data_count_in_a_running_application(
    made: Package,
    tmp_path: Path,
    flags: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
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
    library.edge.restype = ctypes.c_float
    x = table(n=1, n_features=6, seed=3).x.astype(np.float32)
    y, work = np.zeros(1, np.float32), np.zeros(100, np.float32)
    done, old, signature = (app_update.REASONS[n] for n in ("done", "old", "signature"))

    def score() -> float:
        library.score(*(ctypes.c_void_p(a.ctypes.data) for a in (x, y, work)))
        return float(y[0])

    def edge() -> tuple[float, str, float]:
        first, limit = ctypes.c_uint8(), ctypes.c_float()
        found = library.edge(ctypes.byref(first), ctypes.byref(limit))
        return found, f"{first.value:02x}", limit.value

    first, second = kmeans(seed=1), kmeans(seed=2)
    own = application(models=(models()[0], first))
    reference = replace(own.reference, edges=own.reference.edges * np.float32(2))
    watch = msgspec.structs.replace(own.watches[0], h=6.5, mean=0.4)
    new = application(
        models=(models()[0], second), reference=reference, watches=(watch,)
    )
    assert score() == first.predict(x)[0, 0]
    assert edge() == (own.reference.edges[0, 1], own.model_id[:2], 4.0)
    block = build_update(new, version=5, signer=Sum())
    assert library.renew(block, len(block)) == done
    # What was not adopted changes nothing: not the half of it.
    assert score() == first.predict(x)[0, 0]
    assert edge() == (reference.edges[0, 1], new.model_id[:2], 6.5)
    assert score() == second.predict(x)[0, 0]
    assert library.renew(block, len(block)) == old
    broken = bytearray(build_update(own, version=6, signer=Sum()))
    broken[-16] ^= 1
    assert library.renew(bytes(broken), len(broken)) == signature
    assert score() == second.predict(x)[0, 0]
    # Signed data that monitors refuse never count: adopted again, all is as it was.
    monkeypatch.setattr(model_data, "parts", with_an_order_of_99)
    block = build_update(own, version=7, signer=Sum())
    monkeypatch.undo()
    assert library.renew(block, len(block)) == app_update.REASONS["format"]
    assert edge() == (reference.edges[0, 1], new.model_id[:2], 6.5)
    assert score() == second.predict(x)[0, 0]


class Fold:
    """Signs as corruption.c verifies: a stand-in for a keyed hash."""

    def sign(self, data: bytes) -> bytes:
        a, b = 2166136261, 77
        for byte in data:
            a = (a ^ byte) * 16777619 % 2**32
            b = (b * 33 + (a >> 16)) % 2**32
        return a.to_bytes(4, "little") + b.to_bytes(4, "little") + bytes(8)

    def verify(self, data: bytes, signature: bytes) -> bool:
        return self.sign(data) == signature


@pytest.fixture(scope="module")
def corruption(made: Package, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with what corruption.c includes."""
    folder = tmp_path_factory.mktemp("corruption")
    x = table(n=1, n_features=6, seed=3).x.astype(np.float32)
    apps = [application(models=(models()[0], kmeans(seed=seed))) for seed in (1, 2, 3)]
    blocks = [build_update(a, version=v, signer=Fold()) for v, a in enumerate(apps, 4)]
    answers = [app.models[1].predict(x)[0, 0].view(np.uint32) for app in apps]
    assert len(set(answers)) == 3

    def listed(values: Iterable[object]) -> str:
        return f"{{{', '.join(map(str, values))}}}"

    (folder / "corruption_blocks.h").write_text(
        f"static const uint8_t older[] = {listed(blocks[1])};\n"
        f"static const uint8_t newer[] = {listed(blocks[2])};\n"
        f"static const float sample[] = {listed(float(v).hex() + 'F' for v in x[0])};\n"
        f"static const uint32_t answers[] = {listed(f'{bits}U' for bits in answers)};\n"
        "static const uint8_t ids[] = "
        f"{listed(f'0x{app.model_id[:2]}' for app in apps)};\n"
    )
    return folder


# Slots that can be written; behind the sign the assembler reads no further.
SLOTS = '-DECM_SLOTS_SECTION=".slots,\\"aw\\"{}"'


@pytest.mark.parametrize(
    ("core", "comment", "rounds"),
    [
        pytest.param(harness.HOSTS["gcc-O0-sanitized"], "#", 1000, id="host"),
        pytest.param(
            CORES["m4f"].target("gcc"), "@", 10_000, id="m4f",
            marks=pytest.mark.emulator,
        ),
    ],
)  # fmt: skip
def test_ten_thousand_updates_that_go_wrong_leave_a_model_that_answers(
    made: Package,
    corruption: Path,
    core: Core,
    comment: str,
    rounds: int,
    tmp_path: Path,
) -> None:
    harness.require(core)
    mine = [p for p in made.sources if p.name.startswith(("ecm_package", "model_"))]
    data = [p for p in made.sources if p.name.startswith("package_")]
    headers = [h.name for h in (made.path / "src").glob("ecm_*.h")]
    platform = building.SUPPORT / f"platform_{core.platform}.c"
    program = Path(__file__).parent / "corruption.c"
    objects = building.compile_all(
        core, tmp_path, library=building.library_of(core, headers),
        others=[*mine, *data, program, building.SUPPORT / "ecm_test.c", platform],
        includes=[corruption, made.path / "src"],
        extra=(SLOTS.format(comment), f"-DROUNDS={rounds}U"),
    )  # fmt: skip
    said = building.run(core, building.link(core, objects, tmp_path / "bad.elf"))
    assert "FAIL" not in said
    counts = [int(n, 16) for n in re.findall(r"^count (\w+)$", said, re.M)]
    assert sum(counts) == rounds
    way, length, power, flash = (counts[i : i + 3] for i in range(0, 12, 3))
    share = rounds // 4
    assert way == [0, share, 0]  # the older block goes on
    assert length == [0, share, 0]
    assert power[0] == 0
    assert min(power[1:]) > share // 10
    assert min(flash) > share // 20
    reasons = int(re.search(r"^reasons (\w+)$", said, re.M)[1], 16)  # type: ignore[index]
    wanted = ["format", "contract", "layout", "length", "incomplete"]
    signature = 1 << app_update.REASONS["signature"]  # it alone was damaged: rare
    assert reasons & ~signature == sum(1 << app_update.REASONS[n] for n in wanted)
    assert reasons & signature or rounds < 10_000


def test_names_of_the_slots_are_in_the_map_by_their_section(made: Package) -> None:
    said = subprocess.run(
        [tool("arm-none-eabi-nm"), str(made.firmware)],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert re.search(r" [RT] ecm_package_slots", said)
    assert re.search(r" [RT] ecm_package_data", said)
