import shutil
import sys
from dataclasses import replace

import numpy as np
import pytest
from onnx import helper

from ecmkit.errors import BuildError, MissingError
from ecmkit.graph import GraphOnHost, compile_graph, import_onnx
from ecmkit.graph import host as module
from tests.graph.test_import import model
from tests.synthetic import table


def test_gcc_and_zig_give_the_same_bits(models) -> None:
    zig = [sys.executable, "-m", "ziglang", "cc"]
    x = table(n=200, seed=8).x
    for made in models.values():
        a = made.predict(x)
        b = GraphOnHost(made, compiler=zig).predict(x)
        assert a.tobytes() == b.tobytes()


def test_rows_do_not_depend_on_each_other(models) -> None:
    x = table(n=50, seed=8).x
    for made in models.values():
        together = made.predict(x)
        alone = np.concatenate([made.predict(row[None]) for row in x])
        assert together.tobytes() == alone.tobytes()
        assert together.shape == (50, len(made.outputs))


def test_no_rows_give_no_outputs(models) -> None:
    found = models["kmeans"].predict(np.empty((0, 12), np.float32))
    assert found.shape == (0, 1)


@pytest.mark.parametrize("shape", [(12,), (3, 11), (3, 12, 1)])
def test_other_shapes_are_refused(models, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"shape .* expected \(n, 12\)"):
        models["kmeans"].predict(np.zeros(shape))


def test_source_that_does_not_compile_carries_the_compilers_words(models) -> None:
    broken = replace(models["kmeans"], source="int f(void) { return ghost; }\n")
    with pytest.raises(BuildError, match="ghost"):
        broken.predict(np.zeros((1, 12)))


def test_machine_without_compiler_says_what_to_install(monkeypatch) -> None:
    monkeypatch.setattr(module.shutil, "which", lambda name: None)
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingError, match="install"):
        module.host_compiler()


def test_sources_follow_the_includes() -> None:
    names = [path.stem for path in module.sources_of(("kmeans",))]
    assert names == sorted(names)
    assert {"ecm_kmeans", "ecm_math"} <= set(names)
    assert "ecm_tree" not in names


def test_twins_take_the_place_of_portable_files_and_bring_their_own() -> None:
    plain = module.sources_of(("nn_dense", "fft"))
    fast = module.sources_of(("nn_dense", "fft"), twins=("mve", "dsp"))
    names = {path.name for path in fast}
    assert {"ecm_nn_dense_mve.c", "ecm_fft_mve.c"} <= names
    assert not {"ecm_nn_dense.c", "ecm_fft.c"} & names
    assert len(fast) == len(plain)
    slower = module.sources_of(("nn_dense",), twins=("dsp",))
    assert "ecm_nn_dense_dsp.c" in {path.name for path in slower}


def test_a_twin_that_joins_is_found_by_its_suffix_alone(tmp_path, monkeypatch) -> None:
    """Vectors of RISC-V, say: a file and the target's suffix, nothing else."""
    csrc = shutil.copytree(module.csrc_dir(), tmp_path / "csrc")
    (csrc / "port" / "ecm_nn_dense_rvv.c").write_text('#include "ecm_nn_dense.h"\n')
    monkeypatch.setattr(module, "csrc_dir", lambda: csrc)
    (found,) = [
        path
        for path in module.sources_of(("nn_dense",), twins=("rvv",))
        if path.name.startswith("ecm_nn_dense")
    ]
    assert found.name == "ecm_nn_dense_rvv.c"


def test_many_inputs_and_results_run_row_by_row() -> None:
    nodes = [
        helper.make_node("Add", ["a", "b"], ["sum"]),
        helper.make_node("ReduceMax", ["sum"], ["most"], keepdims=1),
    ]
    data = model(nodes, {"a": (1, 3), "b": (1, 3)}, ["sum", "most"])
    host = GraphOnHost(compile_graph(import_onnx(data), name="m"), flags=("-O1",))
    a, b = np.random.default_rng(0).standard_normal((2, 5, 3)).astype(np.float32)
    total, most = host.run_rows(a, b)
    np.testing.assert_array_equal(total[:, 0], a + b)
    np.testing.assert_array_equal(most.reshape(-1), (a + b).max(axis=1))
    with pytest.raises(ValueError, match="2 inputs, expected 1"):
        host.predict(a)
    with pytest.raises(ValueError, match="1 inputs, expected 2"):
        host.run_rows(a)
    with pytest.raises(ValueError, match=r"'b' has shape \(4, 3\), expected \(n, 3\)"):
        host.run_rows(a, b[:4])
