"""The project file of MLflow names commands that there are."""

import os
import subprocess
import sys
from pathlib import Path

import mlflow
import pytest
from mlflow.projects.utils import load_project

from tests.cli.runner import ecmkit
from tests.flow.small import write_project

ROOT = Path(__file__).parent.parent


def test_the_entry_points_are_commands_that_there_are(tmp_path: Path) -> None:
    project = load_project(ROOT)
    assert project.name == "ecmkit"
    main = project.get_entry_point("main").compute_command({}, str(tmp_path))
    assert main == "ecmkit run examples/demo.toml --runs runs"
    assert (ROOT / "examples" / "demo.toml").is_file()
    command = project.get_entry_point("main").compute_command(
        {"project": "none.toml", "runs": str(tmp_path)}, str(tmp_path)
    )
    done = ecmkit(*command.split()[1:])
    assert (done.code, done.out) == (2, "")
    assert "none.toml" in done.err
    test = project.get_entry_point("test").compute_command({}, str(tmp_path))
    assert test == "python -m pytest -q tests"


@pytest.mark.live
def test_mlflow_runs_the_loop(tmp_path: Path) -> None:
    project = write_project(tmp_path)
    store = f"sqlite:///{tmp_path}/runs.db"
    # It starts ecmkit and python by name.
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    subprocess.run(
        [sys.executable, "-m", "mlflow", "run", str(ROOT), "--env-manager", "local",
         "-P", f"project={project}", "-P", f"runs={tmp_path / 'runs'}"],
        check=True, cwd=tmp_path,
        env=os.environ | {"MLFLOW_TRACKING_URI": store, "PATH": path,
                          "PYTHONPATH": str(ROOT), "MLFLOW_DISABLE_TELEMETRY": "true"},
    )  # fmt: skip
    assert (tmp_path / "runs/small/model-card.md").is_file()
    (run,) = mlflow.MlflowClient(store).search_runs(["0"])
    assert run.info.status == "FINISHED"
    assert run.data.params["project"] == str(project)
