"""A state goes from the host to a device in the middle of a stream, and back."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ecmkit.drift import (
    Adwin,
    Cusum,
    Ddm,
    Eddm,
    Ewma,
    HddmA,
    HddmW,
    PageHinkley,
    ScaleCusum,
)
from ecmkit.drift.detectors import Named
from tests.c import harness

N = 300
# Detector and settings, then what C calls it, and the same settings there.
KINDS: list[tuple[type[Named], dict[str, Any], str, str, str]] = [
    (Cusum, {"k": 0.25, "h": 3.0}, "drift", "drift_cusum", "{0.25f, 3.0f}"),
    (ScaleCusum, {"k": 0.25, "h": 3.0}, "drift", "drift_scale", "{0.25f, 3.0f}"),
    (PageHinkley, {"delta": 0.125, "threshold": 6.0, "alpha": 0.875}, "drift_ph",
     "drift_ph", "{0.125f, 6.0f, 0.125f, 30, 3, 0}"),
    (Ewma, {"lambda_": 0.125, "limit": 2.5}, "drift_ewma", "drift_ewma",
     "{0.125f, 2.5f}"),
    (Adwin, {"delta": 0.25, "clock": 4}, "adwin", "adwin", "{0.25f, 4, 5, 5, 10}"),
    (Ddm, {}, "error", "error_ddm", "{2.0f, 3.0f, 30}"),
    (Eddm, {"alpha": 0.75, "beta": 0.5}, "error", "error_eddm", "{0.75f, 0.5f, 30}"),
    (HddmA, {"drift_confidence": 0.125, "warning_confidence": 0.25}, "hddm", "hddm_a",
     "{0.125f, 0.25f, 1.0f, 0}"),
    (HddmW, {"drift_confidence": 0.125, "warning_confidence": 0.25,
             "lambda_val": 0.125}, "hddm", "hddm_w", "{0.125f, 0.25f, 0.125f, 0}"),
]  # fmt: skip
PROGRAM = """\
#include "ecm_@header@.h"
#include "ecm_test.h"
void ecm_test_run_all(void);
void ecm_test_run_all(void)
{
    static const uint32_t values[] = {@values@};
    static uint32_t state[] = {@state@};
    static const @cfg@ cfg = @settings@;
    ecm_drift_alarm_t alarms[300];
    float *x = ecm_test_memory;
    uint32_t i, found = 0, taken = 0, len = sizeof values / sizeof values[0];
    for (i = 0; i < len; i++) {
        x[i] = ecm_test_from_bits(values[i]);
    }
    ECM_CHECK(sizeof state == ecm_@kind@_kind.state_bytes);
    ECM_CHECK(ecm_drift_run_f32(&ecm_@kind@_kind, state, &cfg, x, len, alarms, 300,
                                &found, &taken) == ECM_OK);
    ecm_test_u32("found", found);
    for (i = 0; i < sizeof state / 4U; i++) {
        ecm_test_u32("state", state[i]);
    }
}
"""


def words(data: bytes) -> str:
    return ", ".join(f"{word:#x}U" for word in np.frombuffer(data, "<u4"))


@pytest.mark.emulator
@pytest.mark.parametrize(
    ("kind", "settings", "header", "name", "cfg"),
    KINDS,
    ids=[kind.__name__ for kind, *_ in KINDS],
)
def test_the_stream_goes_on_elsewhere(
    kind: type[Named],
    settings: dict[str, Any],
    header: str,
    name: str,
    cfg: str,
    tmp_path: Path,
) -> None:
    target = harness.EMULATED["cortex-m4f"]
    harness.require(target)
    random = np.random.default_rng(3)
    level = np.repeat([0.0, 0.8, 0.0, 1.0, 0.2, 0.9], N // 2)
    x = (level + random.normal(size=3 * N)).astype(np.float32)
    if header in ("error", "hddm"):
        x = (x > 0.9).astype(np.float32)
    whole, here = kind(**settings), kind(**settings)
    whole.update_many(x)
    here.update_many(x[:N])
    struct = {"drift_scale": "drift_cusum", "hddm_a": "hddm", "hddm_w": "hddm"}
    text = PROGRAM
    for mark, value in {
        "header": header,
        "values": words(x[N : 2 * N].tobytes()),
        "state": words(here.to_bytes()),
        "cfg": f"ecm_{struct.get(name, name)}_cfg_t",
        "settings": cfg,
        "kind": name,
    }.items():
        text = text.replace(f"@{mark}@", value)
    source = tmp_path / "device.c"
    source.write_text(text)
    lines = harness.build_one(target, tmp_path / "m4f", source).run().splitlines()
    found = int(lines[0].split()[1], 16)
    state = np.array([int(line.split()[1], 16) for line in lines[1:]], "<u4")
    assert found == len(here.update_many(x[N : 2 * N]))
    assert state.tobytes() == here.to_bytes()
    back = kind.from_bytes(state.tobytes(), **settings)
    back.update_many(x[2 * N :])
    assert back.to_bytes() == whole.to_bytes()
    assert len(whole.clone().update_many(x)) > 0
