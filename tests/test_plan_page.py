"""The page of a plan's fields is that of the records that read it."""

import re
from pathlib import Path
from types import ModuleType

import msgspec

from ecmkit.features import FeaturePlan, load_plan
from tests.scripts import ROOT, load_script

PAGE = ROOT / "docs" / "feature-plan.md"


def script() -> ModuleType:
    return load_script("docs/plan_page.py")


def test_the_page_is_drawn_from_the_records() -> None:
    assert PAGE.read_text("utf-8") == script().page(), "run docs/plan_page.py"


def test_every_table_of_a_plan_has_a_section_and_every_field_a_text() -> None:
    module = script()
    records = {kind for _, kind, _ in module.SECTIONS}
    for _, kind, _ in module.SECTIONS:
        texts = module.documents(kind)
        assert set(texts) == {field.name for field in msgspec.structs.fields(kind)}
    named = set(re.findall(r"\b(?:Plan\w+|Scaler|\w+Geometry|Feature|ProjectStep|Encode"
                           r"Step)\b", str(FeaturePlan.__annotations__)))  # fmt: skip
    assert len(named) > 10
    assert named == {kind.__name__ for kind in records - {FeaturePlan}}


def test_its_plan_is_one(tmp_path: Path) -> None:
    text = re.findall(r"```toml\n(.*?)```", PAGE.read_text("utf-8"), re.S)[0]
    path = tmp_path / "plan.toml"
    path.write_text(text)
    assert load_plan(path).rows[0].name == "rms"
