"""The files run in tflite-runtime 2.14, which lives apart, with NumPy 1."""

import json
import subprocess
import venv

import numpy as np
import pytest

from ecmkit.graph import (
    GraphOnHost,
    compile_graph,
    import_tflite,
    to_int8,
    write_tflite,
)
from tests.cli.runner import ecmkit
from tests.graph import litert, tiny
from tests.graph.single import alone, watched
from tests.graph.test_int8 import NETS, samples
from tests.graph.test_tiny import rows_of

PACKAGES = ["tflite-runtime==2.14.0", "numpy"]
CONSTRAINTS = "numpy<2\npandas<3.1\nml_dtypes<0.6\n"
RUN = """
import json, sys
import numpy as np
from tflite_runtime.interpreter import Interpreter, OpResolverType
resolver, *names = sys.argv[1:]
found = {}
for name in names:
    try:
        interpreter = Interpreter(
            name + ".tflite", num_threads=1,
            experimental_op_resolver_type=OpResolverType[resolver])
        interpreter.allocate_tensors()
    except ValueError as error:
        found[name] = str(error)
        continue
    given, rows = np.load(name + ".npy"), []
    for x in given:
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
        interpreter.invoke()
        outputs = interpreter.get_output_details()
        rows.append([interpreter.get_tensor(o["index"]).tolist() for o in outputs])
    found[name] = rows
json.dump(found, sys.stdout)
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """Interpreter of an environment that holds the old runtime alone."""
    folder = tmp_path_factory.mktemp("old") / "env"
    venv.create(folder, with_pip=True)
    made = folder / "bin" / "python"
    limits = folder / "constraints.txt"
    limits.write_text(CONSTRAINTS)
    command = [made, "-m", "pip", "install", "-q", "--no-input", "-c", limits]
    subprocess.run([*command, *PACKAGES], check=True, timeout=1200)
    return made


def run(python, names, resolver="AUTO"):
    """All outputs of each row by name, or what the runtime says against a file."""
    done = subprocess.run(
        [python, "-c", RUN, resolver, *names],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)


@pytest.mark.live
def test_models_run_in_the_old_runtime_too(python, tmp_path):
    """An import proves nothing there: each model runs."""
    wanted = {}
    for name, build in NETS.items():
        graph = build()
        rows = samples(graph, n=20)
        for kind in ("float", "tensor", "channel"):
            made, given = graph, rows
            if kind != "float":
                made = to_int8(graph, rows, ends="int8", dense_scales=kind)
                own = made.tensors[made.inputs[0]]
                given = [
                    [np.clip(np.rint(r[0] / own.scale) + own.zero, -128, 127)
                     .astype(np.int8)] for r in rows
                ]  # fmt: skip
            data = write_tflite(made)
            path = tmp_path / f"{name}_{kind}"
            path.with_suffix(".tflite").write_bytes(data)
            np.save(path.with_suffix(".npy"), np.array([r[0] for r in given]))
            wanted[str(path)] = [r[0] for r in litert.run(data, given)]
    for path, rows in run(python, wanted).items():
        if path.endswith("channel"):
            # It would read only the first of a dense layer's scales: it must refuse.
            assert "FULLY_CONNECTED" in rows
            continue
        limit = 5e-6 if path.endswith("float") else 1.0
        for (found,), theirs in zip(rows, wanted[path], strict=True):
            assert np.abs(np.array(found) - theirs.astype(float)).max() <= limit


def saved(path, data, rows):
    """Put a model and what it is given where that runtime finds it."""
    path.with_suffix(".tflite").write_bytes(data)
    np.save(path.with_suffix(".npy"), np.array([x for (x,) in rows]))


def off(found, wanted):
    """Of each output, how far the furthest element of all rows is off."""
    assert not isinstance(found, str), found
    return [
        max(int(np.abs(np.array(a) - b.astype(int)).max()) for a, b in pairs)
        for pairs in (
            zip(mine, theirs, strict=True)
            for mine, theirs in zip(
                zip(*found, strict=True), zip(*wanted, strict=True), strict=True
            )
        )
    ]


@pytest.mark.live
def test_the_networks_of_mlperf_tiny_run_there_as_in_c(python, tmp_path):
    """Files by ``--old-runtime``, run by that runtime's reference and as it comes.

    Its dense layers round twice, LiteRT's and the C once: a value in a thousand is a
    step off, and ten such layers in a row add steps up.
    """
    wanted, single = {}, {}
    for name in tiny.NETS:
        path = tmp_path / name
        model, known = path.with_suffix(".onnx"), tmp_path / f"{name}.known.npy"
        model.write_bytes(tiny.onnx_of(name))
        np.save(known, np.array([x for (x,) in tiny.samples(name, 4)]))
        file = path.with_suffix(".tflite")
        done = ecmkit("graph", "export", model, "-o", file, "--int8", known,
                      "--int8-ends", "--old-runtime")  # fmt: skip
        assert done.code == 0, done.err
        graph = import_tflite(file.read_bytes())
        ends = {graph.tensors[end].dtype for end in (*graph.inputs, *graph.outputs)}
        assert ends == {"s8"}
        assert not {"conv", "matmul", "map"} & {node.op for node in graph.nodes}
        rows = rows_of(graph, name, 10)
        saved(path, file.read_bytes(), rows)
        every = watched(graph)
        host = GraphOnHost(compile_graph(every, name="m"), flags=("-O1",))
        ours = [dict(zip(every.outputs, host.run(*row), strict=True)) for row in rows]
        wanted[str(path)] = [[values[n] for n in graph.outputs] for values in ours]
        for values, (x,) in zip(ours, rows, strict=True):
            values[graph.inputs[0]] = x
        for at, node in enumerate(graph.nodes):
            if node.op == "int8_dense":
                layer = tmp_path / f"{name}_{at}"
                given = [[values[node.inputs[0]]] for values in ours]
                saved(layer, write_tflite(alone(graph, node)), given)
                single[str(layer)] = [[values[node.outputs[0]]] for values in ours]
    assert len(single) == 13
    layers = run(python, single, "BUILTIN_REF")
    assert max(off(layers[path], single[path])[0] for path in single) <= 1
    for resolver, limit in (("BUILTIN_REF", 0), ("AUTO", 3)):
        found = run(python, wanted, resolver)
        for path in wanted:
            most = 3 if path.endswith("autoencoder") else limit
            assert max(off(found[path], wanted[path])) <= most, (resolver, path)
