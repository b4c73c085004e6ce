"""Imports point down the house, and light imports stay light."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "ecmkit"
# From the top of the house to the cellar; rooms of one row may not import each other
# unless ALSO says so.
ROWS = [
    {"__main__"},
    {"cli", "pytest_plugin"},
    {"flow"},
    {"evaluate", "monitor"},
    {"bench"},
    {"package"},
    {"search"},
    {"compress"},
    {"train"},
    {"drift"},
    {"features"},
    {"data"},
    {"graph"},
    {"registry"},
    {"targets", "formats", "_core"},
    {"errors", "_paths"},
]
LEVEL = {room: len(ROWS) - i for i, row in enumerate(ROWS) for room in row}
ALSO = {("targets", "formats")}
FORBIDDEN = {
    "graph": {"data", "features", "registry"},
    "registry": {"targets", "_core", "graph"},
    "monitor": {"train", "compress", "search", "package", "bench", "graph"},
}


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Rooms that a module imports, with the line."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
            if node.module == "ecmkit":
                names = [f"ecmkit.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "ecmkit" and len(parts) > 1 and parts[1] != "__version__":
                yield parts[1], node.lineno


MODULES = sorted(p for p in ROOT.rglob("*.py") if p != ROOT / "__init__.py")


def room_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_down(path: Path) -> None:
    room = room_of(path)
    assert room in LEVEL, f"{path}: a room that the house does not have"
    for other, line in imports(path):
        where = f"{path.relative_to(ROOT)}:{line} imports {other}"
        assert other in LEVEL, f"{where}, a room that the house does not have"
        assert other not in FORBIDDEN.get(room, set()), f"{where}, which is forbidden"
        if other != room and (room, other) not in ALSO:
            assert LEVEL[other] < LEVEL[room], f"{where}, which points up"


def test_no_relative_imports() -> None:
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            assert not (isinstance(node, ast.ImportFrom) and node.level), path


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        ("ecmkit", "scipy sklearn torch onnx mlflow pandas matplotlib typer rich"),
        ("ecmkit.features", "scipy sklearn torch onnx mlflow matplotlib"),
        ("ecmkit.monitor", "scipy sklearn torch onnx mlflow matplotlib"),
        ("ecmkit.graph", "torch onnx sklearn mlflow"),
        ("ecmkit.train", "torch onnx sklearn mlflow"),
        ("ecmkit.compress", "torch onnx sklearn mlflow"),
        ("ecmkit.package", "torch onnx sklearn elftools unicorn"),
        ("ecmkit.cli", "torch onnx sklearn mlflow scipy matplotlib"),
    ],
)
def test_heavy_imports_happen_on_use(module: str, forbidden: str) -> None:
    code = (
        f"import sys, {module}\n"
        f"print(*sorted(set({forbidden.split()!r}) & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == []


FOREST = """
import sys
from ecmkit import train
from tests.synthetic import table

made = [
    train.fit(table(), family=family, seed=0)
    for family in ("random-forest", "k-means", "gradient-boosting", "pca")
]
made[0].predict(table().x[:4])
made[0].compile()
print(*sorted({"torch"} & set(sys.modules)))
"""


def test_who_trains_forests_needs_no_torch() -> None:
    run = subprocess.run(
        [sys.executable, "-c", FOREST],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT.parent,
    )
    assert run.stdout.split() == []


ROOTS = """
import sys

before = set(sys.modules)
import ecmkit.train

roots = {name.partition(".")[0] for name in set(sys.modules) - before}
print(*sorted(roots - sys.stdlib_module_names))
"""
# What NumPy and msgspec bring along, and Cython's own.
LIGHT = re.compile(r"ecmkit|msgspec|numpy|typing_extensions|_?cy.*")


def test_training_is_imported_in_a_moment() -> None:
    """Of others' packages, only those that are quick come with it."""
    run = subprocess.run(
        [sys.executable, "-c", ROOTS], capture_output=True, text=True, check=True
    )
    assert [name for name in run.stdout.split() if not LIGHT.fullmatch(name)] == []
