"""A server runs the C of the device, and nothing else."""

import dataclasses
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest

from ecmkit.errors import FormatError, MissingError
from ecmkit.graph import CompiledModel, host, write_pyfunc
from ecmkit.graph.export.pyfunc import load_served
from tests.graph.conftest import compiled
from tests.synthetic import table

NAMES = table().names


@pytest.fixture(scope="module")
def served(models, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All models side by side. For reading only."""
    folder = tmp_path_factory.mktemp("served") / "model"
    write_pyfunc(folder, list(models.values()), features=NAMES, contract_id="c" * 64)
    return folder


def copied(served: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(served / "artifacts" / "model", tmp_path / "model"))


def frame(x: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(x, columns=list(NAMES))


def test_mlflow_predicts_the_bits_of_the_compiled_c(models, served: Path) -> None:
    x = table(n=60, seed=8).x
    found = mlflow.pyfunc.load_model(str(served)).predict(frame(x))
    at = 0
    for model in models.values():
        expected = model.predict(x)
        width = expected.shape[1]
        assert list(found.columns[at : at + width]) == list(model.outputs)
        part = found.iloc[:, at : at + width].to_numpy()
        assert part.dtype == expected.dtype
        assert part.tobytes() == expected.tobytes()
        at += width
    assert at == found.shape[1]


def test_columns_are_taken_by_name(served: Path) -> None:
    x = table(n=9, seed=8).x
    model = mlflow.pyfunc.load_model(str(served))
    turned = frame(x)[list(reversed(NAMES))]
    pd.testing.assert_frame_equal(model.predict(turned), model.predict(frame(x)))
    with pytest.raises(mlflow.MlflowException, match=NAMES[3]):
        model.predict(frame(x).drop(columns=NAMES[3]))
    with pytest.raises(ValueError, match=NAMES[3]):
        load_served(served / "artifacts/model").predict(frame(x).drop(columns=NAMES[3]))


def test_rows_without_names_are_an_array(models, tmp_path: Path) -> None:
    write_pyfunc(tmp_path / "model", [models["forest"]])
    x = table(n=9, seed=8).x
    found = mlflow.pyfunc.load_model(str(tmp_path / "model")).predict(x)
    assert found.to_numpy().tobytes() == models["forest"].predict(x).tobytes()


def test_weights_that_are_data_are_served_too(trained, tmp_path: Path) -> None:
    model = compiled(trained["autoencoder"], weights="data")
    write_pyfunc(tmp_path / "model", [model], features=NAMES)
    x = table(n=9, seed=8).x
    found = load_served(tmp_path / "model/artifacts/model").predict(frame(x))
    assert found.to_numpy().tobytes() == model.predict(x).tobytes()


def test_equal_outputs_are_told_apart_by_the_model(trained, tmp_path: Path) -> None:
    forest = compiled(trained["forest"])
    other = compiled(dataclasses.replace(trained["forest"], name="other"))
    write_pyfunc(tmp_path / "model", [forest, other])
    found = load_served(tmp_path / "model/artifacts/model")
    assert found.outputs[0] == f"{forest.name}.{forest.outputs[0]}"
    assert len(set(found.outputs)) == 2 * len(forest.outputs)


def test_no_pickle_and_no_path_of_this_machine_is_stored(served: Path) -> None:
    files = [path for path in served.rglob("*") if path.is_file()]
    files = [path for path in files if path.parent.name != "__pycache__"]  # of a load
    assert {path.suffix for path in files} <= {".c", ".h", ".json", ".py", ".yaml",
                                               ".txt", ""}  # fmt: skip
    text = (served / "MLmodel").read_text()
    assert "loader_module: mlflow.pyfunc.loaders.code_model" in text
    for path in files:
        content = path.read_text("utf-8")
        assert str(served.parent.parent) not in content
        assert "/tmp/" not in content


def test_it_is_built_from_the_sources_that_it_holds(served, tmp_path) -> None:
    """Another ecmkit may have another device library; the model keeps its own."""
    folder = copied(served, tmp_path)
    manifest = json.loads((folder / "manifest.json").read_text())
    name = next(n for n in manifest["files"] if n.endswith("ecm_base.h"))
    text = (folder / name).read_text() + "\n#error built from here\n"
    (folder / name).write_text(text)
    with pytest.raises(FormatError, match=r"ecm_base\.h: found hash"):
        load_served(folder)
    manifest["files"][name] = hashlib.sha256(text.encode()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(Exception, match="built from here"):
        load_served(folder)


@pytest.mark.parametrize(
    ("name", "words"),
    [("manifest.json", "No such file"), ("csrc/ecm_base.h", "found no file")],
)
def test_missing_files_are_named(served, tmp_path, name: str, words: str) -> None:
    folder = copied(served, tmp_path)
    (folder / name).unlink()
    with pytest.raises(FormatError, match=rf"{name}.*{words}|{words}.*{name}"):
        load_served(folder)


def test_a_changed_manifest_is_refused(served, tmp_path) -> None:
    folder = copied(served, tmp_path)
    path = folder / "manifest.json"
    text = path.read_text()
    path.write_text(text.replace('"kind": "class"', '"kind": "score"'))
    with pytest.raises(FormatError, match="found hash"):
        load_served(folder)
    path.write_text(text.replace('"version": 1', '"version": 2'))
    with pytest.raises(FormatError, match="version: found 2"):
        load_served(folder)


def test_a_gateway_without_compiler_says_what_to_install(served, monkeypatch) -> None:
    monkeypatch.setattr(host.shutil, "which", lambda name: None)
    monkeypatch.setattr(host.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingError, match="no C compiler: install gcc"):
        mlflow.pyfunc.load_model(str(served))


def test_models_that_do_not_fit_are_refused(models, tmp_path: Path) -> None:
    forest: CompiledModel = models["forest"]
    with pytest.raises(ValueError, match="found none"):
        write_pyfunc(tmp_path / "model", [])
    with pytest.raises(ValueError, match="twice"):
        write_pyfunc(tmp_path / "model", [forest, forest])
    with pytest.raises(ValueError, match="found 2 names, expected 12"):
        write_pyfunc(tmp_path / "model", [forest], features=["a", "b"])
    assert not (tmp_path / "model").exists()


# ---- a real server ----


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def answer(url: str, body: object | None = None) -> bytes:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as reply:
        return reply.read()


@pytest.mark.live
def test_mlflow_models_serve_answers_with_the_same_bits(models, served, tmp_path):
    port = free_port()
    command = ["-m", "mlflow", "models", "serve", "-m", served, "-h", "127.0.0.1"]
    # It starts uvicorn by name.
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    root = str(Path(__file__).parents[2])
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, *map(str, command), "-p", str(port), "--env-manager",
             "local"],
            stdout=log, stderr=log, start_new_session=True,
            env=os.environ | {"PATH": path, "PYTHONPATH": root},
        )  # fmt: skip
        try:
            url = f"http://127.0.0.1:{port}"
            for _ in range(240):
                try:
                    answer(f"{url}/ping")
                    break
                except (urllib.error.URLError, ConnectionError):
                    if server.poll() is not None:
                        pytest.fail((tmp_path / "log").read_text())
                    time.sleep(0.5)
            x = table(n=25, seed=8).x
            body = {"dataframe_split": frame(x).astype(float).to_dict(orient="split")}
            found = json.loads(answer(f"{url}/invocations", body))["predictions"]
        finally:
            with suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGTERM)
            server.wait(timeout=60)
    for model in models.values():
        expected = model.predict(x)
        for at, name in enumerate(model.outputs):
            column = np.array([row[name] for row in found], np.float32)
            assert column.tobytes() == expected[:, at].tobytes()
