"""What is shipped is whole: source archive, wheel, and the light core."""

import ast
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from ecmkit.graph.host import CONTRACT_FLAGS

ROOT = Path(__file__).parent.parent
KINDS = {
    "csrc": ("*.c", "*.h"),
    "targets": ("*.toml", "*.c", "*.h", "*.in"),
    "examples": ("*.toml",),
    "ecmkit": ("*.py", "*.pyi", "*.j2", "*.toml", "py.typed", "*.pyx", "*.pxd", "*.in"),
}


def tracked(folder: str) -> set[str]:
    """Files of a folder that belong into an archive, from the root."""
    listed = subprocess.run(
        ["git", "ls-files", folder],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    return {
        name
        for name in listed
        if any(Path(name).match(pattern) for pattern in KINDS[folder])
    }


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sdist")
    code = "from setuptools.build_meta import build_sdist; import sys"
    run = subprocess.run(
        [sys.executable, "-c", f"{code}; build_sdist(sys.argv[1])", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    (made,) = folder.glob("*.tar.gz")
    return made


def test_source_archive_is_complete(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    expected = {"pyproject.toml", "setup.py", "README.md", "LICENSE"}
    for folder in KINDS:
        expected |= tracked(folder)
    assert expected - names == set()
    assert not [name for name in names if name.endswith((".so", ".o", ".npz"))]


def test_the_wheel_is_built_with_the_flags_of_the_contract() -> None:
    """What builds the package cannot import it, so it names the flags again."""
    tree = ast.parse((ROOT / "setup.py").read_text("utf-8"))
    values = {
        node.targets[0].id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    assert tuple(ast.literal_eval(values["CONTRACT"])) == CONTRACT_FLAGS


@pytest.mark.live
def test_wheel_runs_the_light_core(sdist: Path, tmp_path: Path) -> None:
    """Build from the archive, install without extras, and use it elsewhere."""
    venv.create(tmp_path / "venv", with_pip=True)
    python = str(tmp_path / "venv" / "bin" / "python")
    pip = [python, "-m", "pip", "-q", "--disable-pip-version-check"]
    subprocess.run(
        [*pip, "wheel", "--no-deps", "-w", "out", sdist], cwd=tmp_path, check=True
    )
    (wheel,) = (tmp_path / "out").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for folder in ("csrc", "targets", "examples"):
        shipped = {f"ecmkit/_{name}" for name in tracked(folder)}
        assert shipped - names == set()
    subprocess.run([*pip, "install", wheel], cwd=tmp_path, check=True)
    code = (
        "import sys, numpy as np\n"
        "from ecmkit import data, features, targets\n"
        "rig = data.SimulatorConfig(scenario=(data.Scenario(label='outer',"
        " fault_size=0.4),))\n"
        "table = features.extract(data.simulate(rig, seed=0), "
        "features.load_plan('bearing'))\n"
        "assert np.isfinite(table.x).all() and targets.list_targets()\n"
        "heavy = {'scipy', 'sklearn', 'torch', 'onnx', 'mlflow', 'pandas'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
        "print(len(table.x))"
    )
    run = subprocess.run(
        [python, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert int(run.stdout) > 10
    ecmkit = str(tmp_path / "venv" / "bin" / "ecmkit")
    listed = subprocess.run(
        [ecmkit, "targets", "list"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "nucleo-f401re" in listed.stdout
