"""The same C tests print the same bits on every compiler and every core."""

from pathlib import Path

import pytest

from tests.c import harness


@pytest.fixture(scope="session")
def reference(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Output of the plain host build."""
    target = harness.HOSTS["gcc-O3"]
    harness.require(target)
    return harness.run(target, harness.build(target, tmp_path_factory.mktemp("host")))


def agree(target: harness.Target, folder: Path, reference: str) -> None:
    harness.require(target)
    found = harness.run(target, harness.build(target, folder)).splitlines()
    expected = reference.splitlines()
    differing = [
        f"line {i}: {a!r}, expected {b!r}"
        for i, (a, b) in enumerate(zip(found, expected, strict=False), 1)
        if a != b
    ]
    assert not differing, "\n".join(differing[:10])
    assert len(found) == len(expected)


def test_every_module_prints_something(reference: str) -> None:
    labels = {line.split()[0] for line in reference.splitlines()}
    modules = {name.removeprefix("test_ecm_") for name in harness.MODULES}
    assert modules <= labels
    assert "FAILED" not in reference


@pytest.mark.parametrize("name", [name for name in harness.HOSTS if name != "gcc-O3"])
def test_host_compilers_agree(name: str, tmp_path: Path, reference: str) -> None:
    agree(harness.HOSTS[name], tmp_path, reference)


@pytest.mark.emulator
@pytest.mark.parametrize("name", harness.EMULATED)
def test_emulated_cores_agree(name: str, tmp_path: Path, reference: str) -> None:
    agree(harness.EMULATED[name], tmp_path, reference)
