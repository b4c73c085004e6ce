"""Models of a project, trained and compiled."""

from typing import Any

import pytest

from ecmkit.errors import DataError, FormatError
from ecmkit.flow import judge, learn
from ecmkit.flow.project import Splitting
from tests.flow.states import PROJECT, SMALL, STATES, silent, with_train, world


@pytest.fixture(scope="module")
def learnt() -> tuple[learn.Learnt, ...]:
    return learn.fit_all(world()[0], PROJECT, progress=silent)


def test_a_regression_learns_what_recordings_say_of_themselves() -> None:
    own = with_train(regression={"family": "ridge", "target": "fault_size"})
    table, dataset = world()
    targets = learn.targets(own, {"train": dataset})
    assert targets["outer-m2"] == dict(zip(STATES, range(3), strict=True))["outer"]
    assert learn.targets(PROJECT, {"train": dataset}) == {}
    made = learn.fit_all(table, own, targets=targets, progress=silent)[-1]
    assert made.compiled.kind == "values"
    assert made.compiled.outputs == ("fault_size",)
    result = judge.judge_released(made, own, table, targets=targets)
    assert result.metrics["mean_absolute_error"] < 0.3
    assert result.metrics["constant_error"] == pytest.approx(2 / 3)
    assert result.result.startswith("mean absolute error")
    wrong = with_train(regression={"family": "random-forest"})
    with pytest.raises(FormatError, match="of kind class, expected one of kind values"):
        learn.fit_all(table, wrong, targets=targets, progress=silent)


class TestFitAll:
    def test_the_three_models_in_order(self, learnt: tuple[learn.Learnt, ...]) -> None:
        assert [one.model.name for one in learnt] == list(SMALL)
        assert [one.compiled.kind for one in learnt] == ["class", "score", "score"]
        assert [one.compiled.name for one in learnt] == list(SMALL)
        assert learnt[0].compiled.outputs == STATES

    def test_what_it_is_told(self) -> None:
        said: list[str] = []
        learn.fit_all(world()[0], PROJECT, progress=said.append)
        assert said == [
            "classifier: random-forest",
            "distance: k-means",
            "reconstruction: autoencoder",
        ]

    def test_a_detector_learns_from_its_labels_only(
        self, learnt: tuple[learn.Learnt, ...]
    ) -> None:
        table, _ = world()
        healthy = table.rows(table.label == "normal")
        assert learnt[1].model.table_hash == healthy.hash
        assert learnt[0].model.table_hash == table.hash

    def test_two_detectors_of_one_family_have_scores_of_their_own(self) -> None:
        twins = with_train(reconstruction=SMALL["distance"])
        made = learn.fit_all(world()[0], twins, progress=silent)
        assert [one.compiled.outputs for one in made[1:]] == [
            ("distance",),
            ("reconstruction",),
        ]

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            (
                {"classifier": {"family": "k-means"}},
                ["`train.classifier.family`", "'k-means'", "score", "class"],
            ),
            (
                {"distance": {"family": "random-forest"}},
                ["`train.distance.family`", "'random-forest'", "class", "score"],
            ),
        ],
    )
    def test_a_family_of_the_wrong_kind(
        self, changes: dict[str, Any], words: list[str]
    ) -> None:
        with pytest.raises(FormatError) as caught:
            learn.fit_all(world()[0], with_train(**changes), progress=silent)
        assert all(word in str(caught.value) for word in words)

    def test_what_a_family_refuses_is_named_with_its_model(self) -> None:
        many = {"family": "k-means", "options": {"n_clusters": 1000}}
        with pytest.raises(FormatError, match=r"`train\.distance`: k-means: 180 win"):
            learn.fit_all(world()[0], with_train(distance=many), progress=silent)


class TestUnseen:
    """Windows of another stretch: only what was not learnt from is fit for judging."""

    @pytest.mark.parametrize(
        ("by", "left"),
        [
            ("machine", {"m2"}),
            ("fault_size", {"m2"}),
            ("load", set()),
            ("recording", {"m1", "m2"}),
        ],
    )
    def test_what_counts_as_learnt_is_what_the_split_keeps_together(
        self, by: Any, left: set[str]
    ) -> None:
        table, dataset = world()
        learnt = dataset.select(tuple(
            r.info.id for r in dataset
            if r.info.machine == "m0" or r.info.id == "inner-m1"
        ))  # fmt: skip
        rows = learn.unseen(table, dataset, learnt, Splitting(by=by))
        assert set(rows.group) == left
        assert not set(rows.recording) & {r.info.id for r in learnt}


class TestSplit:
    def test_named_groups_are_held_out(self) -> None:
        _, dataset = world()
        split = learn.released_split(
            dataset, Splitting(by="machine", test=("m1",)), seed=0
        )
        assert set(split.test) == {f"{state}-m1" for state in STATES}
        assert not split.leaky

    def test_drawn_groups_depend_on_the_seed_only(self) -> None:
        _, dataset = world(machines=9)
        one, same, other = (
            learn.released_split(dataset, Splitting(), seed) for seed in (1, 1, 2)
        )
        assert one == same
        assert set(one.test) != set(other.test)

    def test_a_group_that_is_not_there_is_named(self) -> None:
        _, dataset = world()
        with pytest.raises(DataError, match=r"'m7'.*m0, m1, m2"):
            learn.released_split(dataset, Splitting(test=("m7",)), seed=0)
