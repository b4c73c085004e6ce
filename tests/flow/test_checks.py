"""Recordings that a project cannot be run on are refused before any work."""

from typing import Any

import pytest

from ecmkit.data import Dataset
from ecmkit.errors import DataError, FormatError, MissingError, TargetError, saying
from ecmkit.features import load_plan
from ecmkit.flow.checks import check_recordings
from tests.flow.recordings import dataset, project

PLAN = load_plan("bearing")
TRAIN = dataset("normal1", "normal2", "inner1", "inner2")
REFERENCE = dataset("normal3", "normal4", n=60_000)
FAST = {"false_alarms": 500}


def check(
    *, recorded: Dataset = TRAIN, reference: Dataset = REFERENCE, **tables: Any
) -> None:
    life = {"train": recorded, "reference": reference}
    made = project(**{"drift": FAST, **tables})
    check_recordings(made, "pump.toml", PLAN, life)


def test_good_recordings_pass() -> None:
    check()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"recorded": dataset("normal1", "normal2")},
            ["train stretch", "label", "found 1 (normal)", "2 to 23"],
        ),
        (
            {"recorded": dataset(*(chr(97 + i) + "1" for i in range(24)))},
            ["train stretch", "found 24", "2 to 23"],
        ),
        (
            {"train": {"distance": {"family": "k-means", "labels": ["norml"]}}},
            ["`train.distance.labels`", "'norml'", "did you mean 'normal'"],
        ),
        (
            {"train": {"classifier": {"family": "x", "labels": ["inner"]}}},
            ["found 1 (inner)", "2 to 23"],
        ),
        (
            {"drift": FAST | {"labels": ["normal", "outer"]}},
            ["`drift.labels`", "'outer'", "one of normal"],
        ),
        (
            {"drift": FAST | {"labels": ["inner"]}},
            ["`drift.labels`", "'inner'", "one of normal"],
        ),
        (
            {"drift": {"false_alarms": "1/year"}},
            ["reference stretch", "found 44 windows", "'1/year'", "expected 131"],
        ),
        (
            {"reference": dataset("normal3")},
            ["reference stretch", "found 3 windows of all classes", "expected 34"],
        ),
        (
            {"recorded": dataset("normal1", "inner2", machine="m0")},
            ["`split.by`", "found 1 group(s)", "two or more"],
        ),
    ],
)
def test_what_cannot_be_learnt_from_is_named(
    changes: dict[str, Any], words: list[str]
) -> None:
    with pytest.raises(DataError) as caught:
        check(**changes)
    for word in ["pump.toml", *words]:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (DataError("x"), DataError),
        (FormatError("x"), FormatError),
        (TargetError("x"), FormatError),
        (ValueError("x"), FormatError),
    ],
)
def test_a_place_is_put_before_what_is_wrong_with_the_input(
    raised: Exception, expected: type[Exception]
) -> None:
    with pytest.raises(expected, match=r"^pump\.toml: x$"), saying("pump.toml"):
        raise raised


def test_what_the_machine_lacks_has_no_place_in_the_input() -> None:
    with pytest.raises(MissingError, match=r"^no compiler$"), saying("pump.toml"):
        raise MissingError("no compiler")
