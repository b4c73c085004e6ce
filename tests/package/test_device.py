"""The whole device of a package: generated, compiled, and against what hosts read."""

import ctypes
import dataclasses
import re
from pathlib import Path

import msgspec
import numpy as np
import pytest

from ecmkit._core import app_update, command, node
from ecmkit.errors import BuildError, FormatError
from ecmkit.formats import (
    AckAlarms,
    AskChunks,
    Rearm,
    Relearn,
    SpeedSource,
    StatusFrame,
    decode_frame,
    encode_command,
    encode_device,
)
from ecmkit.formats.settings import convert
from ecmkit.graph import compile_onnx
from ecmkit.monitor import answers_among, collect_snapshots
from ecmkit.package import (
    Application,
    Device,
    Package,
    Queue,
    Release,
    build,
    build_update,
    model_data,
)
from ecmkit.package.device import Learn, Reports, Run, Service, Snapshot
from ecmkit.package.node_header import node_h
from ecmkit.package.node_layout import layout_of
from ecmkit.targets import load_target
from ecmkit.train import fit_kmeans
from tests.bench import test_channels as rig
from tests.bench import test_integers as integers
from tests.c.build import WARNINGS, FailedError, call
from tests.package.device_sample import (
    PLAN,
    RECORD,
    SETTINGS,
    STUBS,
    Board,
    compiled,
    device_app,
    device_package,
    is_chunk,
    noise,
    objects_of,
    provisioned,
)
from tests.package.sample import application, models, rivals
from tests.package.test_build import tool
from tests.package.test_examples import code_lines
from tests.package.test_model_data import (
    PROGRAM,
    Sum,
    kmeans,
    with_an_order_of_99,
)
from tests.synthetic import table

DOCS = Path(__file__).parents[2] / "docs"
replace = msgspec.structs.replace


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Package:
    return device_package(tmp_path_factory.mktemp("device") / "fan")


@pytest.fixture(scope="module")
def library(pack: Package, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("library") / "device.so"
    return compiled(pack, out, [STUBS / "device.c", STUBS / "memory.c"])


def test_other_packages_have_no_device(tmp_path: Path) -> None:
    made = build(application(), target=load_target("esp32"), out=tmp_path / "pump")
    names = {path.name for path in (made.path / "src").glob("*.c")}
    assert "ecm_app.c" in names
    assert not {name for name in names if "node" in name}
    assert not (made.path / "examples" / "device").exists()
    assert "whole device" not in (made.path / "README.md").read_text()


def test_a_device_that_was_not_provisioned_does_not_start(library: Path) -> None:
    one = Board(library, b"\xff" * len(provisioned()))
    assert one.started == -5  # ECM_ERR_STATE
    wire = encode_device(RECORD)
    assert one.library.device_provision(wire[:-1], len(wire) - 1) == -6
    assert one.library.device_provision(wire, len(wire)) == 0
    assert one.library.device_start() == 0
    one.poll()
    (join,) = one.sent()
    assert decode_frame(join).device_id == 7


def test_a_day_in_the_field(library: Path) -> None:
    """Off, running, an alarm: reports, the snapshot on the host, commands."""
    one = Board(library)
    assert one.started == 0
    one.run(noise(2, 1), hz=0.0)
    quiet, loud = noise(40, 2), noise(40, 3, 2.0)
    one.run(np.concatenate([quiet, loud]), now_s=100)
    events = one.fields()
    assert events["suspended"].tolist() == [1] * 2 + [2] * 3 + [0] * 77
    assert (events["valid"] == 1).all()
    first = int(np.flatnonzero(events["alarms"])[0])
    assert 42 <= first < 60
    assert one.news == [node.SNAPSHOT]
    frames = one.sent()
    reports = [decode_frame(f) for f in frames if not is_chunk(f)]
    alarms = [r.alarms for r in reports if isinstance(r, StatusFrame)]
    assert alarms[0] != 0 or alarms[1] != 0
    chunks = [f for f in frames if is_chunk(f)]
    kept = [f for n, f in enumerate(chunks) if n not in (2, 5)]  # two are lost
    (partial,) = collect_snapshots(kept).partial
    assert partial.missing == (2, 5)
    assert one.tell(encode_command(AskChunks(first=2, count=1), seq=1)) == 0
    again = one.sent()
    assert one.tell(encode_command(AskChunks(first=5, count=1), seq=2)) == 0
    again += one.sent()
    (whole,) = collect_snapshots([*kept, *again]).complete
    start = (first - 2) * 64  # of the window that raised it, in what ran
    played = np.concatenate([quiet, loud])
    around = played[start - 384 : start + 128]
    assert whole.trigger == 384
    np.testing.assert_allclose(whole.x, around, atol=1e-6)
    assert one.tell(encode_command(Rearm(id=whole.id), seq=3)) == 0
    assert one.tell(encode_command(AckAlarms(groups=3), seq=4)) == 0
    one.run(noise(30, 5, 3.0), now_s=200)
    assert one.news == [node.SNAPSHOT] * 2
    assert one.number("board_kicks").value > 500
    assert one.refused == []


def test_a_refusal_is_told_at_home(library: Path) -> None:
    """A fifth command for chunks, a mode of a later firmware: by number and reason."""
    one = Board(library)
    one.run(np.concatenate([noise(5, 2), noise(40, 3, 2.0)]))
    assert one.news == [node.SNAPSHOT]
    one.sent()
    for seq in range(1, 6):
        full = one.tell(encode_command(AskChunks(first=seq), seq=seq))
        assert full == (-4 if seq == 5 else 0)
    later = encode_command(Relearn("back"), seq=6)[:-1] + b"\x03"
    assert one.tell(later) == -6
    assert one.tell(later) == -5  # its number is spent
    found = answers_among((0.0, data) for data in one.sent())
    assert [str(a) for a in found[-3:]] == [
        "command 4 AskChunks(first=4, count=1): obeyed",
        "command 5 AskChunks(first=5, count=1): refused, full",
        "command 6 of kind 3: refused, format",
    ]
    assert len(found) == 6


def test_a_refused_start_leaves_a_device_that_runs(library: Path) -> None:
    """Its record was lost, or has too few channels: windows go on as they were."""
    x = noise(30, 7)
    one, still = Board(library), Board(library)
    one.run(x[: 10 * PLAN.window_len])
    kept = one.flash[: 2 * SETTINGS.page_bytes].copy()
    one.flash[: len(kept)] = 0xFF
    assert one.library.device_start() == -5  # ECM_ERR_STATE
    one.run(x[10 * PLAN.window_len :])
    still.run(x)
    assert one.windows == still.windows
    assert len(one.windows) == 30
    one.flash[: len(kept)] = kept
    assert one.library.device_sleep() == 0
    assert one.library.device_start() == 1  # ECM_MORE


def fail(one: Board, *, reads: int, then: int) -> None:
    """Reads of the reports that are answered yet; then so many that are not."""
    (spool,) = (a for a in layout_of(device_app(), SETTINGS).areas if a.name == "spool")
    given = {"from": spool.at, "to": spool.end, "reads": reads, "failing": then}
    for name, value in given.items():
        one.number(f"board_{name}").value = value


def test_a_device_runs_on_after_a_flash_that_was_not_read(library: Path) -> None:
    """A start that is refused takes the settings of before; no bit of it is lost."""
    x = noise(12, 7)
    one, still = Board(library), Board(library)
    still.run(x)
    refused = 0
    for i, part in enumerate(np.split(x, 12)):
        assert one.library.device_sleep() == 0
        fail(one, reads=i, then=1)
        status = one.library.device_start()
        refused += status == -4  # ECM_ERR_FULL
        assert status in (-4, 1)  # ECM_MORE
        fail(one, reads=0, then=0)
        one.run(part)
    assert refused == 12
    assert one.windows == still.windows


def test_a_device_stands_still_until_its_flash_is_read(library: Path) -> None:
    x = noise(20, 7)
    one, still = Board(library), Board(library)
    still.run(x)
    one.run(x[: 10 * PLAN.window_len])
    assert one.library.device_sleep() == 0
    kept = one.flash.copy()
    fail(one, reads=3, then=2**32 - 1)
    assert one.library.device_start() == -4  # ECM_ERR_FULL
    assert one.library.device_poll(0, 20.0, one.event.ctypes.data) == -5
    assert one.library.device_sleep() == -5  # ECM_ERR_STATE
    assert one.library.device_arrived() == -5
    assert (one.flash == kept).all()
    fail(one, reads=0, then=0)
    assert one.library.device_start() == 1  # ECM_MORE
    one.run(x[10 * PLAN.window_len :])
    assert one.windows == still.windows


def test_a_refused_record_leaves_a_device_that_runs(library: Path) -> None:
    """Neither it nor the flash of the board that it came with is taken."""
    one = Board(library)
    one.run(noise(5, 7))
    wire, least = encode_device(RECORD), len(one.flash)
    elsewhere = one.library.device_provision_elsewhere
    assert elsewhere(wire, len(wire), least - 1) == -3  # ECM_ERR_LENGTH
    assert elsewhere(wire[:-1], len(wire) - 1, least) == -6  # ECM_ERR_FORMAT
    assert elsewhere(wire, len(wire), least) == -4  # the flash's own
    one.run(noise(5, 8))
    assert one.library.device_sleep() == 0
    assert (len(one.windows), one.refused) == (10, [])


def test_a_fixed_speed_of_the_record_is_the_run_state_s(library: Path) -> None:
    """No feature needs it; what the product tells each turn does not replace it."""
    for hz, states in ((24.5, [2, 2, 2, 0]), (2.0, [1] * 4)):
        fixed = replace(RECORD, speed=SpeedSource(source="fixed", hz=hz))
        one = Board(library, provisioned(record=fixed))
        assert one.started == 0
        one.run(noise(4, 1), hz=20.0 if hz == 2.0 else 0.0)
        assert one.fields()["suspended"].tolist() == states
    told = Board(library)
    told.run(noise(4, 1), hz=20.0)
    assert told.fields()["suspended"].tolist() == [2, 2, 2, 0]


def test_a_sleep_changes_no_bit(library: Path) -> None:
    """Events and reports are those of a device that never slept."""
    x = noise(60, 7)
    still, sleeper = Board(library), Board(library)
    reports: list[list[bytes]] = [[], []]
    for i, part in enumerate(np.split(x, 6)):
        still.run(part, now_s=4000 * i)
        sleeper.run(part, now_s=4000 * i)
        reports[0] += [f for f in still.sent() if not is_chunk(f)]
        reports[1] += [f for f in sleeper.sent() if not is_chunk(f)]
        assert sleeper.library.device_sleep() == 0
        after = Board(library, sleeper.flash.tobytes())
        assert after.started == 1  # ECM_MORE
        after.windows = sleeper.windows
        sleeper = after
    assert still.windows == sleeper.windows
    assert len(reports[0]) >= 6
    # what was not acknowledged is given out again after a reset
    assert reports[0] == list(dict.fromkeys(reports[1]))


def test_a_baseline_is_learnt_and_guarded(library: Path) -> None:
    one = Board(library)
    one.run(noise(1003, 11, 0.7))
    assert [n for n in one.news if n != node.SNAPSHOT] == [node.LEARNT]
    again = Board(library, one.flash.tobytes())
    assert again.started == 0
    assert again.tell(encode_command(Relearn("guarded"), seq=1)) == 0
    again.run(noise(1003, 12, 2.1))
    assert again.news[-1] == node.REFUSED
    assert again.tell(encode_command(Relearn("forced"), seq=2)) == 0
    again.run(noise(1003, 13, 2.1))
    assert again.news[-1] == node.LEARNT
    assert again.tell(encode_command(Relearn("back"), seq=3)) == 0


def with_weights(*, seed: int, h: float, edges: float) -> Application:
    """A device whose model, limits and edges an update can replace."""
    trained = fit_kmeans(table(n_features=2, seed=seed), n_clusters=3, seed=seed)
    model = compile_onnx(
        trained.onnx, name="anomaly", kind="score", outputs=("distance",),
        weights="data", contract_id=PLAN.contract().id,
    )  # fmt: skip
    plain = device_app()
    watch = replace(plain.watches[0], score="distance", h=h)
    own = plain.reference
    reference = dataclasses.replace(own, edges=own.edges * np.float32(edges))
    return device_app(models=(model,), watches=(watch,), reference=reference)


SEEN = """
float device_edge(uint32_t i);
float device_limit(void);
uint32_t device_model(void);
float device_edge(uint32_t i) {
    return ecm_package_node.app_cfg->dist_edges[i];
}
float device_limit(void) {
    const ecm_monitor_cfg_t *monitor = ecm_package_node.app_cfg->monitor;
    return ((const ecm_drift_cusum_cfg_t *)monitor->rows[0].cfg)->h;
}
uint32_t device_model(void) {
    return ecm_package_node.app_cfg->model_id[0];
}
"""


def renewable(made: Package, folder: Path, seen: str) -> Path:
    """Link a device that takes updates, with C that says what is seen of it."""
    renew = PROGRAM.split("ecm_status_t score(")[0].replace(
        "package.h", "package_node.h"
    )
    (folder / "renew.c").write_text(renew + seen)
    sources = [STUBS / "device.c", STUBS / "memory.c", folder / "renew.c"]
    slots = '-DECM_SLOTS_SECTION=".slots,\\"aw\\"#"'
    return compiled(made, folder / "d.so", sources, extra=[slots])


def test_an_update_comes_to_a_device_that_has_learnt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its edges stay; model and limits are the new ones, the monitors start again."""
    device = replace(SETTINGS, learn=replace(SETTINGS.learn, windows_len=32))
    old, new = with_weights(seed=1, h=50, edges=1), with_weights(seed=2, h=60, edges=2)
    made = device_package(tmp_path / "fan", app=old, device=device)
    library = renewable(made, tmp_path, SEEN)
    one = Board(library, provisioned(app=old, device=device))
    for name in ("device_edge", "device_limit"):
        getattr(one.library, name).restype = ctypes.c_float

    def counts() -> tuple[float, float, int]:
        own = one.library
        return own.device_edge(3), own.device_limit(), own.device_model()

    plain = float(old.reference.edges[0, 3])
    assert counts() == (plain, 50.0, bytes.fromhex(old.model_id)[0])
    one.run(noise(40, 1))
    assert node.LEARNT in one.news
    learnt = counts()[0]
    assert learnt not in (plain, 2 * plain)
    block = build_update(new, version=1, signer=Sum())
    assert one.library.renew(block, len(block)) == app_update.REASONS["done"]
    assert one.library.device_sleep() == 0
    fail(one, reads=2, then=1)
    assert one.library.device_start() == -4  # on its data of before
    fail(one, reads=0, then=0)
    assert counts() == (learnt, 50.0, bytes.fromhex(old.model_id)[0])
    assert (one.library.device_window(), one.refused) == (40, [])
    assert one.library.device_sleep() == 0
    assert one.library.device_start() == 0  # not all was gone on with
    assert counts() == (learnt, 60.0, bytes.fromhex(new.model_id)[0])
    assert one.library.device_window() == 40
    one.run(noise(5, 2))
    assert (one.library.device_window(), one.refused) == (45, [])
    # Data that no tables can have never count: a start goes on with those of before.
    monkeypatch.setattr(model_data, "parts", with_an_order_of_99)
    block = build_update(new, version=2, signer=Sum())
    monkeypatch.undo()
    assert one.library.renew(block, len(block)) == app_update.REASONS["format"]
    assert one.library.device_sleep() == 0
    assert one.library.device_start() == 1  # ECM_MORE
    assert counts() == (learnt, 60.0, bytes.fromhex(new.model_id)[0])
    one.run(noise(5, 3))
    assert (one.library.device_window(), one.refused) == (50, [])
    check_that_what_models_read_is_not_erased(one, old, new, learnt)


def check_that_what_models_read_is_not_erased(
    one: Board, old: Application, new: Application, learnt: float
) -> None:
    """On data of before, behind a refused start: the next update has to wait."""
    own, x = one.library, noise(5, 4)
    second, third = (build_update(old, version=v, signer=Sum()) for v in (2, 3))
    assert own.renew(second, len(second)) == app_update.REASONS["done"]
    assert own.device_sleep() == 0
    fail(one, reads=2, then=1)
    assert own.device_start() == -4  # ECM_ERR_FULL
    fail(one, reads=0, then=0)
    for block in (third, second):
        reason = "taken" if block is third else "old"
        assert own.renew(block, len(block)) == app_update.REASONS[reason]
    one.run(x)
    assert (own.device_edge(3), own.device_limit()) == (learnt, 60.0)
    assert own.device_model() == bytes.fromhex(new.model_id)[0]
    assert own.device_sleep() == 0
    assert own.device_start() == 0  # not all was gone on with
    assert own.device_limit() == 50.0
    assert own.renew(third, len(third)) == app_update.REASONS["done"]
    assert one.refused == []


def test_the_example_runs_as_it_stands(
    pack: Package, library: Path, tmp_path: Path
) -> None:
    """Reports that waited for a link leave in order, then those of each minute."""
    example = pack.path / "examples" / "device" / "main.c"
    sources = [STUBS / "product.c", STUBS / "memory.c", example]
    stub = tmp_path / "record.c"
    wire = encode_device(RECORD)
    assert code_lines(example.read_text()) <= 30
    stub.write_text(
        '#include "board.h"\nvoid write_record(void);\n'
        f"static const uint8_t wire[] = {{{', '.join(map(str, wire))}}};\n"
        "__attribute__((constructor)) void write_record(void) {\n"
        "    const ecm_state_store_t flash = board_flash();\n"
        "    const ecm_package_board_t board = {.flash = &flash};\n"
        "    (void)ecm_package_provision(&board, wire, sizeof wire);\n}\n"
    )
    out, others = tmp_path / "example", objects_of(library)
    said = call([compiled(pack, out, [*sources, stub], others=others)])
    frames = [decode_frame(bytes.fromhex(line)) for line in said.splitlines()]
    assert [frame.seq for frame in frames] == list(range(len(frames)))
    assert 7 <= len(frames) <= 9  # 25,600 seconds


def test_the_page_shows_the_example(pack: Package) -> None:
    text = (DOCS / "device-application.md").read_text("utf-8")
    shown = re.findall(r"<!-- file: (examples/\S+) -->\n```c\n(.*?)```", text, re.S)
    assert [name for name, _ in shown] == [
        "examples/device/board.h", "examples/device/main.c",
    ]  # fmt: skip
    for name, content in shown:
        assert (pack.path / name).read_text("utf-8") == content, name
    assert "| `examples/device/` |" in (pack.path / "README.md").read_text()


def test_the_page_shows_settings_that_are_read(tmp_path: Path) -> None:
    text = (DOCS / "device-application.md").read_text("utf-8")
    blocks = re.findall(r"```toml\n(.*?)```", text, re.S)
    shown = [block for block in blocks if "[package" in block]
    assert len(shown) == 2
    for content in shown:
        raw = msgspec.toml.decode(content)["package"]
        device = convert(raw, Release, where="the page").node
        assert device is not None
        layout_of(device_app(), device)


def with_data() -> Application:
    return application(models=(models()[0], kmeans()))


@pytest.mark.parametrize("services", [(), ("learn",), ("frames",), ("snapshot",)])
def test_a_buffer_of_frames_holds_a_command(
    services: tuple[Service, ...],
) -> None:
    """The example receives into what it sends from, whatever services there are."""
    device = Device(services=services, snapshot=Snapshot(chunk_bytes=48))
    text = node_h(device_app(), device)
    (found,) = re.findall(r"#define ECM_PACKAGE_FRAME_BYTES (\d+)U", text)
    longest = {"frames": 51, "snapshot": 48}
    assert int(found) == max(
        command.MAX_BYTES, *(longest.get(s, 0) for s in services), 0
    )


@pytest.mark.parametrize(
    ("record", "queue", "said"),
    [
        (True, Queue(), "samples as the sensor gives them; the record's sensitivity "
         "and offset make g of them"),
        (False, Queue(), "samples in g"),
        (True, Queue(samples="int16"), "samples of 16 bits, 2^15 for 64 g"),
    ],
)  # fmt: skip
def test_headers_say_what_samples_are(
    record: bool, queue: Queue, said: str, tmp_path: Path
) -> None:
    """Of floats the record makes the unit of the plan, of integers it does not."""
    made = device_package(
        tmp_path / "fan", app=device_app(queue=queue), device=Device(record=record)
    )
    for name in ("examples/device/board.h", "src/ecm_package_node.h"):
        text = (made.path / name).read_text("utf-8")
        assert max(map(len, text.splitlines())) <= 88
        words = " ".join(text.replace("\n *", " ").split())
        assert said.lower() in words.lower(), name
        assert ("samples in g" in words.lower()) == (said == "samples in g"), name


def in_turn() -> Application:
    plan = replace(PLAN, channel=None, channels=("x", "y"), features=("rms",))
    return dataclasses.replace(
        rig.application(plan), name="rig", queue=Queue(channels="in-turn")
    )


WANTED = """
uint32_t device_wanted(void);
uint32_t device_wanted(void) {
    return ecm_package_node_wanted();
}
"""


def test_channels_of_a_device_take_turns(tmp_path: Path) -> None:
    """What a product asks: whose turn it is; the event comes behind the last one."""
    device = replace(SETTINGS, run=None, services=("frames", "snapshot"))
    app = in_turn()
    made = device_package(tmp_path / "rig", app=app, device=device)
    (tmp_path / "wanted.c").write_text('#include "board.h"\n' + WANTED)
    sources = [STUBS / "device.c", STUBS / "memory.c", tmp_path / "wanted.c"]
    library = compiled(made, tmp_path / "d.so", sources)
    record = replace(RECORD, channels=2 * RECORD.channels)
    one = Board(library, provisioned(app=app, device=device, record=record))
    wanted, x = one.library.device_wanted, noise(1, 3)
    for events in range(3):
        for channel in (0, 1):
            assert (wanted(), len(one.windows)) == (channel, events)
            data = ctypes.c_void_p(x.ctypes.data)
            assert one.library.device_samples(1 - channel, data, len(x)) == 1
            assert one.library.device_samples(channel, data, len(x)) == 0
            one.poll()
    assert one.fields()["valid"].tolist() == [1, 1, 1]
    example = (made.path / "examples" / "device" / "main.c").read_text()
    assert "board_input(ecm_package_node_wanted());" in example
    assert "void board_input(" in (made.path / "examples/device/board.h").read_text()


SMALL = integers.application(integers.PLAN, models=True)
SOME = [
    pytest.param(device_app(), Device(), id="all"),
    pytest.param(device_app(), Device(services=(), record=False), id="nothing"),
    pytest.param(device_app(), Device(services=("snapshot",), page_bytes=64), id="one"),
    pytest.param(
        device_app(), Device(run=Run(input="rms", off_below=0.1), learn=Learn(
            begin=False)), id="level",
    ),
    pytest.param(with_data(), Device(), id="updates"),
    pytest.param(application(shadow=rivals()), Device(), id="challengers"),
    pytest.param(in_turn(), SETTINGS, id="turns"),
    pytest.param(SMALL, Device(snapshot=Snapshot(after_len=33)), id="integers"),
    pytest.param(
        application(queue=Queue(samples="int16", len=256)), Device(), id="queue"
    ),
]  # fmt: skip


@pytest.mark.parametrize(("app", "device"), SOME)
def test_memories_have_the_sizes_that_are_said(
    app: Application, device: Device, tmp_path: Path
) -> None:
    """Of every choice of services: the assertions of the source hold."""
    made = device_package(tmp_path / "made", app=app, device=device)
    source = made.path / "src"
    flags = ["-std=c99", "-ffp-contract=off", *WARNINGS, f"-I{source}", "-fsyntax-only"]
    own = source / "ecm_package_node.c"
    call([tool("gcc"), *flags, own])
    words = [tool("arm-none-eabi-gcc"), "-mcpu=cortex-m0plus", *flags]
    example = made.path / "examples" / "device" / "main.c"
    assert code_lines(example.read_text()) <= 30
    call([*words, own, example])
    layout = layout_of(app, device)
    assert all(area.at % device.page_bytes == 0 for area in layout.areas)
    shadow = made.manifest.memory.shadow_len
    assert (shadow > 0) == bool(app.shadow)
    kept = next(area for area in layout.areas if area.name == "kept")
    assert f"({made.manifest.memory.monitor_words + shadow}U," in kept.macro
    header = (source / "ecm_package_node.h").read_text()
    assert f"FLASH_BYTES {layout.flash_bytes}U" in header
    sizes = {"FLASH": layout.flash_bytes, "NODE_RAM": layout.ram_bytes}
    for kind, size in sizes.items():
        memory = kind.rpartition("_")[2].lower()
        with pytest.raises(FailedError, match=f"needs_{size}_bytes_of_{memory}"):
            call([*words, f"-DECM_PACKAGE_{kind}_MAX={size - 1}", own])


REFUSED = [
    ({"page_byte": 1}, r"device: found unknown field `page_byte`; .* `page_bytes`"),
    ({"page_bytes": 100}, r"device\.page_bytes: found 100, expected a multiple of 16"),
    ({"reports": {"frame_bytes": 50}}, r"device\.reports\.frame_bytes: found 50, "
     r"expected 51 \.\.\. 222"),
    ({"snapshot": {"chunk_bytes": 40}}, r"device\.snapshot\.chunk_bytes: found 40"),
    ({"learn": {"ks_limit": 0.0}}, r"device\.learn\.ks_limit: found 0\.0, expected a"),
    ({"run": {}}, r"device\.run\.off_below: found nothing, expected a number"),
    ({"services": ["frames", "snapshots"]}, r"device\.services\[1\]: found "
     r"'snapshots', expected one of frames, learn, snapshot; did you mean 'snapshot'"),
    ({"services": ["learn", "learn"]}, r"device\.services: found learn, learn, expect"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "said"), REFUSED)
def test_settings_that_cannot_be_are_named(given: object, said: str) -> None:
    with pytest.raises(FormatError, match=rf"pump\.toml: {said}"):
        convert({"device": given}, Release, where="pump.toml")


NOT_OF_IT = [
    (Device(run=Run(input="rmss", off_below=1.0)), r"run\.input: found 'rmss', "
     r"expected one of speed, rms, crest; did you mean 'rms'\?"),
    (Device(snapshot=Snapshot(channel="x")), r"snapshot\.channel: found 'x', expect"),
    (Device(snapshot=Snapshot(before_len=2**22)), r"snapshot\.before_len: found "
     r"4194304 samples, and 64 of after_len, expected at most 4194304"),
]  # fmt: skip


@pytest.mark.parametrize(("device", "said"), NOT_OF_IT)
def test_names_that_an_application_has_not_are_refused(
    device: Device, said: str
) -> None:
    with pytest.raises(ValueError, match=rf"package\.device\.{said}"):
        layout_of(device_app(), device)


def test_a_baseline_of_other_bins_is_refused() -> None:
    own = device_app().reference
    wide = dataclasses.replace(
        own, edges=np.tile(np.arange(15, dtype=np.float32), (2, 1)),
        probabilities=np.full((2, 16), 1 / 16, np.float32),
    )  # fmt: skip
    with pytest.raises(ValueError, match=r"device\.services: found 'learn', expected"):
        layout_of(device_app(reference=wide), SETTINGS)


def test_flash_that_is_too_small_is_named_with_its_parts() -> None:
    small = replace(SETTINGS, flash_bytes=30000, reports=Reports(sectors=3))
    with pytest.raises(BuildError) as refused:
        layout_of(device_app(), small)
    assert str(refused.value) == (
        "package.device.flash_bytes: found 30000, expected 30720 or more in pages of "
        "2048: record 2 x 2048, commands 2 x 2048, spool 3 x 2048, baselines 2 x 2048, "
        "kept 2 x 4096, snapshot 1 x 4096"
    )


def test_what_is_not_named_is_not_linked(library: Path, tmp_path: Path) -> None:
    """A device of frames alone has neither snapshots nor learning nor commands."""
    made = device_package(tmp_path / "fan", device=Device(services=("frames",)))
    example = made.path / "examples" / "device"
    told = (example / "main.c").read_text().splitlines()
    told = [line for line in told if "receive" not in line and "order;" not in line]
    (example / "main.c").write_text("\n".join(told))
    node_c = made.path / "src" / "ecm_package_node.c"
    sources = [STUBS / "product.c", STUBS / "memory.c", example / "main.c", node_c]
    others = objects_of(library)
    others = [path for path in others if "package_node" not in path.name]
    names = call(["nm", compiled(made, tmp_path / "small", sources, others=others)])
    linked = set(re.findall(r"\b(ecm_\w+)$", names, re.M))
    assert {"ecm_node_step", "ecm_spool_append", "ecm_app_step"} <= linked
    absent = ("ecm_snapshot_", "ecm_commission_", "ecm_command_")
    assert [name for name in linked if name.startswith(absent)] == []
