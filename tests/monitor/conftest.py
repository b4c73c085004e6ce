"""A device of which only the frames are seen, encoded by the CBOR library."""

from collections.abc import Callable
from dataclasses import dataclass, field

import cbor2
import numpy as np
import pytest

from ecmkit._core import frame
from ecmkit.drift import Reference, ScoreWatch
from ecmkit.formats import FeatureContract

MODEL = "ab" * 32
Said = tuple[int, int | None, list[float]]
"""Windows, those of the same class, differences."""


@pytest.fixture
def contract() -> FeatureContract:
    names = ("rms", "kurtosis", "crest <b>")
    return FeatureContract(
        channels=("de",),
        unit="g",
        fs_hz=1000.0,
        range=10.0,
        window_len=1024,
        hop_len=1000,
        features=tuple((0, i, 0, 0.0, 0.0) for i in (2, 7, 8)),
        names=names,
        units=("g", "1", "1"),
    )


@pytest.fixture
def reference(contract: FeatureContract) -> Reference:
    normal_octiles = [-1.1503, -0.6745, -0.3186, 0.0, 0.3186, 0.6745, 1.1503]
    return Reference(
        names=contract.names,
        edges=np.tile(np.float32(normal_octiles), (3, 1)),
        probabilities=np.full((3, 8), 0.125, np.float32),
        n=2000,
    )


@pytest.fixture
def watches() -> tuple[ScoreWatch, ...]:
    return (
        ScoreWatch(
            score="distance",
            floor=0.1,
            mean=0.0,
            inv_sd=1.0,
            k=0.5,
            h=10.35,
            arl0=1e5,
            arl0_interval=(8e4, 1.2e5),
            n_reference=2000,
        ),
    )


def pack(counters: np.ndarray) -> bytes:
    pairs = counters.astype(int).reshape(4, 2)
    return b"".join(int(a | b << 12).to_bytes(3, "little") for a, b in pairs)


@dataclass
class Device:
    """Reports once in ten windows of one second; features take turns."""

    contract: FeatureContract
    device_id: int = 7
    seq: int = 0
    uptime_s: int = 0
    feature: int = 0
    sent: list[bytes] = field(default_factory=list)

    def join(self, **changes: object) -> bytes:
        fields = {
            "version": 1,
            "device_id": self.device_id,
            "contract_id": bytes.fromhex(self.contract.id)[:16],
            "model_id": bytes.fromhex(MODEL)[:16],
            "seq": self.seq,
            "features_len": len(self.contract.names),
        }
        return self._send(fields | changes)

    def report(self, counters: np.ndarray | None = None, **changes: object) -> bytes:
        self.uptime_s += 10
        fields = {
            "version": 1,
            "device_id": self.device_id,
            "contract_id": int(self.contract.id[:8], 16),
            "model_id": int(MODEL[:8], 16),
            "seq": self.seq,
            "uptime_s": self.uptime_s,
            "health": 0,
            "alarms": 0,
            "class_id": 23,
            "score": 0.5,
            "drift": 0.0,
            "feature": self.feature,
            "counters": pack(np.ones(8) if counters is None else counters),
        }
        self.feature = (self.feature + 1) % len(self.contract.names)
        return self._send(fields | changes)

    def restart(self) -> None:
        self.seq = self.uptime_s = self.feature = 0

    def _send(self, fields: dict[str, object]) -> bytes:
        self.seq = (self.seq + 1) % 65536
        self.sent.append(cbor2.dumps(list(fields.values()), canonical=True))
        return self.sent[-1]


@pytest.fixture
def device(contract: FeatureContract) -> Device:
    return Device(contract)


@pytest.fixture
def model_id() -> str:
    return MODEL


@pytest.fixture
def life(device: Device, reference: Reference) -> Callable[..., list[bytes]]:
    """Frames of a device whose features shift from some report on."""

    def live(
        reports: int,
        *,
        shift: float = 0.0,
        at: int = 0,
        health: int = 0,
        seed: int = 0,
        alarms: bool = True,
    ) -> list[bytes]:
        rng = np.random.default_rng(seed)
        device.join()
        total = 0.0
        for i in range(reports):
            now = shift if i >= at else 0.0
            values = rng.normal(size=30) + now
            bins = np.searchsorted(reference.edges[0], values)
            total = max(0.0, total + 10 * (now - 0.5)) / 1.0
            alarm = alarms and total > 10.35
            device.report(
                np.bincount(bins, minlength=8),
                drift=min(total / 10.35, 1.0),
                alarms=int(alarm),
                health=health,
                class_id=2 if now else 0,
            )
            total = 0.0 if alarm else total
        return device.sent

    return live


def shadow_frames(contract: FeatureContract, *said: Said | None) -> list[bytes]:
    """Write frames of a device, some of which tell of challengers."""
    made = []
    for seq, one in enumerate(said, 1):
        shadow = None if one is None else (*one[:2], np.float32(one[2]))
        data, _, told = frame.encode(
            device_id=7, contract_id=int(contract.id[:8], 16),
            model_id=int(MODEL[:8], 16), seq=seq, uptime_s=100 * seq, health=0,
            alarms=0, class_id=1, score=0.5, drift=0.25,
            values=np.zeros(0, np.float32), update=0, ratios=np.zeros(0, np.float32),
            sketches=[(0, np.arange(8, dtype=np.uint16))], shadow=shadow, mac=None,
            buf_bytes=222,
        )  # fmt: skip
        assert told == (one is not None)
        made.append(data)
    return made
