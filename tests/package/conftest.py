"""Packages for all tests of this folder."""

from dataclasses import replace

import msgspec
import pytest

from ecmkit.features import Feature
from ecmkit.package import Package, build
from ecmkit.targets import Target, load_target
from tests.bench import test_integers as integers
from tests.package.sample import application


@pytest.fixture(scope="session")
def target() -> Target:
    return load_target("mps2-an386")


@pytest.fixture(scope="session")
def package(target: Target, tmp_path_factory: pytest.TempPathFactory) -> Package:
    out = tmp_path_factory.mktemp("package") / "pump"
    return build(application(), target=target, out=out)


@pytest.fixture(scope="session")
def mega(tmp_path_factory: pytest.TempPathFactory) -> Package:
    """256 samples in Q15, a forest and k-means, as an ATmega2560 has room for."""
    out = tmp_path_factory.mktemp("mega") / "pump"
    plain = integers.application(integers.PLAN, models=True)
    # The last feature is a frequency in Hz: it would hide all others.
    forest, means = plain.models
    source = means.source.replace("0x1p+0F};\nstatic", "0x1p-12F};\nstatic", 1)
    app = replace(plain, models=(forest, replace(means, source=source)))
    return build(app, target=load_target("arduino-mega2560"), out=out)


@pytest.fixture(scope="session")
def fan(tmp_path_factory: pytest.TempPathFactory) -> Package:
    """64 samples in Q15, as an Uno has room for, at a rate and range of an ADXL345."""
    plan = msgspec.structs.replace(
        integers.PLAN,
        fs_hz=800.0,
        range=4.0,
        window_len=64,
        hop_len=64,
        features=(
            *("rms", "kurtosis", "crest"),
            Feature(name="band_rms", bands_hz=((0, 100), (100, 400))),
            "centroid",
        ),
    )
    app = replace(integers.application(plan, models=True), name="fan")
    out = tmp_path_factory.mktemp("fan") / "fan"
    return build(app, target=load_target("esp32"), out=out)
