"""Plans: what a file says is what the device gets; mistakes are named."""

import re

import msgspec
import numpy as np
import pytest

from ecmkit._core import feat
from ecmkit.data import BearingGeometry
from ecmkit.errors import FormatError
from ecmkit.features import (
    Feature,
    FeaturePlan,
    device_plan,
    device_plans,
    load_plan,
    plan_names,
    steps_of,
    warm_len,
)
from ecmkit.features.blocks import BLOCKS
from ecmkit.features.orders import parse_order, slug
from ecmkit.formats import convert

ORDERS = msgspec.structs.asdict(BearingGeometry().orders)
ID = {entry[1]: entry[0] for entry in feat.table()}
PLAN = {
    "channel": "DE",
    "unit": "g",
    "fs_hz": 12000.0,
    "range": 16.0,
    "window_len": 1024,
    "hop_len": 512,
    "speed_hz": [25.0, 35.0],
    "envelope": {"band_hz": [2000.0, 5000.0]},
    "bearing": {},
    "features": [
        {"name": "env_order", "order": "2*BPFO"},
        {"name": "band_fraction", "lo_hz": 1000.0, "hi_hz": 2000.0},
        "rms",
        {"name": "env_order", "order": 0.5},
    ],
}


def plan(**changes):
    raw = {k: v for k, v in {**PLAN, **changes}.items() if v is not None}
    return convert(raw, FeaturePlan, where="plan.toml")


def names_of(*features, **changes):
    return plan(features=list(features), **changes).contract().names


# ---- rows -------------------------------------------------------------------------


def test_rows_leave_in_the_order_of_steps():
    contract = plan().contract()
    assert contract.names == ("rms", "band_fraction_1000_2000", "env_2xBPFO", "env_0p5")
    assert contract.units == ("g", "1", "1", "1")
    ids = ["rms", "band_fraction", "env_order", "env_order"]
    assert [row[:3] for row in contract.features] == [(0, ID[name], 0) for name in ids]
    assert contract.features[1][3:] == (1000.0, 2000.0)
    assert contract.features[2][3] == np.float32(2 * ORDERS["BPFO"])
    assert contract.needs_speed
    assert contract.speed_hz == (25.0, 35.0)
    assert contract.channels == ("DE",)


def test_without_orders_no_speed_is_needed():
    contract = plan(features=["rms"], envelope=None, speed_hz=None).contract()
    assert not contract.needs_speed
    assert contract.envelope is None
    assert contract.id == plan(features=[{"name": "rms"}]).contract().id


def test_every_feature_of_the_table_can_be_planned():
    values = {
        "lo_hz": 10.0, "hi_hz": 20.0, "order": "BPFI", "spacing": "shaft",
        "share": 0.5, "lo": 0.25, "hi": 0.75, "lag": 3, "bins": 16, "n": 2,
        "rank": 1, "f_hz": 500.0, "carrier_hz": 1000.0, "spacing_hz": 100.0,
        "supply_hz": 100.0, "pole_pairs": 2, "band": 3, "lo_s": 0.01, "hi_s": 0.02,
        "coefficient": 4,
    }  # fmt: skip
    features = [
        {"name": entry[1], **{p: values[p] for p in entry[4:7] if p}}
        for entry in feat.table()
        if entry[3] not in BLOCKS
    ]
    changes = {"window_len": 2048, "hop_len": 1024, "mel": {"n_mels": 16}}
    contract = plan(features=features, **changes).contract()
    assert len(contract.features) == len(features) == len(feat.table()) - len(BLOCKS)
    assert device_plan(contract).n_features == len(features)


def test_short_forms():
    assert names_of(
        {"name": "band_rms", "bands_hz": [[0, 1000], [1000, 2000.5]]},
        {"name": "quantile", "shares": [0.05, 0.95]},
        {"name": "autocorrelation", "lags": [1, 5]},
        {"name": "env_order", "orders": ["BPFO", "2*BSF", 3.5], "harmonics": 2},
        {"name": "env_sidebands", "orders": ["BPFI"], "spacing": "shaft", "n": 3},
        {"name": "peak_hz", "ranks": [1, 2]},
        {"name": "line", "frequencies_hz": [50.0, 62.5]},
        {"name": "tracked_line", "order": "BPFO", "harmonics": 2},
        {"name": "mfcc", "coefficients": [1, 2]},
        mel={"n_mels": 16},
    ) == (
        "tracked_line_BPFO", "tracked_line_2xBPFO",
        "quantile_0p05", "quantile_0p95", "autocorrelation_1", "autocorrelation_5",
        "band_rms_0_1000", "band_rms_1000_2000p5", "peak_hz_1", "peak_hz_2",
        "line_50", "line_62p5", "mfcc_1", "mfcc_2", "env_BPFO", "env_2xBPFO",
        "env_2xBSF", "env_4xBSF", "env_3p5", "env_7", "env_sidebands_BPFI_shaft_3",
    )  # fmt: skip


def test_sixty_features_fit_on_a_screen():
    contract = plan(
        features=[
            *("rms", "peak", "kurtosis", "crest", "spectral_flatness", "velocity_rms"),
            {
                "name": "band_rms",
                "bands_hz": [[f, f + 250] for f in range(0, 6000, 250)],
            },
            {
                "name": "env_order",
                "orders": ["FTF", "shaft", "BPFO", "BPFI", "BSF", "7*shaft"],
                "harmonics": 5,
            },
        ]
    ).contract()
    assert len(contract.names) == 60


def test_names_of_orders_may_be_added():
    mesh = {"name": "env_order", "order": "mesh - shaft"}
    contract = plan(features=[mesh], orders={"mesh": 7.0}).contract()
    assert contract.features[0][3] == 6.0
    assert contract.names == ("env_mesh_minus_shaft",)


def test_the_contract_does_not_depend_on_how_an_order_is_written():
    features = [{"name": "env_order", "order": "BPFO + BPFO"}]
    others = [{"name": "env_order", "order": "2*BPFO"}]
    a, b = plan(features=features).contract(), plan(features=others).contract()
    assert a.features == b.features


def test_units():
    contract = plan(features=["variance", "centroid", "velocity_rms"]).contract()
    assert dict(zip(contract.names, contract.units, strict=True)) == {
        "variance": "g^2", "centroid": "Hz", "velocity_rms": "mm/s",
    }  # fmt: skip
    line = [{"name": "env_line", "order": 1.0}]
    for form, whiten, unit in [
        ("magnitude", False, "g"), ("squared", False, "g^2"), ("log", False, "1"),
        ("magnitude", True, "1"),
    ]:  # fmt: skip
        table = {"band_hz": [2000.0, 5000.0], "form": form, "whiten": whiten}
        assert plan(features=line, envelope=table).contract().units == (unit,)


def test_columns_are_kept_by_name():
    kept = plan(columns=["env_*"]).contract()
    assert kept.names == ("env_2xBPFO", "env_0p5")
    assert [step.name for step in steps_of(kept)] == ["mean", "transform", "envelope"]


# ---- steps ------------------------------------------------------------------------


def steps(**changes):
    return [step.name for step in steps_of(plan(**changes).contract())]


def test_settings_bring_steps():
    bands = {"features": [{"name": "band_rms", "lo_hz": 0.0, "hi_hz": 900.0}]}
    assert steps(**bands) == ["mean", "transform", "power", "bands"]
    assert steps(**bands, taper="none") == ["mean", "transform", "taper", "bands"]
    assert steps(**bands, welch=2)[-2:] == ["welch", "bands"]
    assert steps(**bands, detrend="line")[0] == "detrend"
    assert steps(**bands, detrend="none") == ["transform", "power", "bands"]
    high = [{"passes": "highpass", "cutoffs_hz": [100.0]}]
    assert steps(**bands, filters=high)[0] == "filter"
    rectified = {"band_hz": [2000.0, 5000.0], "detector": "rectified"}
    env = {"features": [{"name": "env_order", "order": "BPFO"}, "rms"]}
    assert steps(**env, envelope=rectified) == ["rectified", "time"]
    scaler = {"kind": "linear", "offset": [0.0], "factor": [2.0]}
    scaled = plan(features=["rms"], scaler=scaler)
    assert [s.name for s in steps_of(scaled.contract())] == ["time", "scale"]
    assert scaled.contract().units == ("1",)


def test_span():
    """20 turns at 25 Hz are 0.8 s, and the history starts behind a window."""
    assert plan(features=["rms"]).span_len == 1024
    assert plan(features=["centroid"], welch=5).span_len == 1024 + 4 * 512
    one = plan(features=[{"name": "env_order", "order": 1.0}])
    assert 0.8 < one.span_len / 12000 < 1.1
    assert one.span_len == 1024 + warm_len(one.contract()) * 512
    velocity = plan(features=["velocity_rms"])
    assert 1.0 < velocity.span_len / 12000 < 1.8
    high = [{"passes": "highpass", "cutoffs_hz": [100.0]}]
    assert 0.01 < plan(features=["rms"], filters=high).span_len / 12000 - 0.1 < 0.2


def test_several_channels():
    both = plan(
        channel=None,
        channels=["DE", "FE"],
        features=["rms", {"name": "kurtosis", "channel": "FE"}],
    )
    contract = both.contract()
    assert contract.names == ("DE_rms", "FE_rms", "FE_kurtosis")
    assert [row[0] for row in contract.features] == [0, 1, 1]
    assert [p.n_features for p in device_plans(contract)] == [1, 2]
    only = plan(channel=None, channels=["DE", "FE"], features=["rms"], columns=["DE_*"])
    assert only.contract().names == ("DE_rms",)
    assert [p.n_features for p in device_plans(only.contract())] == [1, 0]
    assert steps_of(only.contract(), 1) == ()


# ---- mistakes ---------------------------------------------------------------------


def rms(**more):
    return {"features": [{"name": "rms", **more}]}


def band(lo, hi):
    return {"features": [{"name": "band_rms", "lo_hz": lo, "hi_hz": hi}]}


def env(order, **more):
    return {"features": [{"name": "env_order", "order": order}], **more}


def envelope(**more):
    return {"envelope": {"band_hz": [2000.0, 5000.0], **more}}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"features": [{"name": "kurtosys"}]}, ["kurtosys", "did you mean 'kurtosis'"]),
        ({"features": ["kurtosys"]}, ["features[0].name", "did you mean 'kurtosis'"]),
        ({"features": []}, ["features", "nothing"]),
        ({"features": ["rms", "rms"]}, ["rms twice"]),
        (rms(order=1.0), ["features[0].order", "no such field in rms"]),
        (rms(harmonics=2), ["features[0].harmonics", "no such field in rms"]),
        (rms(lo_Hz=1.0), ["lo_Hz", "did you mean `lo_hz`"]),
        (rms(channel="FE"), ["features[0].channel", "'FE'", "DE"]),
        (band(1000.0, 6001.0), ["features[0]", "6001", "6000 Hz (Nyquist)"]),
        (band(2000.0, 1000.0), ["rising band"]),
        (band(1000.0, None), ["features[0].hi_hz", "nothing", "hi_hz or bands_hz"]),
        (
            {"features": [{"name": "band_rms", "lo_hz": 1.0, "bands_hz": [[0, 9]]}]},
            ["features[0].lo_hz", "both"],
        ),
        ({"features": [{"name": "band_rms", "bands_hz": []}]}, ["bands_hz", "one or"]),
        (
            {"features": [{"name": "quantile", "share": 1.5}]},
            ["features[0].share", "1.5", "0 ... 1"],
        ),
        (
            {"features": [{"name": "autocorrelation", "lag": 1024}]},
            ["features[0].lag", "1024", "1 ... 1023"],
        ),
        (
            {"features": [{"name": "quantile_range", "lo": 0.8, "hi": 0.2}]},
            ["features[0]", "0.8 ... 0.2", "rising"],
        ),
        (env("BPFO", bearing=None), ["BPFO", "without [bearing]"]),
        (env("BPFO", envelope=None), ["envelope", "env_BPFO"]),
        (env("BPFO", speed_hz=None), ["speed_hz", "env_BPFO"]),
        (env("BFPO"), ["'BFPO'", "did you mean BPFO"]),
        (env("BPFO - BPFI"), ["-1.83", "above 0"]),
        (env(-1.0), ["order"]),
        (
            {"features": [{"name": "env_order", "order": "BPFI-FTF", "harmonics": 2}]},
            ["features[0].harmonics", "no sum"],
        ),
        ({"speed_hz": [35.0, 25.0]}, ["speed_hz", "rising"]),
        (envelope(band_hz=[5000.0, 2000.0]), ["envelope.band_hz", "rising"]),
        (envelope(band_hz=[2000.0, 7000.0]), ["envelope.band_hz", "7000"]),
        (envelope(band_hz=[2000.0, 2000.1]), ["envelope.band_hz", "8 bins"]),
        (envelope(turns=10.0), ["envelope.turns", "10", "20 or more", "cage"]),
        (envelope(halfwidth=1.0), ["envelope.halfwidth", "1.0"]),
        (envelope(top_hz=100.0), ["envelope.top_hz", "100 Hz", "250.9"]),
        (
            envelope(form="lgo"),
            ["envelope.form", "'lgo'", "log, magnitude, squared", "mean 'log'?"],
        ),
        (envelope(forme="log"), ["forme", "did you mean `form`"]),
        ({"hop_len": 300}, ["hop_len", "300", "512", "analytic"]),
        (env(60.0), ["envelope.top_hz", "1500"]),
        ({"window_len": 1000}, ["window_len", "1000", "2^a 3^b 5^c"]),
        ({"window_len": 32768}, ["window_len", "32768", "16384"]),
        ({"window_len": 32}, ["window_len", "32"]),
        ({"hop_len": 0}, ["hop_len", "0", "1 ... 1024"]),
        ({"hop_len": 1025}, ["hop_len", "1025"]),
        ({"fs_hz": 0.0}, ["fs_hz", "above 0"]),
        ({"fs_hz": "12k"}, ["fs_hz: found '12k', expected a number"]),
        ({"range": -1.0}, ["range"]),
        ({"unit": ""}, ["unit"]),
        ({"unit": None}, ["unit: found nothing, expected text"]),
        ({"version": 2}, ["version", "2"]),
        ({"welch": 0}, ["welch", "0"]),
        ({"taper": "han"}, ["taper: found 'han', expected one of", "mean 'hann'"]),
        ({"profile": "q31"}, ["profile", "q31"]),
        ({"detrend": "line", "features": ["mean"]}, ["detrend", "line", "mean"]),
        ({"columns": ["nix"]}, ["columns", "'nix'", "rms"]),
        ({"filters": [{"passes": "highpass", "cutoffs_hz": [7000.0]}]},
         ["filters[0].cutoffs_hz", "7000", "6000"]),
        ({"features": ["velocity_rms"], "unit": "V"},
         ["unit: found 'V', expected g, m/s^2, mm/s^2, since"]),
        ({"unit": "gg"}, ["unit: found 'gg', expected 'g'"]),
        (
            {"features": ["velocity_rms"], "velocity": {"span_s": 0.1}},
            ["velocity", "span_s", "0.1", "at least 1 s"],
        ),
        ({"scaler": {"kind": "zscore", "offset": [0.0], "factor": [1.0]}},
         ["scaler.offset", "1 numbers", "4"]),
        ({"orders": {"m3": 2.0}}, ["orders", "'m3'", "letters"]),
        ({"orders": {"mesh": -2.0}}, ["orders.mesh", "-2"]),
        ({"channels": ["DE"]}, ["channel", "both"]),
        ({"channel": None}, ["channel", "neither"]),
        ({"channel": None, "channels": ["a", "a"]}, ["channels", "a twice"]),
        ({"bearing": {"ball_diameter": 90.0}}, ["ball_diameter", "90"]),
        ({"chanel": "DE"}, ["chanel", "did you mean `channel`"]),
        (
            {
                "features": [{"name": "env_share", "orders": [1, 2], "n": 2}],
                "columns": ["env_share_1_2"],
            },
            ["columns", "1 of 2 env_share", "all or none"],
        ),
        (
            {
                "features": ["env_kurtosis"],
                "envelope": {"band_hz": [2000.0, 5000.0], "detector": "rectified"},
            },
            ["envelope.detector", "rectified", "analytic", "env_kurtosis"],
        ),
    ],
)  # fmt: skip
def test_mistakes(changes, words):
    with pytest.raises(FormatError) as caught:
        plan(**changes)
    for word in ("plan.toml", *words):
        assert word in str(caught.value)


# ---- orders -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("BPFO", ORDERS["BPFO"]),
        ("2*BPFO", 2 * ORDERS["BPFO"]),
        (" 2 * BSF - FTF ", 2 * ORDERS["BSF"] - ORDERS["FTF"]),
        ("BPFI + 2*shaft", ORDERS["BPFI"] + 2),
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
    names = {**ORDERS, "shaft": 1.0}
    text = "100"
    for _ in range(5):
        name = rng.choice(list(names))
        text += f" {rng.choice(['+', '-'])} {rng.integers(1, 9)}*{name}"
    expected = eval(text, {"__builtins__": {}}, names)
    assert parse_order(text, ORDERS) == pytest.approx(expected, rel=1e-12)
    assert re.fullmatch(r"\w+", slug(text))


# ---- files ------------------------------------------------------------------------


def test_ready_plans():
    assert "bearing" in plan_names()
    for name in plan_names():
        contract = load_plan(name).contract()
        assert device_plan(contract).n_features == len(contract.names)
        assert all(re.fullmatch(r"\w+", n) for n in contract.names)


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
    made = FeaturePlan(
        channel="DE",
        unit="g",
        fs_hz=12000,
        range=16,
        window_len=1024,
        hop_len=512,
        features=("rms", Feature(name="band_rms", bands_hz=((0, 100),))),
    )
    assert made.contract().names == ("rms", "band_rms_0_100")
