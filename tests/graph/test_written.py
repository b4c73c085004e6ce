"""What the page on the compiler says is never written to ONNX and TFLite."""

import re
from pathlib import Path

import pytest

from ecmkit.graph.emit import EMITTERS
from ecmkit.graph.export.onnx_rules import RULES as ONNX
from ecmkit.graph.export.tflite_rules import RULES as TFLITE

PAGE = Path(__file__).parents[2] / "docs" / "model-compiler.md"
LATER = {"trees_loaded"}
"""Made within the compiler alone."""


@pytest.mark.parametrize(("name", "rules"), [("TFLite", TFLITE), ("ONNX", ONNX)])
def test_the_page_names_what_has_no_form(name, rules):
    row = re.search(rf"^\| {name} \| (`.*`) \|$", PAGE.read_text("utf-8"), re.M)
    assert row is not None
    assert set(re.findall(r"`(\w+)`", row[1])) == set(EMITTERS) - set(rules) - LATER
