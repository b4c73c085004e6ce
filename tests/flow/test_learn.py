"""Train, compile and judge: what is held out is never learnt from."""

from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from ecmkit import bench, train
from ecmkit.compress import BudgetError
from ecmkit.compress.networks import remade
from ecmkit.data import Dataset
from ecmkit.errors import DataError, FormatError
from ecmkit.features import FeatureTable
from ecmkit.flow import Project, learn
from ecmkit.flow.project import Splitting
from ecmkit.graph import CompiledModel, ModelCost
from tests.flow.recordings import project, recording

STATES = ("inner", "normal", "outer")
SMALL = {
    "classifier": {"family": "random-forest", "options": {"n_trees": 5}},
    "distance": {
        "family": "k-means",
        "labels": ["normal"],
        "options": {"n_clusters": 2},
    },
    "reconstruction": {
        "family": "autoencoder",
        "labels": ["normal"],
        "options": {"hidden": [3], "epochs": 2},
    },
}
PROJECT = project(train=SMALL, split={"by": "machine"})
QUICK = project(train=SMALL, split={"by": "machine", "show_leaky": False})


def silent(note: str) -> None:
    """Show nothing."""


def world(
    *, separation: float = 3.0, machines: int = 3, twins: bool = False
) -> tuple[FeatureTable, Dataset]:
    """Three states on each machine, 20 windows each.

    With `twins`, the windows of a recording are nearly equal and say nothing else: a
    recording can be recognised, a state cannot.
    """
    rng = np.random.default_rng(0)
    recordings, rows = [], []
    for machine in range(machines):
        for number, state in enumerate(STATES):
            name = f"{state}-m{machine}"
            recordings.append(
                recording(name, state, n=64, machine=f"m{machine}", fault_size=number)
            )
            centre = rng.normal(size=4) * 5 if twins else number * separation
            rows.append(rng.normal(size=(20, 4)) * (0.01 if twins else 1.0) + centre)
    infos = [r.info for r in recordings for _ in range(20)]
    table = FeatureTable(
        x=np.concatenate(rows).astype(np.float32),
        names=("rms", "peak", "crest", "shape"),
        units=("1",) * 4,
        recording=np.array([i.id for i in infos]),
        start=np.tile(np.arange(20) * 4096, len(recordings)),
        label=np.array([i.label for i in infos]),
        group=np.array([i.machine for i in infos]),
        contract_id="0" * 64,
    )
    return table, Dataset(tuple(recordings))


def with_train(**changes: Any) -> Project:
    return project(train={**SMALL, **changes})


def test_a_regression_learns_what_recordings_say_of_themselves() -> None:
    own = with_train(regression={"family": "ridge", "target": "fault_size"})
    table, dataset = world()
    targets = learn.targets(own, {"train": dataset})
    assert targets["outer-m2"] == dict(zip(STATES, range(3), strict=True))["outer"]
    assert learn.targets(PROJECT, {"train": dataset}) == {}
    made = learn.fit_all(table, own, targets=targets, progress=silent)[-1]
    assert made.compiled.kind == "values"
    assert made.compiled.outputs == ("fault_size",)
    result = learn.judge_released(made, own, table, targets=targets)
    assert result.metrics["mean_absolute_error"] < 0.3
    assert result.metrics["constant_error"] == pytest.approx(2 / 3)
    assert result.result.startswith("mean absolute error")
    wrong = with_train(regression={"family": "random-forest"})
    with pytest.raises(FormatError, match="of kind class, expected one of kind values"):
        learn.fit_all(table, wrong, targets=targets, progress=silent)


@pytest.fixture(scope="module")
def learnt() -> tuple[learn.Learnt, ...]:
    return learn.fit_all(world()[0], PROJECT, progress=silent)


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


class TestProtocols:
    def test_each_group_is_held_out_in_turn(self) -> None:
        table, dataset = world(separation=6.0)
        folds, leaky = learn.judge_protocols(table, dataset, PROJECT, progress=silent)
        assert [f.held_out for f in folds] == [
            f"machine m{i} held out" for i in (0, 1, 2)
        ]
        assert {f.protocol for f in folds} == {"leave one machine out"}
        assert all(f.windows == 60 and not f.leaky for f in folds)
        assert all(f.balanced_accuracy > 0.9 for f in folds)
        assert leaky is not None
        assert leaky.leaky
        assert leaky.protocol == "random windows"

    def test_only_the_leaky_figure_rewards_memory(self) -> None:
        table, dataset = world(twins=True)
        folds, leaky = learn.judge_protocols(table, dataset, PROJECT, progress=silent)
        assert leaky is not None
        assert leaky.balanced_accuracy > 0.95
        assert np.mean([f.balanced_accuracy for f in folds]) < 0.7

    def test_the_leaky_figure_is_not_computed_unasked(self) -> None:
        table, dataset = world()
        folds, leaky = learn.judge_protocols(table, dataset, QUICK, progress=silent)
        assert len(folds) == 3
        assert leaky is None

    def test_a_figure_is_that_of_scikit_learn_on_the_same_windows(self) -> None:
        table, dataset = world(separation=0.8)
        folds, _ = learn.judge_protocols(table, dataset, QUICK, progress=silent)
        for machine, fold in enumerate(folds):
            held = table.group == f"m{machine}"
            forest = train.fit_forest(table.rows(~held), n_trees=5, seed=0)
            rows, compiled = table.rows(held), forest.compile()
            found = learn.classes(learn.Learnt(model=forest, compiled=compiled), rows)
            expected = balanced_accuracy_score(rows.label, found)
            assert fold.balanced_accuracy == pytest.approx(expected, abs=1e-12)
            assert 0.3 < expected < 0.95

    def test_classes_that_it_is_not_to_know_are_left_out(self) -> None:
        table, dataset = world()
        two = {"family": "random-forest", "labels": ["inner", "outer"]}
        made = msgspec.structs.replace(QUICK, train=with_train(classifier=two).train)
        folds, _ = learn.judge_protocols(table, dataset, made, progress=silent)
        assert [f.windows for f in folds] == [40, 40, 40]


class TestReleased:
    def test_a_classifier_is_judged_on_the_classes_it_knows(
        self, learnt: tuple[learn.Learnt, ...]
    ) -> None:
        table, _ = world()
        strange = table.label.copy()
        strange[:20] = "unheard of"
        rows = FeatureTable(**{**vars(table), "label": strange})
        known = rows.rows(rows.label != "unheard of")
        assert learn.judge_released(learnt[0], PROJECT, rows) == learn.judge_released(
            learnt[0], PROJECT, known
        )

    def test_a_detector_is_judged_by_what_is_strange_to_it(
        self, learnt: tuple[learn.Learnt, ...]
    ) -> None:
        table, _ = world()
        result = learn.judge_released(learnt[1], PROJECT, table)
        score = learnt[1].compiled.predict(table.x)[:, 0]
        expected = roc_auc_score(table.label != "normal", score)
        assert result.metrics["roc_auc"] == pytest.approx(expected, abs=1e-12)
        assert result.metrics["median_score"] == pytest.approx(np.median(score))
        assert f"{expected:.3f}" in result.result
        assert "normal against the rest" in result.result

    def test_weights_as_data_give_the_same_scores(self) -> None:
        table, _ = world()
        model = msgspec.structs.replace(PROJECT.train.distance, weights="data")
        distance = learn._fit(table, model, name="distance", seed=PROJECT.seed)
        assert distance.compiled.weights[:4] == b"ECMW"
        plain = distance.model.compile()
        assert plain.weights == b""
        np.testing.assert_array_equal(
            learn.scores(distance, table), plain.predict(table.x)[:, 0]
        )

    def test_without_anything_strange_there_is_the_median(
        self, learnt: tuple[learn.Learnt, ...]
    ) -> None:
        table, _ = world()
        healthy = table.rows(table.label == "normal")
        result = learn.judge_released(learnt[2], PROJECT, healthy)
        assert set(result.metrics) == {"median_score"}
        assert "median score" in result.result

    def test_the_classifier_against_scikit_learn(
        self, learnt: tuple[learn.Learnt, ...]
    ) -> None:
        table, _ = world(separation=1.0)
        result = learn.judge_released(learnt[0], PROJECT, table)
        outputs = learnt[0].compiled.predict(table.x)
        found = np.array(STATES)[outputs.argmax(axis=1)]
        expected = balanced_accuracy_score(table.label, found)
        assert result.metrics["balanced_accuracy"] == pytest.approx(expected)
        found = np.array(STATES)[learnt[0].model.predict(table.x).argmax(axis=1)]
        whole = balanced_accuracy_score(table.label, found)
        assert result.metrics[learn.WHOLE] == pytest.approx(whole)
        assert learn.accuracy_of(result) == bench.Accuracy(
            trained=result.metrics[learn.WHOLE], compiled=expected
        )
        assert (result.name, result.family) == ("classifier", "random-forest")
        assert result.hash == learnt[0].compiled.hash
        assert result.flash_bytes > 0

    def test_what_is_lost_is_measured_from_before_it_was_made_smaller(self) -> None:
        table, _ = world(separation=1.0)
        network = with_train(
            classifier={
                "family": "mlp",
                "options": {"widths": [16], "epochs": 30},
                "compression": {"channels": 0.9, "epochs": 1},
            }
        ).train.classifier
        one = learn._fit(table, network, name="classifier", seed=0)
        assert one.whole is not None
        assert len(one.whole.onnx) > len(one.model.onnx)
        accuracy = learn.accuracy_of(learn.judge_released(one, PROJECT, table))
        assert accuracy is not None
        found = np.array(STATES)[one.whole.predict(table.x).argmax(axis=1)]
        assert accuracy.trained == pytest.approx(
            balanced_accuracy_score(table.label, found)
        )
        assert accuracy.drop_points > 0
        detector = learn.judge_released(
            learn._fit(table, PROJECT.train.distance, name="distance", seed=0),
            PROJECT,
            table,
        )
        assert learn.accuracy_of(detector) is None


class TestSteps:
    """Of a compression: each judged by its C, and held to its budget."""

    @staticmethod
    def made(**changes: Any) -> tuple[Project, learn.Learnt, FeatureTable]:
        table, _ = world(separation=1.0)
        how: dict[str, Any] = {"quantisation": {"ranges": "mse"}}
        how |= {"prune": 0.75, "epochs": 2} | changes
        own = with_train(
            classifier={
                "family": "mlp",
                "options": {"widths": [32, 32], "epochs": 20},
                "compression": how,
            }
        )
        learnt = learn._fit(table, own.train.classifier, name="classifier", seed=0)
        return own, learnt, table

    @staticmethod
    def cost(compiled: CompiledModel) -> ModelCost:
        return ModelCost(
            target="told", flash_bytes=compiled.flash_bytes, ram_bytes=0,
            instructions=1, label="estimated",
        )  # fmt: skip

    def test_each_is_before_and_after(self) -> None:
        own, learnt, table = self.made()
        steps = learn.judge_steps(learnt, own, table, cost=self.cost)
        names = ["classifier: prune 75% in blocks", "classifier: quantise"]
        assert [step.name for step in steps] == names
        assert steps[0].after == steps[1].before
        assert steps[0].after.cost.flash_bytes < steps[0].before.cost.flash_bytes
        matrix = learn.confusion(learnt, table)
        found = 100 * (np.diag(matrix) / matrix.sum(axis=1)).mean()
        assert steps[1].after.points == pytest.approx(found)

    def test_more_than_the_budget_names_the_layer(self) -> None:
        own, learnt, table = self.made(prune=0.0, budget_points=0.5)
        whole = learnt.whole
        assert whole is not None
        assert whole.network is not None
        weights = dict(whole.network.weights)
        dense = [name for name, value in weights.items() if value.ndim == 2]
        weights[dense[1]] = np.zeros_like(weights[dense[1]])
        broken = remade(whole, replace(whole.network, weights=weights), table)
        stepped = replace(learnt, steps=(("zero", broken),))
        with pytest.raises(BudgetError, match="classifier: zero: balanced") as caught:
            learn.judge_steps(stepped, own, table, cost=self.cost)
        layer = dense[1].rpartition(".")[0]
        assert caught.value.step.blamed == layer
        assert f"most of it in layer {layer!r}" in str(caught.value)

    def test_without_compression_there_are_none(
        self, learnt: tuple[learn.Learnt, ...]
    ) -> None:
        table, _ = world()
        assert learn.judge_steps(learnt[0], PROJECT, table, cost=self.cost) == ()


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


class TestSuspicion:
    def test_a_detector_against_counts_by_hand(
        self, learnt: tuple[learn.Learnt, ...]
    ) -> None:
        table, _ = world()
        other, _ = world(separation=1.0)
        matrix = learn.suspicion(learnt[1], PROJECT, table, other)
        score = learnt[1].compiled.predict(table.x)[:, 0]
        limit = np.quantile(score[table.label == "normal"], 0.99)
        found = learnt[1].compiled.predict(other.x)[:, 0] > limit
        healthy = other.label == "normal"
        assert matrix.tolist() == [
            [np.sum(healthy & ~found), np.sum(healthy & found)],
            [np.sum(~healthy & ~found), np.sum(~healthy & found)],
        ]
        assert matrix[1, 1] > 0 < matrix[0, 0]

    def test_without_labels_everything_is_known(self) -> None:
        table, _ = world()
        both = with_train(distance={"family": "k-means"})
        distance = learn.fit_all(table, both, progress=silent)[1]
        matrix = learn.suspicion(distance, both, table, table)
        assert matrix[1].tolist() == [0, 0]
        assert 0 < matrix[0, 1] <= 0.01 * len(table.x) + 1


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
