"""The pages of features are those that the tables in C give."""

from types import ModuleType

import msgspec

from ecmkit.features import FeaturePlan
from tests.scripts import ROOT, load_script

OUT = ROOT / "docs" / "features"


def script() -> ModuleType:
    return load_script("docs/feature_pages.py")


def test_every_feature_has_its_page_and_no_other() -> None:
    made = script().pages(msgspec.json.decode((OUT / "costs.json").read_bytes()))
    assert {path.name for path in OUT.glob("*.md")} == set(made)
    for name, text in made.items():
        assert (OUT / name).read_text("utf-8") == text, (
            f"{name}: run docs/feature_pages.py"
        )


def test_every_example_is_a_plan() -> None:
    module = script()
    for entry in module.entries():
        plan = module.example(entry[1], [field for field in entry[4:7] if field])
        blocks = entry[1] in module.BLOCKS
        assert len(plan.rows) == (len(module.BASE) + 4 if blocks else 1)


def test_the_tables_of_blocks_are_what_a_plan_takes() -> None:
    module = script()
    head = (
        'channel = "a"\nunit = "g"\nfs_hz = 1000.0\nrange = 1.0\nwindow_len = 64\n'
        'hop_len = 64\nfeatures = ["rms", "peak"]\n'
    )
    for text in module.SNIPPETS.values():
        plan = msgspec.toml.decode((head + text).encode(), type=FeaturePlan)
        assert len(plan.rows) == 4
