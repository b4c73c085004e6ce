"""One package for all tests of this folder."""

import pytest

from ecmkit.package import Package, build
from ecmkit.targets import Target, load_target
from tests.package.sample import application


@pytest.fixture(scope="session")
def target() -> Target:
    return load_target("mps2-an386")


@pytest.fixture(scope="session")
def package(target: Target, tmp_path_factory: pytest.TempPathFactory) -> Package:
    out = tmp_path_factory.mktemp("package") / "pump"
    return build(application(), target=target, out=out)
