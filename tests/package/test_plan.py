"""A packaged plan of all spectral steps gives the host's bits on an emulated core."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from ecmkit._core import feat
from ecmkit.features import (
    Feature,
    FeaturePlan,
    PlanEnvelope,
    PlanMel,
    PlanTracking,
    Scaler,
    device_plan,
    steps_of,
)
from ecmkit.formats import DenseLayer, EncodeStep, ProjectStep
from ecmkit.package.plan import headers_of, plan_c
from tests.c import harness
from tests.core.vectors import vector_noise

WINDOWS, SPEED = 34, 32.0
BARE = FeaturePlan(
    channel="a",
    unit="g",
    fs_hz=8000.0,
    range=50.0,
    window_len=512,
    hop_len=256,
    welch=3,
    speed_hz=(30.0, 35.0),
    orders={"mesh": 40.0},
    tracking=PlanTracking(turns=8),
    mel=PlanMel(n_mels=32),
    envelope=PlanEnvelope(band_hz=(1000.0, 3000.0)),
    features=(
        "rms",
        Feature(name="peak_hz", ranks=(1, 2)),
        Feature(name="peak_amplitude", rank=3),
        Feature(name="line", f_hz=500.0),
        Feature(name="order_harmonics", order="mesh", n=2),
        Feature(name="thd", f_hz=700.0, n=4),
        Feature(name="order_sidebands", order="mesh", spacing=4, n=2),
        Feature(name="slip_sidebands", supply_hz=400.0, pole_pairs=10),
        "mel_level",
        Feature(name="mfcc", coefficients=(0, 2, 12)),
        Feature(name="tracked_line", orders=(1, 2)),
        Feature(name="tracked_sidebands", order=4, spacing=1, n=2),
        Feature(name="cepstral_peak", lo_s=0.005, hi_s=0.02),
        Feature(name="cepstral_peak_s", lo_s=0.005, hi_s=0.02),
        Feature(name="env_order", order=3),
    ),
)


def with_blocks(plan: FeaturePlan) -> FeaturePlan:
    """Add a scaler, a projection and an encoder of random numbers."""
    random, n = np.random.default_rng(3), len(plan.rows)
    layer = DenseLayer(
        weights=tuple(map(tuple, random.integers(-128, 128, (5, n)).tolist())),
        bias=tuple(random.integers(-900, 900, 5).tolist()),
        multiplier=tuple(random.integers(2**30, 2**31, 5).tolist()),
        shift=(-8, -9, -10, -8, -9),
        input_zero=-3,
        output_zero=2,
        output_min=-100,
        output_max=120,
    )
    factor = random.uniform(0.1, 2.0, n)
    offset = random.normal(size=n)
    return msgspec.structs.replace(
        plan,
        scaler=Scaler(
            kind="linear",
            offset=tuple(np.float32(offset).tolist()),
            factor=tuple(np.float32(factor).tolist()),
        ),
        project=ProjectStep(
            mean=tuple(random.normal(size=n).tolist()),
            components=tuple(map(tuple, random.normal(size=(4, n)).tolist())),
        ),
        encode=EncodeStep(layers=(layer,), input_scale=0.05, output_scale=0.125),
    )


PLAN = with_blocks(BARE)
PROGRAM = """\
@headers@
#include "ecm_test.h"
@plan@
static float signal[@samples@], x[@window@], work[@work@], state[@state@], out[@out@];
void ecm_test_run_all(void);
void ecm_test_run_all(void)
{
    uint32_t i, k;
    ecm_test_noise_f32(1, signal, @samples@U);
    ECM_CHECK(ecm_feat_check(&package_plan) == ECM_OK);
    ECM_CHECK(ecm_feat_reset_f32(state, &package_plan) == ECM_OK);
    for (k = 0; k < @windows@U; k++) {
        memcpy(x, signal + k * package_plan.hop_len, sizeof x);
        if (ecm_feat_extract_f32(state, &package_plan, @speed@.0f, x, work, out) ==
            ECM_OK) {
            for (i = 0; i < @out@U; i++) {
                ecm_test_f32("feature", out[i]);
            }
        }
    }
}
"""


@pytest.mark.emulator
@pytest.mark.parametrize("name", ["cortex-m4f"])
def test_the_bits_are_those_of_the_host(name: str, tmp_path: Path) -> None:
    target = harness.EMULATED[name]
    harness.require(target)
    contract = PLAN.contract()
    plan = device_plan(contract)
    samples = PLAN.window_len + (WINDOWS - 1) * PLAN.hop_len
    text = PROGRAM
    for word, value in {
        "headers": "\n".join(headers_of(steps_of(contract))),
        "plan": plan_c(contract),
        "samples": samples,
        "window": PLAN.window_len,
        "work": plan.work_len,
        "state": plan.state_len,
        "out": plan.n_features,
        "windows": WINDOWS,
        "speed": f"{SPEED:g}",
    }.items():
        text = text.replace(f"@{word}@", str(value))
    source = tmp_path / "plan.c"
    source.write_text(text)
    printed = harness.build_one(target, tmp_path / "core", source).run()
    found = [line.split()[1] for line in printed.splitlines()]
    out = np.empty((WINDOWS, plan.n_features), np.float32)
    done = np.ones(WINDOWS, np.uint8)
    speed = np.full(WINDOWS, SPEED, np.float32)
    feat.Runner(plan).frames(vector_noise(1, samples), speed, out, done)
    rows = out[done.astype(bool)]
    assert len(rows) > 5
    assert found == [f"{bits:08x}" for bits in rows.view(np.uint32).ravel()]
