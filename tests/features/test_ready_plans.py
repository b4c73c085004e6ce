"""Plans that come with ecmkit: the same bits however they run, and faults that show."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray
from pyarrow import parquet as pq

from ecmkit import data, features
from ecmkit.features import extract_files, load_features, load_plan, plan_names

Signal = NDArray[np.float64]
Made = tuple[Path, features.FeatureTable]
COUNT = 3


def speed_of(plan: features.FeaturePlan) -> float:
    """A speed that the plan takes, below its largest."""
    lo, hi = plan.speed_hz or (0.0, 0.0)
    return lo + 0.7 * (hi - lo)


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """Address of two workers on this machine."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
    ) as made:
        yield made.scheduler_address


@pytest.fixture(scope="module")
def one_shot(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Made]:
    """Recordings for a plan in a folder, and what it makes of each as a whole."""
    made: dict[str, Made] = {}

    def make(name: str) -> Made:
        if name not in made:
            folder = tmp_path_factory.mktemp(name)
            plan = load_plan(name)
            record(folder, plan)
            dataset = data.load(folder, channel=plan.all_channels)
            made[name] = folder, features.extract(dataset, plan)
        return made[name]

    return make


def record(folder: Path, plan: features.FeaturePlan) -> None:
    """Write noise with pulses and a tone, long enough for a dozen rows and more."""
    lines, speed = [], speed_of(plan)
    for i in range(COUNT):
        rng = np.random.default_rng(i)
        n = plan.span_len + (12 + i) * plan.hop_len + 31 * i
        x = 0.03 * plan.range * rng.standard_normal(n)
        x[:: plan.window_len // 3] += 0.3 * plan.range
        x += 0.1 * plan.range * np.sin(2 * np.pi * 0.031 * np.arange(n))
        table = pa.table({"a": x.astype("f4")})
        pq.write_table(table, folder / f"{i}.parquet", row_group_size=7000)
        lines.append(
            f'[[recording]]\nfile = "{i}.parquet"\n'
            f'channels = {{{plan.all_channels[0]} = "a"}}\nfs_hz = {plan.fs_hz}\n'
            f'unit = "{plan.unit}"\nmachine = "m"\nlabel = "l"\n'
            + (f"speed_hz = {speed}\n" if speed else "")
        )
    (folder / "recordings.toml").write_text("\n".join(lines))


@pytest.mark.parametrize("name", plan_names())
def test_rows_of_a_whole_recording(name: str, one_shot: Callable[[str], Made]) -> None:
    """There is something to compare, and all of it moves."""
    _, table = one_shot(name)
    assert len(table.x) == sum(13 + i for i in range(COUNT))
    assert np.isfinite(table.x).all()
    assert len(np.unique(table.x, axis=0)) == len(table.x)


@pytest.mark.parametrize("name", plan_names())
def test_a_stream_in_random_chunks(name: str, one_shot: Callable[[str], Made]) -> None:
    folder, table = one_shot(name)
    plan, rows = load_plan(name), []
    rng = np.random.default_rng(len(name))
    for recording in data.load(folder, channel=plan.all_channels).recordings:
        stream = features.Stream(plan, speed_hz=speed_of(plan))
        at = 0
        while at < recording.x.shape[1]:
            n = int(rng.choice([1, 7, rng.integers(1, 3 * plan.window_len)]))
            rows.append(stream.push(recording.x[:, at : at + n]))
            at += n
    found = np.concatenate(rows)
    np.testing.assert_array_equal(found.view("u4"), table.x.view("u4"))


@pytest.mark.parametrize("name", plan_names())
def test_two_threads(name: str, one_shot: Callable[[str], Made]) -> None:
    folder, table = one_shot(name)
    plan = load_plan(name)
    dataset = data.load(folder, channel=plan.all_channels)
    assert features.extract(dataset, plan, threads=2).hash == table.hash


@pytest.mark.parametrize("name", plan_names())
def test_two_workers_of_a_cluster(
    name: str, one_shot: Callable[[str], Made], cluster: str, tmp_path: Path
) -> None:
    folder, table = one_shot(name)
    plan, out = load_plan(name), tmp_path / "out.parquet"
    options: dict[str, Any] = {"engine": "dask", "scheduler": cluster}
    sources = data.scan(folder, channel=plan.all_channels)
    assert extract_files(sources, plan, out, **options) == len(table.x)
    assert load_features(out).hash == table.hash


# ---- a gear ------------------------------------------------------------------------

TEETH, TURNS, FS = 23, 70, 12800.0
SOUND, FAULTY = range(100, 140), range(40)


def gear(
    seed: int, *, depth: float = 0.0, impulse: float = 0.0
) -> tuple[Signal, float]:
    """Vibration of a gear, and its speed [Hz].

    Three harmonics of the mesh in noise, of which a turn of the pinion modulates the
    amplitude, a little in a sound gear; and one tooth that strikes once a turn.
    """
    rng = np.random.default_rng(seed)
    speed = float(rng.uniform(21, 29))
    t = np.arange(round(TURNS / speed * FS)) / FS
    turn = speed * t + rng.uniform()
    phase = rng.uniform(0, 2 * np.pi, 4)
    mesh = sum(
        a * np.cos(2 * np.pi * h * TEETH * turn + phase[h])
        for h, a in ((1, 2.0), (2, 1.0), (3, 0.5))
    )
    swing = 1 + (0.02 + depth) * np.cos(2 * np.pi * turn + phase[0])
    since = (turn % 1) / speed  # seconds since the tooth was in mesh
    ring = np.exp(-since * 900) * np.cos(2 * np.pi * 3300 * since)
    x = mesh * swing + impulse * ring + 0.4 * rng.standard_normal(len(t))
    return x, speed


def gear_features(seeds: range, **fault: float) -> dict[str, NDArray[np.float64]]:
    """Mean of each feature over the windows of a recording, for every seed.

    The speed that is told is up to 0.3 % off.
    """
    plan, means = load_plan("gear"), []
    for seed in seeds:
        x, speed = gear(seed, **fault)
        speed *= 1 + 0.003 * np.sin(seed)
        means.append(features.Stream(plan, speed_hz=speed).push(x).mean(axis=0))
    columns = np.array(means, float).T
    return dict(zip(plan.contract().names, columns, strict=True))


def residual(seed: int, **fault: float) -> tuple[float, float]:
    """Root mean square and kurtosis of the average over turns without its mesh.

    Of the pinion, of which the tooth that strikes is: the residual of a gear.
    """
    x, speed = gear(seed, **fault)
    edges = features.shaft_run(fs_hz=FS, speed_hz=speed, turns=TURNS - 2)
    turns = features.angular_resample(x, edges, per_turn=512)
    average, _ = features.synchronous_average(turns)
    bins = np.fft.rfft(average)
    bins[::TEETH] = 0
    rest = np.fft.irfft(bins)
    power = float(np.mean(rest**2))
    return power**0.5, float(np.mean(rest**4)) / power**2


def overlap(faulty: NDArray[np.float64], sound: NDArray[np.float64]) -> float:
    """Share of pairs, one of each, in which the sound one is the larger."""
    return float(np.mean(sound[:, None] >= faulty[None, :]))


@pytest.fixture(scope="module")
def sound() -> dict[str, NDArray[np.float64]]:
    return gear_features(SOUND)


def test_a_cracked_gear_shows_in_its_sidebands(
    sound: dict[str, NDArray[np.float64]],
) -> None:
    """40 gears whose mesh is modulated by a tenth, once a turn, and 40 sound ones.

    None of the 1600 pairs is in the wrong order; so of all such gears at most 7 % are
    (95 %). Lines that the fault does not touch order them no better than a coin.
    """
    faulty = gear_features(FAULTY, depth=0.1)
    for name in ("order_sidebands_mesh_shaft_3", "order_sidebands_2xmesh_shaft_3"):
        assert overlap(faulty[name], sound[name]) == 0
        assert np.median(faulty[name]) > 2 * np.median(sound[name])
    for name in ("order_sidebands_mesh_wheel_3", "order_line_mesh", "crest"):
        assert 0.25 < overlap(faulty[name], sound[name]) < 0.75


def test_a_broken_tooth_shows_in_crest_and_cepstrum(
    sound: dict[str, NDArray[np.float64]],
) -> None:
    """40 gears with a tooth that strikes once a turn, and 40 sound ones.

    At most 1 in 200 of the 1600 pairs is in the wrong order.
    """
    faulty = gear_features(FAULTY, impulse=4.0)
    shaft = "cepstral_peak_0p033_0p05"
    for name in ("peak", "crest", "clearance", "band_rms_2500_6400", shaft):
        assert overlap(faulty[name], sound[name]) < 0.005
    assert np.median(faulty[shaft]) > 2 * np.median(sound[shaft])
    for name in ("order_sidebands_mesh_shaft_3", "order_line_mesh"):
        assert 0.25 < overlap(faulty[name], sound[name]) < 0.75


def test_the_residual_of_the_average_tells_both_faults() -> None:
    """The modulation by its size, the tooth by its kurtosis besides."""
    healthy = np.array([residual(seed) for seed in SOUND])
    cracked = np.array([residual(seed, depth=0.1) for seed in FAULTY])
    broken = np.array([residual(seed, impulse=4.0) for seed in FAULTY])
    assert overlap(cracked[:, 0], healthy[:, 0]) == 0
    assert overlap(broken[:, 0], healthy[:, 0]) == 0
    assert overlap(broken[:, 1], healthy[:, 1]) == 0
    assert broken[:, 1].min() > 10 > 5 > healthy[:, 1].max()
    assert cracked[:, 1].max() < 5


# ---- a bearing ---------------------------------------------------------------------


def test_orders_of_a_6205() -> None:
    """The worked example of the bearing of the CWRU rig, in turns of the shaft."""
    plan = load_plan("bearing")
    assert plan.bearing is not None
    orders = plan.bearing.orders
    found = (orders.BPFI, orders.BPFO, orders.FTF, orders.BSF)
    assert found == pytest.approx((5.4152, 3.5848, 0.3983, 2.3567), abs=5e-5)
    rows = {row.name: row.order for row in plan.rows}
    assert rows["env_3xBPFI"] == pytest.approx(3 * 5.4152, abs=2e-4)
    assert rows["env_2xBSF"] == pytest.approx(4.7135, abs=1e-4)


@pytest.mark.parametrize("n", [1024, 4096])
@pytest.mark.parametrize("fault", ["BPFO", "BPFI"])
def test_a_bearing_shows_its_fault_in_either_window(fault: str, n: int) -> None:
    """20 turns of history in windows of 1024 samples as in those of 4096.

    The rolling elements slip by 2 % from one shock to the next: shocks that repeat
    exactly are lines, which whitening levels.
    """
    plan = msgspec.structs.replace(load_plan("bearing"), window_len=n, hop_len=n // 2)
    names = plan.contract().names
    assert plan.contract().envelope is not None
    assert plan.speed_hz is not None
    assert plan.bearing is not None
    order = getattr(plan.bearing.orders, fault)
    hits = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        speed = float(rng.uniform(*plan.speed_hz))
        t = np.arange(int(1.3 * plan.span_len)) / plan.fs_hz
        gaps = (1 + 0.02 * rng.standard_normal(round(2 * t[-1] * speed * order))) / (
            speed * order
        )
        shocks = np.cumsum(gaps)
        since = t - shocks[np.searchsorted(shocks, t, "right") - 1] * (t >= shocks[0])
        ring = np.exp(-since * 3000) * np.sin(2 * np.pi * 2900 * since)
        x = 6.0 * ring + rng.standard_normal(len(t))
        row = features.Stream(plan, speed_hz=speed).push(x)[-1]
        share = [row[i] for i, name in enumerate(names) if "env_share" in name]
        named = [name for name in names if "env_share" in name]
        hits += f"_{fault}" in named[int(np.argmax(share))]
    assert hits >= 18
