"""Plans and signals at random, of all that a plan may hold."""

import msgspec
import numpy as np

from ecmkit import features
from ecmkit._core import feat
from ecmkit.features import Feature
from ecmkit.features.blocks import BLOCKS
from ecmkit.formats import DenseLayer, EncodeStep, ProjectStep

__all__ = ["random_plan", "random_signal"]

_LENGTHS = (64, 101, 128, 240, 480, 512, 1024, 1920, 2048, 4096)


def random_plan(seed):
    """Return a plan; the seed says all of it."""
    rng = np.random.default_rng(seed)
    while True:
        try:
            plan = _plan(rng)
        except ValueError:
            continue  # what was drawn does not fit together
        if rng.random() < 0.2:
            offset, factor = rng.standard_normal((2, len(plan.rows))).tolist()
            scaler = features.Scaler(
                kind="linear", offset=tuple(offset), factor=tuple(factor)
            )
            plan = msgspec.structs.replace(plan, scaler=scaler)
        if len(plan.all_channels) == 1 and rng.random() < 0.5:
            plan = _with_blocks(plan, rng)
        return plan


def _with_blocks(plan, rng):
    """Add a projection and an encoder of one layer."""
    n, components, latents = len(plan.rows), *rng.integers(1, 9, 2).tolist()
    layer = DenseLayer(
        weights=tuple(map(tuple, rng.integers(-128, 128, (latents, n)).tolist())),
        bias=tuple(rng.integers(-1000, 1000, latents).tolist()),
        multiplier=tuple(rng.integers(2**30, 2**31, latents).tolist()),
        shift=tuple(rng.integers(-12, -6, latents).tolist()),
        input_zero=int(rng.integers(-128, 128)),
        output_zero=int(rng.integers(-128, 128)),
        output_min=-128,
        output_max=127,
    )
    weights = rng.standard_normal((components, n))
    return msgspec.structs.replace(
        plan,
        project=ProjectStep(
            mean=tuple(rng.standard_normal(n).tolist()),
            components=tuple(map(tuple, weights.tolist())),
        ),
        encode=EncodeStep(layers=(layer,), input_scale=0.05, output_scale=0.1),
    )


def random_signal(seed, n):
    """Return samples of many kinds, one behind the other, and those that are a gap."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(n) * 10.0 ** rng.integers(-3, 4) + rng.normal()
    for _ in range(rng.integers(1, 6)):
        at = rng.integers(n)
        part = slice(at, at + rng.integers(1, n))
        kind = rng.integers(7)
        if kind == 0:
            x[part] = 0.0
        elif kind == 1:
            x[part] = rng.normal()
        elif kind == 2:
            x[part] *= 10.0 ** rng.integers(-44, 20)
        elif kind == 3:
            x[part][:: rng.integers(1, 300)] += 50.0
        elif kind == 4:
            x[part] = np.sin(rng.uniform(0, 3) * np.arange(len(x[part])))
        elif kind == 5:
            x[part] = np.sign(x[part])
        else:
            x[part][rng.integers(len(x[part]))] = rng.choice([np.nan, np.inf, -np.inf])
    return x.astype(np.float32)


def _plan(rng):
    n = int(rng.choice(_LENGTHS))
    fs_hz = float(rng.choice([1000.0, 8000.0, 12000.0, 25600.0]))
    lo_hz = float(rng.uniform(5, 60))
    enveloped = rng.random() < 0.5
    analytic = bool(rng.random() < 0.8)
    hop = n // 2 if enveloped and analytic else int(rng.integers(1, n + 1))
    channels = ("a", "b", "c")[: rng.integers(1, 4)]
    specs, kept = [], rng.random()
    for entry in feat.table():
        share = kept if entry[3] != "envelope" else 0.6 * enveloped
        if rng.random() < share and entry[3] not in BLOCKS:
            specs.append(_feature(rng, entry, fs_hz, n, analytic, channels))
    rng.shuffle(specs)
    del specs[rng.integers(1, len(specs) + 1) :]
    of_lines = any("line" in spec.name or "peak" in spec.name for spec in specs)
    taper = "hann" if of_lines else str(rng.choice(["hann", "flat_top", "none"]))
    mels = rng.integers(2, 20)
    low, high = sorted(rng.uniform(0.02, 0.49, 2) * fs_hz)
    filters = ()
    if rng.random() < 0.2:
        filters = (features.PlanFilter(passes="bandpass", cutoffs_hz=(low, high)),)
    return features.FeaturePlan(
        channels=channels,
        unit="g",
        fs_hz=fs_hz,
        range=16.0,
        window_len=n,
        hop_len=hop,
        detrend=str(rng.choice(["mean", "line", "none"])),
        taper=taper,
        welch=int(rng.choice([1, 1, 1, 2, 5])),
        filters=filters,
        speed_hz=(lo_hz, lo_hz * float(rng.uniform(1, 1.4))),
        lines=features.PlanLines(halfwidth=float(rng.uniform(0, 0.1))),
        mel=features.PlanMel(
            n_mels=16 if any(s.name == "mfcc" for s in specs) else int(mels)
        ),
        tracking=features.PlanTracking(
            turns=int(rng.choice([4, 5, 8, 20])), halfwidth=float(rng.uniform(0, 0.1))
        ),
        envelope=features.PlanEnvelope(
            band_hz=tuple(np.sort(rng.uniform(0.0, 0.5, 2)) * fs_hz),
            detector="analytic" if analytic else "rectified",
            form=str(rng.choice(["magnitude", "squared", "log"])),
            whiten=bool(rng.integers(2)) and analytic,
            halfwidth=float(rng.uniform(0, 0.05)),
        ),
        features=tuple(specs),
    )


def _feature(rng, entry, fs_hz, n, analytic, channels):
    """Fill the fields of a feature."""
    drawn = {
        "lag": lambda: int(rng.integers(1, n // 2)),
        "bins": lambda: int(rng.integers(2, 64)),
        "n": lambda: int(rng.integers(2, 5)),
        "rank": lambda: int(rng.integers(1, 4)),
        "pole_pairs": lambda: int(rng.integers(1, 4)),
        "band": lambda: 0,
        "coefficient": lambda: int(rng.integers(0, 13)),
        "share": lambda: float(rng.uniform(0.01, 0.99)),
        "order": lambda: float(rng.uniform(0.4, 8)),
        "spacing": lambda: float(rng.uniform(0.3, 2)),
        "f_hz": lambda: float(rng.uniform(0.01, 0.1) * fs_hz),
        "carrier_hz": lambda: float(rng.uniform(0.2, 0.3) * fs_hz),
        "spacing_hz": lambda: float(rng.uniform(0.01, 0.05) * fs_hz),
        "supply_hz": lambda: 50.0,
    }
    pairs = {
        "lo_hz": ("hi_hz", 0.0, 0.5 * fs_hz),
        "lo": ("hi", 0.01, 0.99),
        "lo_s": ("hi_s", 2 / fs_hz, n / 2 / fs_hz),
    }
    fields = {}
    for field in entry[4:7]:
        if field in drawn:
            fields[field] = drawn[field]()
        elif field in pairs:
            other, least, most = pairs[field]
            fields[field], fields[other] = map(
                float, np.sort(rng.uniform(least, most, 2))
            )
    if len(channels) > 1 and rng.random() < 0.2:
        fields["channel"] = str(rng.choice(channels))
    return Feature(name=entry[1], **fields)
