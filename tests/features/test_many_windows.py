"""Whole plans over many windows: the bits of the device library, however they run."""

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import msgspec
import numpy as np
import pytest

from ecmkit import data, features
from ecmkit._core import batch, feat
from ecmkit.features.extract import finite_windows
from ecmkit.features.steps import device_plans
from tests.features.random_plans import random_plan, random_signal

PLANS = sorted(
    path.stem for path in (Path(features.__file__).parent / "plans").glob("*.toml")
)
DEVICE = 0
WIDER = range(1, batch.isa() + 1)
AFTER_THE_START = 61
SEEDS = range(60)


@cache
def device_plan(name):
    return device_plans(features.load_plan(name).contract())[0]


@cache
def signal(name):
    """Samples, speeds and windows to take: noise, pulses, a constant part and gaps."""
    contract = features.load_plan(name).contract()
    plan = device_plan(name)
    n = 2 * plan.warm_len + AFTER_THE_START
    hop, length = contract.hop_len, contract.window_len
    rng = np.random.default_rng(n)
    x = rng.standard_normal((n - 1) * hop + length).astype(np.float32)
    x[:: length // 3] += 20
    x[length : 4 * length] *= np.float32(1e-4)
    x += np.float32(0.7)
    x[-9 * length : -6 * length] = 0.25
    lo, hi = plan.speed_hz
    speed = np.full(n, (lo + hi) / 2, np.float32)
    speed[7::11] = lo
    good = np.ones(n, np.uint8)
    good[plan.warm_len + 5] = 0
    good[plan.warm_len + 6] = 0
    return x, speed, good


def run(name, isa, sizes):
    """Features of the signal in pieces of the sizes, in turn; and which are there."""
    plan = device_plan(name)
    x, speed, good = signal(name)
    hop = features.load_plan(name).hop_len
    runner, done = feat.Runner(plan, isa), good.copy()
    out = np.zeros((len(speed), plan.n_features), np.float32)
    at = i = 0
    while at < len(speed):
        part = slice(at, at + sizes[i % len(sizes)])
        runner.frames(x[at * hop :], speed[part], out[part], done[part])
        at, i = part.stop, i + 1
    return out, done


@cache
def expected(name):
    return run(name, DEVICE, (1000,))


def same(found, name):
    (out, done), (expected_out, expected_done) = found, expected(name)
    kept = done.astype(bool)
    a, b = out[kept].view(np.uint32), expected_out[kept].view(np.uint32)
    return (done == expected_done).all() and (a == b).all()


@pytest.mark.parametrize("name", PLANS)
def test_there_is_something_to_compare(name):
    out, done = expected(name)
    assert done.sum() > AFTER_THE_START // 2
    assert np.isfinite(out[done.astype(bool)]).all()
    assert len(np.unique(out[done.astype(bool)], axis=0)) > AFTER_THE_START // 3


@pytest.mark.parametrize("isa", WIDER)
@pytest.mark.parametrize("name", PLANS)
def test_bits_of_the_device(name, isa):
    assert same(run(name, isa, (1000,)), name)


@pytest.mark.parametrize("sizes", [(1,), (2, 3), (5, 1, 7), (13, 8, 33)])
@pytest.mark.parametrize("name", PLANS)
def test_any_pieces(name, sizes):
    assert same(run(name, batch.isa(), sizes), name)
    assert same(run(name, DEVICE, sizes), name)


@pytest.mark.parametrize("name", PLANS)
def test_runners_of_one_plan_side_by_side(name):
    with ThreadPoolExecutor(3) as pool:
        for found in pool.map(lambda _: run(name, batch.isa(), (1000,)), range(6)):
            assert same(found, name)


@pytest.mark.parametrize("name", PLANS)
def test_any_number_of_threads(name):
    plan = features.load_plan(name)
    x, speed, _ = signal(name)
    info = data.RecordingInfo(
        id="a", machine="m", label="normal", unit=plan.unit, fs_hz=plan.fs_hz,
        range=plan.range, speed_hz=float(speed[0]),
    )  # fmt: skip
    channels = plan.contract().channels
    dataset = data.Dataset(
        tuple(
            data.Recording(
                info=msgspec.structs.replace(info, id=str(i)),
                channels=channels,
                x=np.stack([np.roll(x, 97 * i + k) for k in range(len(channels))]),
            )
            for i in range(4)
        )
    )
    tables = [features.extract(dataset, plan, threads=n) for n in (1, 2, 3)]
    for table in tables[1:]:
        assert (table.x.view(np.uint32) == tables[0].x.view(np.uint32)).all()
        assert (table.start == tables[0].start).all()


def test_a_plan_without_orders_at_no_speed():
    """It crashed: where lines lie was never looked for, since the speed was 0."""
    plan = features.FeaturePlan(
        channel="DE",
        unit="g",
        fs_hz=12000.0,
        range=16.0,
        window_len=1024,
        hop_len=512,
        features=("rms", "env_kurtosis"),
        envelope=features.PlanEnvelope(band_hz=(500.0, 5500.0)),
    )
    (device,) = device_plans(plan.contract())
    x = np.random.default_rng(1).standard_normal(17512).astype(np.float32)
    n = data.n_windows(len(x), length=1024, hop=512)
    found = []
    for isa in range(batch.isa() + 1):
        for _ in range(3):
            out, done = np.zeros((n, 2), np.float32), np.ones(n, np.uint8)
            feat.Runner(device, isa).frames(x, np.zeros(n, np.float32), out, done)
            found.append(out[done.astype(bool)].tobytes())
    assert len(found[0]) == 2 * 4 * (n - device.warm_len)
    assert set(found) == {found[0]}


def bits(x):
    """Bits of floats; all NaN are the same."""
    return np.where(np.isnan(x), np.uint32(0x7FC00000), x.view(np.uint32))


def any_speeds(rng, plan, n):
    """Speeds that a plan takes: a plan without orders takes any."""
    lo, hi = plan.speed_hz
    kinds = [lo, hi, (lo + hi) / 2] if lo else [0.0, np.nan, np.inf, -3.0, 30.0]
    speed = rng.choice(kinds, n) if rng.integers(2) else np.full(n, rng.choice(kinds))
    return np.clip(speed, lo, hi).astype(np.float32) if lo else speed.astype(np.float32)


def test_plans_at_random_have_all_features():
    steps = {row.step for seed in SEEDS for row in random_plan(seed).rows}
    assert steps == {entry[3] for entry in feat.table()}


@pytest.mark.parametrize("seed", SEEDS)
def test_plans_and_signals_at_random(seed):
    """Windows one by one on the device, in any pieces, and all in one."""
    plan, rng = random_plan(seed), np.random.default_rng(seed)
    hop, length = plan.hop_len, plan.window_len
    few = plan.span_len + int(rng.integers(60)) * hop
    x = random_signal(seed, int(rng.choice([2012, 17512, length, few])))
    good = finite_windows(x, length, hop).astype(np.uint8)
    for device in device_plans(plan.contract()):
        speed = any_speeds(rng, device, len(good))

        def run(isa, sizes, device=device, speed=speed):
            runner, done = feat.Runner(device, isa), good.copy()
            out = np.zeros((len(good), device.n_features), np.float32)
            at = 0
            while at < len(good):
                part = slice(at, at + int(rng.choice(sizes)))
                runner.frames(x[at * hop :], speed[part], out[part], done[part])
                at = part.stop
            return bits(out[done.astype(bool)]), done

        expected_bits, expected_done = run(DEVICE, (1,))
        for isa in range(batch.isa() + 1):
            for sizes in ((len(good) + 1,), (1, 4, 9, 33, 70)):
                found, done = run(isa, sizes)
                np.testing.assert_array_equal(done, expected_done)
                np.testing.assert_array_equal(found, expected_bits)


def test_instruction_sets_are_refused_that_are_not_there():
    plan = device_plan("bearing")
    for isa in (-1, batch.isa() + 1):
        with pytest.raises(ValueError, match="ECM_ERR_ARG"):
            feat.Runner(plan, isa)
