"""The files run in tflite-runtime 2.14, which lives apart, with NumPy 1."""

import json
import subprocess
import venv

import numpy as np
import pytest

from ecmkit.graph import to_int8, write_tflite
from tests.graph import litert
from tests.graph.test_int8 import NETS, samples

PACKAGES = ["tflite-runtime==2.14.0", "numpy<2"]
RUN = """
import json, sys
import numpy as np
from tflite_runtime.interpreter import Interpreter
found = {}
for name in sys.argv[1:]:
    try:
        interpreter = Interpreter(name + ".tflite")
        interpreter.allocate_tensors()
    except ValueError as error:
        found[name] = str(error)
        continue
    given, rows = np.load(name + ".npy"), []
    for x in given:
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
        interpreter.invoke()
        at = interpreter.get_output_details()[0]["index"]
        rows.append(interpreter.get_tensor(at).tolist())
    found[name] = rows
json.dump(found, sys.stdout)
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """Interpreter of an environment that holds the old runtime alone."""
    folder = tmp_path_factory.mktemp("old") / "env"
    venv.create(folder, with_pip=True)
    made = folder / "bin" / "python"
    command = [made, "-m", "pip", "install", "-q", "--no-input", *PACKAGES]
    subprocess.run(command, check=True, timeout=1200)
    return made


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
    done = subprocess.run(
        [python, "-c", RUN, *wanted], capture_output=True, text=True, check=True
    )
    for path, rows in json.loads(done.stdout).items():
        if path.endswith("channel"):
            # It would read only the first of a dense layer's scales: it must refuse.
            assert "FULLY_CONNECTED" in rows
            continue
        limit = 5e-6 if path.endswith("float") else 1.0
        for found, theirs in zip(rows, wanted[path], strict=True):
            assert np.abs(np.array(found) - theirs.astype(float)).max() <= limit
