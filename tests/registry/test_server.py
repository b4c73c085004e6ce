"""The registry outgrown: an MLflow server over PostgreSQL, both real, on loopback."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import mlflow
import numpy as np
import pytest

from ecmkit.registry import Registry, open_tracker
from tests.postgres import free_port, postgres
from tests.registry.conftest import request as a_request
from tests.registry.conftest import training

pytestmark = pytest.mark.live
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    with postgres() as address:
        yield address


@pytest.fixture(scope="module")
def server(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An MLflow server that keeps records in the database and files in a folder."""
    folder, port = tmp_path_factory.mktemp("server"), free_port()
    command = ["server", "--backend-store-uri", database, "--artifacts-destination",
               (folder / "files").as_uri(), "--host", "127.0.0.1", "--port", str(port),
               "--workers", "1"]  # fmt: skip
    environment = os.environ | {
        # It starts uvicorn by name.
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "mlflow", *command],
            stdout=log, stderr=log, env=environment, start_new_session=True, cwd=folder,
        )  # fmt: skip
        try:
            url = f"http://127.0.0.1:{port}"
            for _ in range(360):
                try:
                    urllib.request.urlopen(f"{url}/health", timeout=5).read()
                    break
                except (urllib.error.URLError, ConnectionError, TimeoutError):
                    if process.poll() is not None:
                        pytest.fail((folder / "log").read_text())
                    time.sleep(0.5)
            yield url
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=60)


def test_the_whole_life_of_a_model_over_a_server(server, package, tmp_path) -> None:
    from ecmkit.graph import compile_onnx, write_pyfunc
    from ecmkit.train import fit_forest
    from tests.synthetic import table

    data = table()
    model = fit_forest(data, n_trees=3, seed=1)
    compiled = compile_onnx(
        model.onnx, name="classifier", kind="class", outputs=model.outputs
    )
    write_pyfunc(tmp_path / "served", [compiled], features=data.names)

    registry = Registry(server)
    files = {"classifier.onnx": model.onnx}
    curves = {"loss": [0.9, 0.5, 0.3]}
    run_id = registry.log_training(training(), files=files, curves=curves)
    card = "# pump\n\nTells pumps apart.\n"
    more = {"served_dir": tmp_path / "served", "card": card}
    first = registry.register("pump", run_id=run_id, package_dir=package, **more)
    (package / "src" / "model.c").write_text("int y;\n")
    second = registry.register("pump", run_id=run_id, package_dir=package, **more)
    registry.promote("pump", first)
    registry.promote("pump", second, alias="challenger")
    request = registry.request_retraining(a_request(name="pump"))

    # Another process, or machine, sees the same.
    other = Registry(server)
    assert other.training(run_id) == training()
    assert other.environment(run_id).packages["numpy"] == np.__version__
    assert other.versions("pump") == (first, second)
    assert other.aliases("pump") == {"champion": first, "challenger": second}
    assert (other.fetch("pump", first) / "src/model.c").read_text() == "int x;\n"
    assert (other.fetch("pump", second) / "src/model.c").read_text() == "int y;\n"
    assert other.card("pump", first) == card
    assert other.open_requests("pump") == {request: a_request(name="pump")}
    other.close_request(request, version=second)
    assert other.open_requests("pump") == {}

    # And MLflow's own client serves the champion: the bits of the compiled C.
    import pandas as pd

    mlflow.set_tracking_uri(server)
    try:
        served = mlflow.pyfunc.load_model("models:/pump@champion")
    finally:
        mlflow.set_tracking_uri(None)
    found = served.predict(pd.DataFrame(data.x, columns=list(data.names)))
    assert found.to_numpy().tobytes() == compiled.predict(data.x).tobytes()


def test_the_database_alone_works_too(database: str, server: str, package) -> None:
    """What the server knows, a registry straight on PostgreSQL knows."""
    run_id = Registry(server).log_training(training(name="fan"), files={})
    Registry(server).register("fan", run_id=run_id, package_dir=package)
    direct = Registry(database)
    assert direct.versions("fan") == (1,)
    direct.promote("fan", 1, alias="shadow")
    assert Registry(server).aliases("fan") == {"shadow": 1}


def test_a_tracker_writes_to_the_server(server: str) -> None:
    with open_tracker("mlflow", project="fan", run="first", place=server) as kept:
        kept.log_params({"epochs": "9"})
        for epoch in range(9):
            kept.log_metrics({"loss": 1.0 / (1 + epoch)}, step=epoch)
        kept.log_files({"a.txt": b"a"})
    client = mlflow.MlflowClient(server)
    assert len(client.get_metric_history(kept.run_id, "loss")) == 9
    assert client.get_run(kept.run_id).info.status == "FINISHED"


def test_two_writers_lose_nothing(server: str, package: Path, tmp_path: Path) -> None:
    """Several trainings at once, as from several machines."""
    code = (
        "import sys; from pathlib import Path; from ecmkit.registry import Registry;"
        "from tests.registry.conftest import training; r = Registry(sys.argv[1]);"
        "runs = [r.log_training(training(seed=i), files={}) for i in range(5)];"
        "print(*[r.register('gear', run_id=x, package_dir=Path(sys.argv[2])) "
        "for x in runs])"
    )
    command = [sys.executable, "-c", code, server, str(package)]
    writers = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        for _ in range(2)
    ]
    said = [int(v) for w in writers for v in w.communicate(timeout=300)[0].split()]
    assert sorted(said) == list(range(1, 11))
    assert Registry(server).versions("gear") == tuple(range(1, 11))
