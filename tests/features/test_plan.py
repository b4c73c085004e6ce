"""Plans: what a file says is what the device gets; mistakes are named."""

import re

import msgspec
import numpy as np
import pytest

from ecmkit._core import feat
from ecmkit.data import BearingGeometry
from ecmkit.errors import FormatError
from ecmkit.features import FeaturePlan, device_plan, load_plan, plan_names
from ecmkit.features.orders import parse_order, slug
from ecmkit.formats import convert

ORDERS = BearingGeometry().orders
PLAN = {
    "channel": "DE",
    "unit": "g",
    "fs_hz": 12000.0,
    "range": 16.0,
    "window_len": 1024,
    "hop_len": 512,
    "envelope_hz": [2000.0, 5000.0],
    "bearing": {},
    "features": [
        {"name": "env_order", "order": "2*BPFO", "halfwidth": 0.02},
        {"name": "band_fraction", "lo_hz": 1000.0, "hi_hz": 2000.0},
        {"name": "rms"},
        {"name": "env_order", "order": 0.5, "halfwidth": 0.0},
    ],
}


def plan(**changes):
    raw = {k: v for k, v in {**PLAN, **changes}.items() if v is not None}
    return convert(raw, FeaturePlan, where="plan.toml")


def test_rows_leave_in_the_order_of_steps():
    contract = plan().contract()
    assert contract.names == ("rms", "band_fraction_1000_2000", "env_2xBPFO", "env_0p5")
    assert contract.units == ("g", "1", "1", "1")
    ids = {entry[1]: entry[0] for entry in feat.table()}
    assert [row[0] for row in contract.features] == [
        ids["rms"],
        ids["band_fraction"],
        ids["env_order"],
        ids["env_order"],
    ]
    assert contract.features[1][1:] == (1000.0, 2000.0)
    assert contract.features[2][1] == np.float32(2 * ORDERS.BPFO)
    assert contract.needs_speed
    assert contract.envelope_hz == (2000.0, 5000.0)


def test_without_orders_no_speed_is_needed():
    contract = plan(features=[{"name": "rms"}], envelope_hz=None).contract()
    assert not contract.needs_speed
    assert contract.envelope_hz == (0.0, 0.0)


def test_every_feature_of_the_table_can_be_planned():
    values = {"lo_hz": 10.0, "hi_hz": 20.0, "order": "BPFI", "halfwidth": 0.01}
    features = [
        {"name": entry[1], **{p: values[p] for p in entry[5:7] if p}}
        for entry in feat.table()
    ]
    contract = plan(features=features).contract()
    assert len(contract.features) == len(feat.table())
    assert device_plan(contract).n_features == len(feat.table())


def test_the_contract_does_not_depend_on_how_an_order_is_written():
    features = [{"name": "env_order", "order": "BPFO + BPFO", "halfwidth": 0.02}]
    others = [{"name": "env_order", "order": "2*BPFO", "halfwidth": 0.02}]
    a, b = plan(features=features).contract(), plan(features=others).contract()
    assert a.features == b.features


def rms(**more):
    return {"features": [{"name": "rms", **more}]}


def band(lo, hi):
    return {"features": [{"name": "band_rms", "lo_hz": lo, "hi_hz": hi}]}


def env(order, halfwidth=0.02, **more):
    row = {"name": "env_order", "order": order, "halfwidth": halfwidth}
    return {"features": [row], **more}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"features": [{"name": "kurtosys"}]}, ["kurtosys", "did you mean 'kurtosis'"]),
        ({"features": []}, ["features", "something"]),
        ({"features": [{"name": "rms"}] * 2}, ["rms twice"]),
        (rms(order=1.0), ["features[0].order", "no such field in rms"]),
        (rms(lo_Hz=1.0), ["lo_Hz", "did you mean `lo_hz`"]),
        (band(1000.0, 6001.0), ["features[0]", "6001", "6000 Hz (Nyquist)"]),
        (band(2000.0, 1000.0), ["rising band"]),
        (band(1000.0, None), ["features[0].hi_hz", "nothing"]),
        (env("BPFO", bearing=None), ["BPFO", "without [bearing]"]),
        (env("BPFO", envelope_hz=None), ["envelope_hz", "features[0]"]),
        (env("BFPO"), ["'BFPO'", "did you mean BPFO"]),
        (env("BPFO", 1.0), ["halfwidth", "1.0"]),
        (env("BPFO - BPFI"), ["-1.83", "above 0"]),
        (env(-1.0), ["order"]),
        ({"envelope_hz": [5000.0, 2000.0]}, ["envelope_hz", "rising"]),
        ({"envelope_hz": [2000.0, 7000.0]}, ["envelope_hz", "Nyquist"]),
        ({"envelope_hz": [2000.0, 2000.1]}, ["envelope_hz", "a bin"]),
        ({"window_len": 1000}, ["window_len", "1000", "power of two"]),
        ({"window_len": 32768}, ["window_len", "32768", "16384"]),
        ({"window_len": 32}, ["window_len", "32"]),
        ({"hop_len": 0}, ["hop_len", "0", "1 ... 1024"]),
        ({"hop_len": 1025}, ["hop_len", "1025"]),
        ({"fs_hz": 0.0}, ["fs_hz", "above 0"]),
        ({"fs_hz": "12k"}, ["fs_hz", "float"]),
        ({"range": -1.0}, ["range"]),
        ({"unit": ""}, ["unit"]),
        ({"version": 2}, ["version", "2"]),
        ({"bearing": {"ball_diameter": 90.0}}, ["ball_diameter", "90"]),
        ({"chanel": "DE"}, ["chanel", "did you mean `channel`"]),
    ],
)
def test_mistakes(changes, words):
    with pytest.raises(FormatError) as caught:
        plan(**changes)
    for word in ("plan.toml", *words):
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("BPFO", ORDERS.BPFO),
        ("2*BPFO", 2 * ORDERS.BPFO),
        (" 2 * BSF - FTF ", 2 * ORDERS.BSF - ORDERS.FTF),
        ("BPFI + 2*shaft", ORDERS.BPFI + 2),
        ("0.5*2*shaft", 1.0),
        ("10 - 2 - 3", 5.0),
        ("3.25", 3.25),
    ],
)
def test_orders(text, value):
    assert parse_order(text, ORDERS) == pytest.approx(value, rel=1e-14)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "+",
        "-BPFO",
        "2*",
        "*2",
        "2 BPFO",
        "2BPFO",
        "2**3",
        "2/3",
        "BPFO(2)",
        "__import__('os')",
        "1e3",
        "5 -",
        "1.2.3",
        "nan",
        "2000",
    ],
)
def test_what_is_no_order(text):
    with pytest.raises(ValueError, match=r"found .*expected"):
        parse_order(text, ORDERS)


@pytest.mark.parametrize("seed", range(20))
def test_orders_against_python_itself(seed):
    rng = np.random.default_rng(seed)
    names = {name: getattr(ORDERS, name) for name in ORDERS.__struct_fields__}
    names["shaft"] = 1.0
    text = "100"
    for _ in range(5):
        name = rng.choice(list(names))
        text += f" {rng.choice(['+', '-'])} {rng.integers(1, 9)}*{name}"
    expected = eval(text, {"__builtins__": {}}, names)
    assert parse_order(text, ORDERS) == pytest.approx(expected, rel=1e-12)
    assert re.fullmatch(r"\w+", slug(text))


def test_ready_plans():
    assert "bearing" in plan_names()
    for name in plan_names():
        contract = load_plan(name).contract()
        assert device_plan(contract).n_features == len(contract.names)
        assert all(re.fullmatch(r"\w+", n) for n in contract.names)
    ready = load_plan("bearing")
    assert 30 <= len(ready.features) <= 36
    assert (ready.fs_hz, ready.window_len) == (12000.0, 4096)


def test_plans_from_files_and_their_mistakes(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('channel = "DE"\nfeatures = [{name = "rms"}]\n')
    with pytest.raises(FormatError, match=r"mine\.toml.*unit"):
        load_plan(path)
    with pytest.raises(FormatError, match="no such file"):
        load_plan(tmp_path / "none.toml")
    with pytest.raises(FormatError, match="did you mean 'bearing'"):
        load_plan("bearings")


def test_python_makes_the_same_plan_as_a_file():
    raw = msgspec.to_builtins(plan())
    assert msgspec.convert(raw, FeaturePlan).contract().id == plan().contract().id
