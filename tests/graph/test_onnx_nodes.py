"""Every node test of ONNX whose operators are claimed passes through the C."""

import tomllib

import pytest

from ecmkit.errors import FormatError
from tests.graph import onnx_nodes

PARTS = 16


def skipped() -> set[str]:
    table = tomllib.loads(onnx_nodes.SKIPPED.read_text())
    return {name for names in table.values() for name in names}


@pytest.mark.parametrize("part", range(PARTS))
def test_claimed_nodes_pass(part: int, tmp_path) -> None:
    names = sorted(set(onnx_nodes.tests()) - skipped())[part::PARTS]
    wrong = onnx_nodes.run([onnx_nodes.compiled(name) for name in names], tmp_path)
    assert wrong == {}


def test_more_are_claimed_than_onnx2c_passes() -> None:
    assert len(set(onnx_nodes.tests()) - skipped()) >= 1200


def test_what_is_skipped_is_refused_with_its_reason() -> None:
    table = tomllib.loads(onnx_nodes.SKIPPED.read_text())
    for why, names in table.items():
        with pytest.raises(FormatError) as caught:
            onnx_nodes.compiled(names[0])
        assert onnx_nodes.reason(caught.value) == why, names[0]
