"""A state goes from the host to a device in the middle of a stream, and back."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from ecmkit.drift import (
    P2,
    Adwin,
    BinnedDistribution,
    Cusum,
    Ddm,
    Eddm,
    EDetector,
    Ewma,
    HddmA,
    HddmW,
    HotellingT2,
    Kll,
    LogHistogram,
    PageHinkley,
    Reservoir,
    ScaleCusum,
    SensorHealth,
    TopK,
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
@before@
void ecm_test_run_all(void);
void ecm_test_run_all(void)
{
    static const uint32_t values[] = {@values@};
    static uint32_t state[] = {@state@};
    float *x = ecm_test_memory;
    uint32_t i, found = 0, len = sizeof values / sizeof values[0];
    for (i = 0; i < len; i++) {
        x[i] = ecm_test_from_bits(values[i]);
    }
@take@
    ecm_test_u32("found", found);
    for (i = 0; i < sizeof state / 4U; i++) {
        ecm_test_u32("state", state[i]);
    }
}
"""
RUN = """\
    static const @cfg@ cfg = @settings@;
    ecm_drift_alarm_t alarms[300];
    uint32_t taken = 0;
    ECM_CHECK(sizeof state == ecm_@kind@_kind.state_bytes);
    ECM_CHECK(ecm_drift_run_f32(&ecm_@kind@_kind, state, &cfg, x, len, alarms, 300,
                                &found, &taken) == ECM_OK);
"""


class Other(NamedTuple):
    """What has no table of functions: how it is made, and how C takes values."""

    make: Callable[[], Any]
    header: str
    before: str
    take: str
    columns: int = 0
    back: Callable[[bytes], Any] | None = None
    """Continues from a state, where that is not a matter of settings alone."""
    there: Callable[[bytes], bytes] = bytes
    """Lays a stored state out as the device has it in memory."""
    stored: Callable[[bytes], bytes] = bytes
    """The reverse."""


def floats(values: Any) -> str:
    """Write an array of C, exactly."""
    flat = np.ravel(np.float32(values))
    return "{" + ", ".join(f"{float(v).hex()}f" for v in flat) + "}"


def e_detector() -> Other:
    made = EDetector(arl0=40.0, means=(-1.0, 1.0), scales=(0.5, 2.0))
    rows = ", ".join(
        "{" + floats([row[k] for k in ("a", "b", "c", "weight")])[1:-1]
        + f", {row['what']}U" + "}" for row in made.alternatives
    )  # fmt: skip
    return Other(
        made.clone,
        "sr",
        f"static const ecm_sr_alternative_t any[] = {{{rows}}};\n"
        "static const ecm_sr_cfg_t cfg = {any, 4, 40.0f};",
        """\
    ecm_drift_alarm_t alarms[300];
    uint32_t taken = 0;
    ECM_CHECK(sizeof state == ecm_sr_kind.state_bytes);
    ECM_CHECK(ecm_drift_run_f32(&ecm_sr_kind, state, &cfg, x, len, alarms, 300, &found,
                                &taken) == ECM_OK);
""",
    )


def t2() -> Other:
    lower = np.array([[1, 0, 0], [0.5, 1, 0], [0.25, -0.5, 2]])
    mean, covariance = np.array([0.5, -0.25, 0.0]), lower @ lower.T
    inverse = np.linalg.inv(np.linalg.cholesky(covariance))[np.tril_indices(3)]
    return Other(
        lambda: HotellingT2(mean, covariance, limit=9.0, lambda_=0.25),
        "t2",
        f"static const float mean[] = {floats(mean)}, whiten[] = {floats(inverse)};\n"
        "static const ecm_t2_cfg_t cfg = {mean, whiten, 3, 0.25f, 9.0f};",
        """\
    for (i = 0; i + 3U <= len; i += 3U) {
        uint32_t alarm = 0;
        ECM_CHECK(ecm_t2_update_f32((void *)state, &cfg, (void *)&state[5], &x[i],
                                    &alarm, NULL) == ECM_OK);
        found += alarm != ECM_DRIFT_NONE ? 1U : 0U;
    }
""",
        columns=3,
    )


def distribution(form: Literal["tumbling", "forgetting"]) -> Other:
    known = np.random.default_rng(0).normal(size=400)
    made = BinnedDistribution.of_reference(
        known,
        bins=16,
        form=form,
        window_len=70,
    )
    return Other(
        made.clone,
        "dist",
        f"static const float edges[] = {floats(made.edges)};\n"
        f"static const float shares[] = {floats(made.shares)};\n"
        "static const ecm_dist_cfg_t cfg = {edges, NULL, shares, 400, 16, "
        f"ECM_DIST_{form.upper()}, 70}};",
        """\
    for (i = 0; i < len; i++) {
        ecm_status_t status = ecm_dist_update_f32((void *)state, &cfg,
                                                  (void *)&state[4], x[i]);
        ECM_CHECK(status >= ECM_OK);
        found += status == ECM_DIST_COMPLETE ? 1U : 0U;
    }
""",
    )


def histogram() -> Other:
    return Other(
        lambda: LogHistogram(
            relative_error=0.1, smallest=0.25, largest=4.0, negative=True
        ),
        "sketch",
        "static const ecm_sketch_log_cfg_t cfg = {40, 3, -2, 1};",
        """\
    for (i = 0; i < len; i++) {
        ECM_CHECK(ecm_sketch_log_update_f32((void *)state, &cfg, &state[5], x[i]) ==
                  ECM_OK);
    }
""",
    )


def p2() -> Other:
    return Other(
        lambda: P2(0.75),
        "sketch",
        "static const ecm_sketch_p2_cfg_t cfg = {0.75f};",
        """\
    for (i = 0; i < len; i++) {
        ECM_CHECK(ecm_sketch_p2_update_f32((void *)state, &cfg, x[i]) == ECM_OK);
    }
""",
        back=lambda state: P2.from_bytes(state, q=0.75),
    )


class _Classes(TopK):
    """Classes are squares without their fractions."""

    def update_many(self, class_ids: Any) -> None:
        super().update_many((class_ids * class_ids).astype(np.uint32))


def top() -> Other:
    return Other(
        lambda: _Classes(4),
        "sketch",
        "",
        """\
    for (i = 0; i < len; i++) {
        ECM_CHECK(ecm_sketch_top_update((void *)state, 4, (uint32_t)(x[i] * x[i])) ==
                  ECM_OK);
    }
""",
        back=_Classes.from_bytes,
    )


def reservoir() -> Other:
    return Other(
        lambda: Reservoir(50, seed=7),
        "sample",
        "",
        """\
    for (i = 0; i < len; i++) {
        ECM_CHECK(ecm_sample_reservoir_update_f32((void *)state, (void *)&state[2], 50,
                                                  x[i]) == ECM_OK);
    }
""",
        back=Reservoir.from_bytes,
    )


def kll() -> Other:
    """Its memory is in use from the end, and only that is stored."""
    head, k = 64, 16

    def empty(state: bytes) -> int:
        return 4 * int.from_bytes(state[20:22], "little")

    return Other(
        lambda: Kll(k, seed=7),
        "sample",
        "",
        """\
    ECM_CHECK(sizeof state == 64U + 4U * ECM_SAMPLE_KLL_LEN(16U));
    for (i = 0; i < len; i++) {
        ECM_CHECK(ecm_sample_kll_update_f32((void *)state, (void *)&state[16], x[i]) ==
                  ECM_OK);
    }
""",
        back=Kll.from_bytes,
        there=lambda state: state[:head] + bytes(empty(state)) + state[head:],
        stored=lambda state: state[:head] + state[head + empty(state) :],
    )


class _Stamped(SensorHealth):
    """Samples come 30 at a time, with a time stamp that is 1 % slow."""

    def update_many(self, x: Any) -> frozenset[str]:
        found: frozenset[str] = frozenset()
        for at in range(0, len(x), 30):
            last, with_it = np.frombuffer(self.to_bytes(), "<u4")[22:24]
            found |= self.time(int(last + 1010 * with_it), 30)
            found |= super().update_many(x[at : at + 30])
        return found


def health() -> Other:
    settings: dict[str, Any] = {
        "range": 4.0, "stuck_len": 2, "low": -3.0, "high": 3.0, "spike": 3.0,
        "block_len": 32, "dead_band": 2.5, "offset_limit": 0.75,
        "signature_low": 1.5, "signature_high": 2.5, "period_ns": 1_000_000,
        "rate_ppm": 5000, "rate_len": 100,
    }  # fmt: skip
    return Other(
        lambda: _Stamped(**settings),
        "health",
        "static const ecm_health_cfg_t cfg = {4.0f, 2, 0, -3.0f, 3.0f, 3.0f, 0, 32, "
        "2.5f, 0.0f, 0.75f, 1.5f, 2.5f, 1000000, 5000, 100};",
        """\
    uint32_t seen = 0;
    for (i = 0; i < len; i += 30U) {
        ecm_health_t *st = (void *)state;
        uint32_t verdict = 0;
        ECM_CHECK(ecm_health_time(st, &cfg, st->time_us + 1010U * st->time_n, 30,
                                  &verdict) == ECM_OK);
        seen |= verdict;
        ECM_CHECK(ecm_health_update_f32(st, &cfg, &x[i], 30, &verdict) == ECM_OK);
        seen |= verdict;
    }
    for (i = 0; i < ECM_HEALTH_BITS; i++) {
        found += (seen >> i) & 1U;
    }
""",
        back=lambda state: _Stamped.from_bytes(state, **settings),
    )


OTHERS = {
    "EDetector": e_detector,
    "HotellingT2": t2,
    "BinnedDistribution, tumbling": lambda: distribution("tumbling"),
    "BinnedDistribution, forgetting": lambda: distribution("forgetting"),
    "LogHistogram": histogram,
    "P2": p2,
    "TopK": top,
    "Reservoir": reservoir,
    "Kll": kll,
    "SensorHealth": health,
}


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
    harness.require(harness.EMULATED["cortex-m4f"])
    random = np.random.default_rng(3)
    level = np.repeat([0.0, 0.8, 0.0, 1.0, 0.2, 0.9], N // 2)
    x = (level + random.normal(size=3 * N)).astype(np.float32)
    if header in ("error", "hddm"):
        x = (x > 0.9).astype(np.float32)
    whole, here = kind(**settings), kind(**settings)
    whole.update_many(x)
    here.update_many(x[:N])
    struct = {"drift_scale": "drift_cusum", "hddm_a": "hddm", "hddm_w": "hddm"}
    take = RUN
    for mark, value in {
        "cfg": f"ecm_{struct.get(name, name)}_cfg_t",
        "settings": cfg,
        "kind": name,
    }.items():
        take = take.replace(f"@{mark}@", value)
    found, state = on_the_device(
        tmp_path, header, "", take, x[N : 2 * N], here.to_bytes()
    )
    assert found == len(here.update_many(x[N : 2 * N]))
    assert state == here.to_bytes()
    back = kind.from_bytes(state, **settings)
    back.update_many(x[2 * N :])
    assert back.to_bytes() == whole.to_bytes()
    assert len(whole.clone().update_many(x)) > 0


@pytest.mark.emulator
@pytest.mark.parametrize("other", OTHERS)
def test_what_has_no_table_goes_on_elsewhere(other: str, tmp_path: Path) -> None:
    case = OTHERS[other]()
    make, columns = case.make, case.columns
    harness.require(harness.EMULATED["cortex-m4f"])
    random = np.random.default_rng(4)
    shape = (3 * N, columns) if columns else 3 * N
    x = random.normal(size=shape).astype(np.float32)
    x[N // 2 : N] += 1.0
    x[3 * N // 2 :] *= 2.0
    whole, here = make(), make()
    whole.update_many(x)
    here.update_many(x[:N])
    there = x[N : 2 * N]
    found, state = on_the_device(
        tmp_path, case.header, case.before, case.take, there,
        case.there(here.to_bytes()),
    )  # fmt: skip
    state = case.stored(state)
    alarms = here.update_many(there)
    assert found == (0 if alarms is None else len(alarms))
    assert found > 0 or alarms is None
    assert state == here.to_bytes()
    if case.back:
        back = case.back(state)
    elif hasattr(here, "load"):
        back = type(here).from_bytes(state, **here.settings)
    else:
        back = make().from_bytes(state)
    back.update_many(x[2 * N :])
    assert back.to_bytes() == whole.to_bytes()


def on_the_device(
    folder: Path,
    header: str,
    before: str,
    take: str,
    values: NDArray[np.float32],
    state: bytes,
) -> tuple[int, bytes]:
    """Take values on an emulated core, from a state; alarms, and the state then."""
    text = PROGRAM
    for mark, value in {
        "header": header,
        "before": before,
        "values": words(np.ascontiguousarray(values).tobytes()),
        "state": words(state),
        "take": take,
    }.items():
        text = text.replace(f"@{mark}@", value)
    source = folder / "device.c"
    source.write_text(text)
    target = harness.EMULATED["cortex-m4f"]
    lines = harness.build_one(target, folder / "m4f", source).run().splitlines()
    after = np.array([int(line.split()[1], 16) for line in lines[1:]], "<u4")
    return int(lines[0].split()[1], 16), after.tobytes()
