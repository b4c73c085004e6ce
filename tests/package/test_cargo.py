"""The crate of a package: built by cargo without another crate, the host's events."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from ecmkit._paths import csrc_dir
from ecmkit.bench import HostApp
from ecmkit.errors import BuildError
from ecmkit.package import Package, Release, build
from ecmkit.package.ecosystems.c_structs import fields_of, number_of, size_of
from ecmkit.targets import load_target
from tests.package.sample import SPEED_HZ, application, signal
from tests.package.test_build import tool


def cargo() -> str:
    """The first that runs: rustup's is on the path without a toolchain too."""
    for folder in os.get_exec_path():
        path = shutil.which("cargo", path=folder)
        if path is not None:
            asked = subprocess.run(
                [path, "--version"], capture_output=True, check=False
            )
            if asked.returncode == 0:
                return path
    pytest.skip("no cargo that runs is installed")


@pytest.fixture(scope="module")
def built(
    package: Package, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, subprocess.CompletedProcess[bytes]]:
    """A copy of the package, and what its example said of a signal."""
    tree = shutil.copytree(package.path, tmp_path_factory.mktemp("crate") / "pump")
    command = cargo()
    path = f"{Path(command).parent}{os.pathsep}{os.environ['PATH']}"  # its rustc
    done = subprocess.run(
        [command, "run", "--offline", "--quiet", "--example", "pump"],
        cwd=tree, input=signal(8).astype("<f4").tobytes(), capture_output=True,
        env={**os.environ, "PATH": path}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    return tree, done


def test_the_example_in_rust_tells_what_the_host_tells(
    package: Package, built: tuple[Path, subprocess.CompletedProcess[bytes]]
) -> None:
    """By std on this machine; the crate itself has none."""
    _, done = built
    assert b"warning" not in done.stderr
    app = HostApp(package, speed_hz=SPEED_HZ)
    events = app.push(signal(8)).events
    alarms = [
        f"window {e['window']}: alarms {e['alarms']:#x}" for e in events if e["alarms"]
    ]
    assert alarms
    assert len(alarms) < len(events)
    frame = len(app.report(0))
    assert done.stdout.decode().splitlines() == [*alarms, f"frame of {frame} bytes"]


@pytest.mark.parametrize(
    ("core", "compiler"),
    [
        ("thumbv7em-none-eabihf", "arm-none-eabi-gcc"),
        ("riscv32imac-unknown-none-elf", "riscv64-unknown-elf-gcc"),
    ],
)
def test_its_c_is_compiled_for_cores_of_firmware(
    built: tuple[Path, subprocess.CompletedProcess[bytes]],
    core: str,
    compiler: str,
    tmp_path: Path,
) -> None:
    """By build.rs alone, which holds the layout of memory against C for each."""
    tree, _ = built
    tool(compiler)
    (script,) = (tree / "target" / "debug" / "build").glob("*/build-script-build")
    kept = {n: v for n, v in os.environ.items() if n not in ("CC", "AR", "CFLAGS")}
    done = subprocess.run(
        [script], cwd=tree, env={**kept, "TARGET": core, "OUT_DIR": str(tmp_path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "cargo:rustc-link-lib=static=ecm_pump" in done.stdout
    assert (tmp_path / "libecm_pump.a").read_bytes().startswith(b"!<arch>")


def test_the_crate_needs_nothing_but_core(package: Package) -> None:
    text = (package.path / "rust" / "lib.rs").read_text()
    assert "#![no_std]" in text
    assert "std::" not in text.replace("no_std", "")
    assert "extern crate" not in text
    said = (package.path / "Cargo.toml").read_text()
    assert "dependencies" not in said


def test_registries_of_crates_are_told_of_licences_that_they_know(
    package: Package, tmp_path: Path
) -> None:
    assert 'license-file = "LICENSE"' in (package.path / "Cargo.toml").read_text()
    made = build(
        application(), target=load_target("esp32"), out=tmp_path / "pump",
        release=Release(license="BSD-3-Clause"),
    )  # fmt: skip
    assert 'license = "BSD-3-Clause"' in (made.path / "Cargo.toml").read_text()


def test_structures_are_read_from_the_headers() -> None:
    event = fields_of("ecm_app_event_t", csrc_dir())
    assert event[0] == ("uint32_t", "window", 0)
    assert ("float", "score", number_of("ECM_APP_SCORES_MAX", csrc_dir())) in event
    words = sum(max(1, field.len) for field in event if field.name != "change")
    words += len(fields_of("ecm_monitor_alarm_t", csrc_dir()))
    assert 4 * words == size_of("ecm_app_event_t", csrc_dir())
    with pytest.raises(BuildError, match="no header declares ecm_none_t"):
        fields_of("ecm_none_t", csrc_dir())
    with pytest.raises(BuildError, match="no header pins the size of ecm_none_t"):
        size_of("ecm_none_t", csrc_dir())
    with pytest.raises(BuildError, match="of a form that is not known"):
        fields_of("ecm_app_cfg_t", csrc_dir())
