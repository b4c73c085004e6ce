"""A study in a PostgreSQL server, a real one on loopback: nothing is lost."""

from collections.abc import Iterator

import pytest

from ecmkit.search import Study
from tests.postgres import postgres
from tests.search.test_study import settings
from tests.search.told import Told

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    with postgres() as address:
        yield address


def test_two_processes_share_a_study_in_a_database(database: str) -> None:
    own = settings(pruner="none", trials=16, sampler="random")
    found = Study("a", own, database).run(Told(slow_s=0.02), jobs=2)
    assert [t.number for t in found] == list(range(len(found)))
    assert 16 <= len(found) <= 17
    assert {t.state for t in found} == {"done"}
    assert all(len(t.scores) == 3 for t in found)


def test_what_a_database_has_is_gone_on_with(database: str) -> None:
    study = Study("b", settings(), database)
    first = study.run(Told(), trials=4)
    assert study.run(Told(), trials=6)[:4] == first
