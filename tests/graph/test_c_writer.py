import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecmkit.graph.c_writer import float_literal, write_c
from ecmkit.graph.program import Program, Scale
from tests.graph.conftest import compiled
from tests.graph.oracles import compile_strictly

FAMILIES = ("forest", "kmeans", "autoencoder")


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_float_literals_are_exact(value: float) -> None:
    text = float_literal(value)
    assert re.fullmatch(r"-?0x[01](\.[0-9a-f]+)?p[+-]\d+F", text)
    assert np.float32(float.fromhex(text[:-1])).tobytes() == np.float32(value).tobytes()


@pytest.mark.parametrize("family", FAMILIES)
def test_same_model_gives_the_same_text(trained, models, family: str) -> None:
    assert compiled(trained[family]).source == models[family].source


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("compiler", ["gcc", "zig"])
def test_compiles_without_warnings(models, family, compiler, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ziglang", "cc"] if compiler == "zig" else ["gcc"]
    if compiler == "gcc" and not shutil.which("gcc"):
        pytest.skip("gcc is not installed")
    assert compile_strictly(models[family].source, tmp_path, command) == ""


@pytest.mark.parametrize("family", FAMILIES)
def test_all_data_is_constant_and_one_name_is_public(models, family: str) -> None:
    source = models[family].source
    outside = re.sub(r"\{.*?\n\}", "", source, flags=re.DOTALL)
    assert re.findall(r"^static (?!const )", source, re.MULTILINE) == []
    assert models[family].symbol in outside
    for line in source.splitlines():
        if line and line[0].isalpha():
            assert line.startswith(("static const ", "ecm_status_t ecm_model_"))
        assert len(line) <= 88


def test_head_says_what_made_it(trained, models) -> None:
    import hashlib

    from ecmkit import __version__

    head = models["kmeans"].source.split("*/")[0]
    assert "ecm_model_distance.c" in head
    assert hashlib.sha256(trained["kmeans"].onnx).hexdigest() in head
    assert __version__ in head
    assert "nearest(v1, 5 centroids)" in head


def test_head_cannot_leave_its_comment() -> None:
    one = np.ones(2, np.float32)
    program = Program(
        input="features",
        output="v1",
        ops=(Scale(x="features", y="v1", mean=one, inv_sd=one),),
        widths={"features": 2, "v1": 2},
    )
    source = write_c(program, symbol="f", head=["*/ int evil; /*", "??/", "\\"]).source
    assert source.count("*/") == source.count("/*") == 1
    assert "??/" not in source
    assert "\\" not in source


def test_sizes_of_the_tables(models) -> None:
    forest = models["forest"].source
    nodes = int(re.search(r"ecm_tree_node_t op0_nodes\[(\d+)\]", forest)[1])
    floats = int(re.search(r"float op0_leaves\[(\d+)\]", forest)[1])
    assert models["forest"].flash_bytes == 8 * nodes + 4 * floats + 4 * 10
    assert models["forest"].work_len == 0
    assert models["kmeans"].flash_bytes == 4 * (12 + 12 + 5 * 12)
    assert models["kmeans"].work_len == 12
    # Two float vectors, and two turns of the widest int8 layer.
    assert models["autoencoder"].work_len == 12 + 12 + 2 * 16 // 4
