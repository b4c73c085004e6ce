import sys
from dataclasses import replace

import numpy as np
import pytest

from ecmkit.errors import BuildError, MissingError
from ecmkit.graph import CompiledOnHost
from ecmkit.graph import host as module
from tests.synthetic import table


def test_gcc_and_zig_give_the_same_bits(models, hosts) -> None:
    zig = [sys.executable, "-m", "ziglang", "cc"]
    x = table(n=200, seed=8).x
    for name, model in models.items():
        a = hosts[name].predict(x)
        b = CompiledOnHost(model, compiler=zig).predict(x)
        assert a.tobytes() == b.tobytes()


def test_rows_do_not_depend_on_each_other(models, hosts) -> None:
    x = table(n=50, seed=8).x
    for name, model in models.items():
        host = hosts[name]
        together = host.predict(x)
        alone = np.concatenate([host.predict(row[None]) for row in x])
        assert together.tobytes() == alone.tobytes()
        assert together.shape == (50, len(model.outputs))


def test_no_rows_give_no_outputs(hosts) -> None:
    found = hosts["kmeans"].predict(np.empty((0, 12), np.float32))
    assert found.shape == (0, 1)


@pytest.mark.parametrize("shape", [(12,), (3, 11), (3, 12, 1)])
def test_other_shapes_are_refused(hosts, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="expected"):
        hosts["kmeans"].predict(np.zeros(shape))


def test_source_that_does_not_compile_carries_the_compilers_words(models) -> None:
    broken = replace(models["kmeans"], source="int f(void) { return ghost; }\n")
    with pytest.raises(BuildError, match="ghost"):
        CompiledOnHost(broken)


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
