"""One model for one target: its sources, its kernels, its library."""

from dataclasses import replace
from pathlib import Path

import pytest

from ecmkit.errors import BuildError
from ecmkit.package import build_model
from ecmkit.targets import load_target
from tests.package.sample import models
from tests.package.test_model_data import kmeans


def test_it_has_what_the_model_needs_and_nothing_else(tmp_path: Path) -> None:
    target = load_target("nucleo-f401re")
    out = build_model(kmeans(), target=target, out=tmp_path / "made")
    names = {path.name for path in (out / "src").glob("*.c")}
    assert {"ecm_model_anomaly.c", "ecm_kmeans.c", "ecm_math.c"} <= names
    assert "ecm_app.c" not in names
    assert list((out / "src").glob("*.o")) == []
    assert (out / "lib" / "libecm_model_anomaly.a").stat().st_size > 0
    assert (out / "weights.bin").read_bytes() == kmeans().weights
    again = build_model(kmeans(), target=target, out=tmp_path / "again")
    one, other = (next((f / "lib").iterdir()).read_bytes() for f in (out, again))
    assert one == other


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"flash_bytes": 1 << 30}, "constants of 1,073,741,824 bytes, the flash of"),
        ({"work_bytes": 1 << 20}, "work memory of 1,048,576 bytes, the ram of"),
        ({"source": "this is not C\n"}, "error"),
    ],
)
def test_what_does_not_fit_or_build_leaves_nothing(
    tmp_path: Path, changes: dict, words: str
) -> None:
    model = replace(models()[1], **changes)
    with pytest.raises(BuildError, match=words):
        build_model(model, target=load_target("nucleo-f401re"), out=tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
