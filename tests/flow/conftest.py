"""A small package for the tests of this folder."""

import pytest

from ecmkit.bench import HostApp
from ecmkit.package import build
from ecmkit.targets import load_target
from tests.package.sample import application


@pytest.fixture(scope="session")
def host_app(tmp_path_factory: pytest.TempPathFactory) -> HostApp:
    out = tmp_path_factory.mktemp("package") / "pump"
    return HostApp(build(application(), target=load_target("mps2-an386"), out=out))
