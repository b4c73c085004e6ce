"""How long does it take to compile a network?"""

import hashlib
import time

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.compile_time.networks import NETWORKS
from benchmarks.harness import Figure, Results, Table
from ecmkit import graph

SAMPLES = 16
MOST_S = 5.0
TABLES = {
    "times": Table(
        "**Seconds of processor time**, *measured*: of this process, and to int8 also "
        f"of the host's compiler, which builds what runs the {SAMPLES} samples.",
        ("network", "to float32", "to int8", "of which the compiler", "C, bytes"),
        rows=len(NETWORKS),
    ),
}


def _spent() -> tuple[float, float]:
    """Processor time of this process, and of those that it waited for."""
    import resource

    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time(), children.ru_utime + children.ru_stime


@pytest.mark.parametrize("name", NETWORKS)
def test_compile(benchmark: BenchmarkFixture, results: Results, name: str) -> None:
    data = NETWORKS[name]()
    results.inputs[name] = hashlib.sha256(data).hexdigest()
    rng = np.random.default_rng(0)

    def once() -> tuple[float, float, float, int]:
        start = _spent()
        real = graph.import_onnx(data)
        compiled = graph.compile_graph(real, name="net")
        middle = _spent()
        if "forest" in name:
            return middle[0] - start[0], 0.0, 0.0, len(compiled.source)
        shape = real.tensors[real.inputs[0]].shape
        samples = [[rng.standard_normal(shape)] for _ in range(SAMPLES)]
        whole = graph.to_int8(graph.import_onnx(data), samples)
        compiled = graph.compile_graph(whole, name="net")
        end = _spent()
        own, others = end[0] - middle[0], end[1] - middle[1]
        return middle[0] - start[0], own + others, others, len(compiled.source)

    real_s, int8_s, compiler_s, size = benchmark.pedantic(once, rounds=1)
    cells = [f"{real_s:.2f}"]
    cells += [f"{int8_s:.2f}", f"{compiler_s:.2f}"] if int8_s else ["", ""]
    figures = [
        Figure(what=f"{name}/{what}", value=round(value, 3), unit="s", label="measured")
        for what, value in (("float32", real_s), ("int8", int8_s))
        if value
    ]
    results.row("times", [name, *cells, f"{size:,}"], figures)
    assert max(real_s, int8_s) < MOST_S
