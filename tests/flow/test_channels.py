"""The whole loop on two channels, from a simulated rig to the emulated target."""

from pathlib import Path

import msgspec
import pytest

from ecmkit.flow import RunReport
from ecmkit.package import load_package
from tests.cli.runner import ecmkit
from tests.flow.small import write_project

pytestmark = pytest.mark.emulator


def test_two_channels_from_the_rig_to_the_gate(tmp_path: Path) -> None:
    project = write_project(tmp_path, features='["*_rms", "*_band_*"]')
    own = 'use = "short.toml"'
    text = project.read_text().replace(own, own + '\nchannels = ["DE", "FE"]')
    text = text.replace('["rms", "distance", "fault_size"]', '["DE_rms", "distance"]')
    text = text.replace('features = ["rms", "kurtosis"]', 'features = ["DE_rms"]')
    text += '\n[[data.simulator.mount]]\nchannel = "FE"\ngain = 0.6\n'
    project.write_text(text)
    done = ecmkit("run", project, "--runs", tmp_path / "runs")
    assert (done.code, done.err) == (0, "")
    folder = tmp_path / "runs" / "small"
    stored = (folder / "report.json").read_bytes()
    report = msgspec.json.decode(stored, type=RunReport)
    assert report.gate_passed
    assert "Channels DE and FE in g" in report.data.sentence
    assert report.operate is not None
    assert report.operate.emulated_windows == 2
    assert report.operate.emulated_differences == 0
    package = load_package(folder / "package")
    assert package.contract.channels == ("DE", "FE")
    assert {"DE: time", "FE: time"} <= set(package.manifest.steps)
    assert "channels `DE` and `FE`" in (package.path / "README.md").read_text()
