"""What is generated into a package is as clean as the library is."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.svm import SVC

from ecmkit._paths import csrc_dir
from ecmkit.graph import compile_graph, import_estimator
from ecmkit.package import Package

ROOT = Path(__file__).parents[2]
FINDINGS = {
    "bugprone-integer-division": "float f(int a) { return (float)(a / 2) * 0.5f; }\n",
    "-Werror=analyzer-null-dereference": (
        "int f(int a) { int *at = 0; if (a > 3) { at = &a; } return *at; }\n"
    ),
}


def analyze(*files: Path) -> tuple[int, str]:
    """Run the script of ``make lint``; its exit code and what it said."""
    beside = Path(sys.executable).parent
    path = f"{beside}{os.pathsep}{os.environ['PATH']}"
    for tool in ("clang-tidy", "gcc"):
        if shutil.which(tool, path=path) is None:
            pytest.skip(f"{tool} is not installed")
    done = subprocess.run(
        [ROOT / "scripts" / "analyze.sh", *files],
        capture_output=True, text=True, check=False, env={**os.environ, "PATH": path},
    )  # fmt: skip
    assert "left out" not in done.stdout
    return done.returncode, done.stdout + done.stderr


def test_generated_files_have_no_findings(package: Package) -> None:
    files = [
        path
        for path in package.sources
        if path.name.startswith(("ecm_package", "model_"))
    ]
    assert len(files) == 1 + len(package.manifest.models)
    assert analyze(*files) == (0, "")


@pytest.mark.filterwarnings("ignore")
def test_support_vectors_of_many_classes_have_no_findings(tmp_path: Path) -> None:
    for header in csrc_dir().glob("*.h"):
        (tmp_path / header.name).symlink_to(header)
    rng = np.random.default_rng(0)
    y = np.arange(60) % 3
    x = rng.standard_normal((60, 5)) + y[:, None]
    files = []
    for kernel, probability in (("rbf", True), ("linear", False)):
        model = SVC(kernel=kernel, probability=probability, random_state=0).fit(x, y)
        compiled = compile_graph(import_estimator(model), name=kernel)
        files.append(tmp_path / f"{kernel}.c")
        files[-1].write_text(compiled.source)
    assert analyze(*files) == (0, "")


@pytest.mark.parametrize("check", FINDINGS)
def test_a_finding_is_named(check: str, tmp_path: Path) -> None:
    bad = tmp_path / "bad.c"
    bad.write_text(f"{FINDINGS[check].split('{')[0].strip()};\n{FINDINGS[check]}")
    code, said = analyze(bad)
    assert code != 0
    assert "bad.c" in said
    assert check in said
