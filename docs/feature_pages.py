"""Write docs/features/: a page for each feature, from the tables of ecm_feat_table.h.

    python docs/feature_pages.py            # the pages
    python docs/feature_pages.py --costs    # first count their instructions anew
    python docs/feature_pages.py --costs rms "env_*"    # of these alone

A cost is that of a plan with this feature alone and what it needs, windows of 1024
samples, counted on an emulated Cortex-M4F.
"""

import sys
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import msgspec

from ecmkit import bench, features
from ecmkit._core import feat, feat_q15
from ecmkit.data import BearingGeometry
from ecmkit.formats import DenseLayer, EncodeStep, ProjectStep
from ecmkit.targets import load_target

OUT = Path(__file__).parent / "features"
COSTS = OUT / "costs.json"
TARGET = "mps2-an386"
# What a row needs besides its name, to be counted.
EXAMPLE: dict[str, Any] = {
    "lo_hz": 500.0, "hi_hz": 1500.0, "share": 0.9, "lo": 0.25, "hi": 0.75, "lag": 5,
    "bins": 16, "order": "BPFO", "spacing": 2.0, "n": 3, "f_hz": 1000.0,
    "carrier_hz": 1000.0, "spacing_hz": 50.0, "supply_hz": 50.0, "pole_pairs": 2,
    "halfwidth": 0.02, "band": 10, "coefficient": 2,
    "lo_s": 0.005, "hi_s": 0.03, "rank": 1,
}  # fmt: skip


# Blocks take features; these are of eight.
BASE = (
    "mean",
    "rms",
    "peak",
    "peak_to_peak",
    "mean_abs",
    "skewness",
    "kurtosis",
    "crest",
)
BLOCKS: dict[str, Any] = {
    "component": {
        "project": ProjectStep(mean=(0.0,) * 8, components=((0.5,) * 8,) * 4),
    },
    "latent": {
        "encode": EncodeStep(
            layers=tuple(
                DenseLayer(
                    weights=((1,) * before,) * count,
                    bias=(0,) * count,
                    multiplier=(2**30,) * count,
                    shift=(-6,) * count,
                    input_zero=0,
                    output_zero=0,
                    output_min=-128,
                    output_max=127,
                )
                for before, count in ((8, 16), (16, 4))
            ),
            input_scale=0.05,
            output_scale=0.05,
        ),
    },
}
SNIPPETS = {
    "component": (
        "# behind the features, from `fit_pca(table).step()`\n[project]\n"
        "mean = [0.42, 1.3]\ncomponents = [[0.7, 0.71], [0.71, -0.7]]"
    ),
    "latent": (
        "# behind the features, from `train.fit_encoder(table, seed=1)`\n[encode]\n"
        "input_scale = 0.05\noutput_scale = 0.05\n\n[[encode.layers]]\n"
        "weights = [[90, -7], [3, 121]]\nbias = [12, -40]\n"
        "multiplier = [1288490189, 1717986918]\nshift = [-7, -8]\n"
        "input_zero = 3\noutput_zero = -128\noutput_min = -128\noutput_max = 127"
    ),
}
"""How a plan asks for them: an example of two features."""


def entries() -> list[tuple[Any, ...]]:
    """Rows of the C table, by name."""
    return sorted(feat.table(), key=lambda entry: entry[1])


def example(name: str, fields: list[str]) -> features.FeaturePlan:
    """Make a plan of 1024 samples with one feature, or with a block of eight."""
    wanted: tuple[str | features.Feature, ...] = BASE
    if name not in BLOCKS:
        given = {field: EXAMPLE[field] for field in fields}
        wanted = (features.Feature(name=name, **given),)
    return features.FeaturePlan(
        channel="a",
        unit="g",
        fs_hz=12800.0,
        range=16.0,
        window_len=1024,
        hop_len=512,
        speed_hz=(25.0, 35.0),
        bearing=BearingGeometry(balls=9, ball_diameter=7.94, pitch_diameter=39.04),
        envelope=features.PlanEnvelope(band_hz=(2000.0, 5000.0)),
        mel=features.PlanMel(n_mels=48),
        features=wanted,
        **BLOCKS.get(name, {}),
    )


def count(patterns: list[str]) -> dict[str, dict[str, int]]:
    """Count the instructions of the steps that each feature needs, and keep others."""
    target = load_target(TARGET)
    found: dict[str, dict[str, int]] = {}
    if patterns:
        found = msgspec.json.decode(COSTS.read_bytes())
    for entry in entries():
        if patterns and not any(fnmatchcase(entry[1], p) for p in patterns):
            continue
        plan = example(entry[1], [field for field in entry[4:7] if field])
        cost = bench.plan_cost(plan.contract(), target, speed_hz=30.0)
        found[entry[1]] = dict(cost.steps)
        print(entry[1], cost.total, flush=True)
    return found


def profiles(number: int) -> list[str]:
    """Numeric profiles that have a feature."""
    return ["f32", "q15"] if number in feat_q15.table() else ["f32"]


def page(entry: tuple[Any, ...], cost: dict[str, int]) -> str:
    """Text of the page of a feature."""
    number, name, unit, step, n, a, b, text, formula, source = entry[:10]
    fields = [field for field in (n, a, b) if field]
    shown = "the unit of the samples" if unit == "u" else f"`{unit}`"
    if unit == "u^2":
        shown = "the unit of the samples, squared"
    rows = [
        ("unit", shown),
        ("formula", formula or text),
        ("parameters", ", ".join(f"`{field}`" for field in fields) or "none"),
        ("step", f"`{step}` of `csrc/ecm_feat_table.h`"),
        ("profiles", ", ".join(f"`{profile}`" for profile in profiles(number))),
        ("id", f"{number}; stored and sent, never reused"),
        ("source", source),
    ]
    costs = ", ".join(f"`{step}` {count:,}" for step, count in cost.items())
    extra = "".join(f", {field} = {EXAMPLE[field]!r}" for field in fields)
    asked = f'features = [{{ name = "{name}"{extra} }}]'.replace("'", '"')
    return "\n".join([
        f"# {name}",
        "",
        f"{text[0].upper()}{text[1:]}.",
        "",
        "| | |",
        "|---|---|",
        *(f"| {label} | {value} |" for label, value in rows),
        f"| cost | {sum(cost.values()):,} instructions: {costs} |",
        "",
        "The cost is *emulated*: a window of 1024 samples on a Cortex-M4F, "
        + (
            "four outputs of eight features."
            if name in BLOCKS
            else "this feature alone and the steps that it needs, which further "
            "features share."
        ),
        "",
        "```toml",
        SNIPPETS.get(name, asked),
        "```",
        "",
    ])  # fmt: skip


def index(costs: dict[str, dict[str, int]]) -> str:
    """Text of the list of all features."""
    lines = [
        "# Features",
        "",
        "Every feature that a plan may ask for, from the table in "
        "`csrc/ecm_feat_table.h`. [How to choose them](../howto-choose-features.md). "
        "The unit `u` is that of the samples. Features with q15 are there for cores "
        'without a floating-point unit too (`profile = "q15"`). The cost is '
        "*emulated*: instructions of a window of 1024 samples on a Cortex-M4F for the "
        "feature alone and the steps that it needs.",
        "",
        "| feature | unit | what | profiles | cost |",
        "|---|---|---|---|---:|",
    ]
    for entry in entries():
        number, name, unit, text = entry[0], entry[1], entry[2], entry[7]
        has = ", ".join(profiles(number))
        cost = f"{sum(costs[name].values()):,}"
        lines.append(f"| [{name}]({name}.md) | {unit} | {text} | {has} | {cost} |")
    return "\n".join([*lines, ""])


def pages(costs: dict[str, dict[str, int]]) -> dict[str, str]:
    """Name and text of every page."""
    made = {f"{entry[1]}.md": page(entry, costs[entry[1]]) for entry in entries()}
    return {"README.md": index(costs), **made}


def main() -> None:
    """Write the pages, and the costs if they are asked for."""
    OUT.mkdir(exist_ok=True)
    if sys.argv[1:2] == ["--costs"]:
        found = msgspec.json.encode(count(sys.argv[2:]))
        COSTS.write_bytes(msgspec.json.format(found, indent=1))
    made = pages(msgspec.json.decode(COSTS.read_bytes()))
    for old in OUT.glob("*.md"):
        if old.name not in made:
            old.unlink()
    for name, text in made.items():
        (OUT / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
