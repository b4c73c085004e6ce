"""A device of a package on the host: two features, a score, and all services."""

import ctypes
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ecmkit._core import app as core_app
from ecmkit._core import node
from ecmkit.drift.records import Reference, ScoreWatch
from ecmkit.features import FeaturePlan
from ecmkit.formats import DeviceRecord, SensorChannel, device_image
from ecmkit.graph.ir import Port, Tensor
from ecmkit.package import Application, Device, Package, Release, build
from ecmkit.package.device import Learn, Run, Snapshot
from ecmkit.package.node_layout import layout_of
from ecmkit.targets import load_target
from tests.c.build import WARNINGS
from tests.package.sample import models
from tests.package.test_build import tool
from tests.package.test_examples import command

STUBS = Path(__file__).parent / "stubs" / "device"
WINDOW = 64
PLAN = FeaturePlan(
    channel="drive_end",
    unit="g",
    fs_hz=1000.0,
    range=64.0,
    window_len=WINDOW,
    hop_len=WINDOW,
    features=("rms", "crest"),
)
SETTINGS = Device(
    snapshot=Snapshot(before_len=384, after_len=128),
    learn=Learn(k=8),
    run=Run(off_below=5.0, change_most=1.0, settle_len=2),
)
SCORE_C = """\
#include "ecm_base.h"

ecm_status_t ecm_model_level(const float *features, float *outputs, void *work);
ecm_status_t ecm_model_level(const float *features, float *outputs, void *work) {
    (void)work;
    outputs[0] = features[0];
    return ECM_OK;
}
"""
RECORD = DeviceRecord(
    device_id=7, channels=(SensorChannel(sensitivity=0.5, offset=1.0),)
)
FLAGS = (
    *("-std=c99", "-O0", "-ffp-contract=off", "-fno-math-errno", "-fPIC"),
    *("-ffunction-sections", "-fdata-sections"),
)


def device_app(**changes: object) -> Application:
    names = PLAN.contract().names
    port = Port("features", Tensor("f32", (1, 2)))
    score = replace(
        models()[1], name="level", source=SCORE_C, symbol="ecm_model_level",
        inputs=(port,), outputs=("level",), work_bytes=0, modules=(),
    )  # fmt: skip
    watch = ScoreWatch(
        score="level", floor=0.01, mean=-0.537, inv_sd=16.0, k=0.5, h=12.0, arl0=1e5,
        arl0_interval=(9e4, 1.1e5), n_reference=3000,
    )  # fmt: skip
    edges = [np.linspace(0.5, 0.65, 7), np.linspace(1.5, 1.9, 7)]
    parts: dict[str, object] = {
        "name": "fan",
        "contract": PLAN.contract(),
        "models": (score,),
        "watches": (watch,),
        "reference": Reference(
            names=names,
            edges=np.array(edges, np.float32),
            probabilities=np.full((2, 8), 0.125, np.float32),
            n=3000,
        ),
    }
    return Application(**{**parts, **changes})  # type: ignore[arg-type]


def compiled(
    pack: Package,
    out: Path,
    sources: Sequence[Path],
    *,
    others: Sequence[Path] = (),
    extra: Sequence[str] = (),
) -> Path:
    """Link sources with a package on the host; `others` are its objects, if known."""
    compiler, folder = tool("gcc"), out.with_name(f"{out.name}-objects")
    folder.mkdir()
    own = [] if others else sorted((pack.path / "src").glob("*.c"))
    objects = list(others)
    for path in [*own, *sources]:
        objects.append(folder / f"{path.parent.name}-{path.stem}.o")
        inside = path.is_relative_to(pack.path)
        source = path.relative_to(pack.path) if inside else path
        # Relative paths: each object is compiled once in all tests.
        words = ("-Isrc", "-Iexamples/device", *FLAGS, *WARNINGS, *extra, "-c", source)
        command(compiler, *words, "-o", objects[-1], cwd=pack.path)
    words = ["-shared"] if out.suffix == ".so" else ["-Wl,--gc-sections"]
    command(compiler, *words, *objects, "-lm", "-o", out, cwd=pack.path)
    return out


def objects_of(library: Path) -> list[Path]:
    """Objects of the package that a library was linked from."""
    return sorted(library.with_name(f"{library.name}-objects").glob("src-*.o"))


def device_package(
    out: Path, *, app: Application | None = None, device: Device = SETTINGS
) -> Package:
    return build(
        app or device_app(),
        target=load_target("esp32"),
        out=out,
        release=Release(device=device),
    )


def provisioned(
    *,
    app: Application | None = None,
    device: Device = SETTINGS,
    record: DeviceRecord = RECORD,
) -> bytes:
    """Flash of a device that has its record and nothing else."""
    size = layout_of(app or device_app(), device).flash_bytes
    image = bytearray(b"\xff" * size)
    image[: 2 * device.page_bytes] = device_image(record, slot_bytes=device.page_bytes)
    return bytes(image)


class Board:
    """A device on a board of memory; a reset is a new load of the library."""

    def __init__(
        self, library: Path, flash: bytes | None = None, *, memory: str = "board_memory"
    ) -> None:
        number = len(list(library.parent.iterdir()))
        path = library.with_name(f"{library.stem}{number}.so")
        shutil.copy(library, path)  # its own variables
        self.library = ctypes.CDLL(str(path))
        image = provisioned() if flash is None else flash
        self.flash = self.array(memory, len(image))
        self.flash[:] = np.frombuffer(image, np.uint8)
        self.event = np.zeros(node.EVENT_BYTES, np.uint8)
        self.news: list[int] = []
        self.windows: list[bytes] = []
        self.refused: list[int] = []
        self.library.device_poll.argtypes = [
            ctypes.c_uint32, ctypes.c_float, ctypes.c_void_p,
        ]  # fmt: skip
        self.started = int(self.library.device_start())

    def array(self, name: str, n: int) -> NDArray[np.uint8]:
        return np.ctypeslib.as_array((ctypes.c_uint8 * n).in_dll(self.library, name))

    def number(self, name: str) -> ctypes.c_uint32:
        return ctypes.c_uint32.in_dll(self.library, name)

    def run(self, x: NDArray[np.float32], *, now_s: int = 0, hz: float = 20.0) -> None:
        """Samples of whole windows, in raw units of the sensor."""
        raw = np.ascontiguousarray(x / np.float32(0.5) + 1, np.float32)
        for window in raw.reshape(-1, WINDOW):
            at = ctypes.c_void_p(window.ctypes.data)
            self.library.device_samples(0, at, WINDOW)
            self.poll(now_s, hz)

    def poll(self, now_s: int = 0, hz: float = 20.0) -> None:
        while status := self.library.device_poll(now_s, hz, self.event.ctypes.data):
            if status == node.NEWS:
                self.news += self.event[core_app.EVENT_BYTES :].view(np.uint32).tolist()
            elif status == core_app.EVENT:
                self.windows.append(self.event[: core_app.EVENT_BYTES].tobytes())
            else:
                self.refused.append(status)

    def tell(self, command: bytes) -> int:
        status = int(self.library.device_tell(command, len(command)))
        self.poll()
        return status

    def sent(self, now_s: int = 0) -> list[bytes]:
        """What the radio has sent since."""
        self.number("board_up").value = 1
        self.poll(now_s)
        self.number("board_up").value = 0
        n = self.number("board_sent_len")
        raw, frames = self.array("board_sent", 65536)[: n.value].tobytes(), []
        while raw:
            frames.append(raw[1 : 1 + raw[0]])
            raw = raw[1 + raw[0] :]
        n.value = 0
        return frames

    def fields(self) -> NDArray[np.void]:
        layout = core_app.event_layout()
        kind = np.dtype(
            {
                "names": [name for name, _, _, _ in layout],
                "formats": [(k, n) if n > 1 else k for _, k, _, n in layout],
                "offsets": [offset for _, _, offset, _ in layout],
            }
        )
        return np.frombuffer(b"".join(self.windows), kind)


def noise(windows: int, seed: int, scale: float = 1.0) -> NDArray[np.float32]:
    random = np.random.default_rng(seed)
    return (random.uniform(-scale, scale, windows * WINDOW)).astype(np.float32)


def is_chunk(frame: bytes) -> bool:
    return frame[0] == 0x87
