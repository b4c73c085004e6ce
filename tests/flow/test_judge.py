"""Compiled models, judged: what is held out is never learnt from."""

from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from ecmkit import bench, train
from ecmkit.compress import BudgetError
from ecmkit.compress.networks import remade
from ecmkit.features import FeatureTable
from ecmkit.flow import Project, judge, learn
from ecmkit.graph import CompiledModel, ModelCost
from tests.flow.states import PROJECT, QUICK, STATES, silent, with_train, world


@pytest.fixture(scope="module")
def learnt() -> tuple[learn.Learnt, ...]:
    return learn.fit_all(world()[0], PROJECT, progress=silent)


class TestProtocols:
    def test_each_group_is_held_out_in_turn(self) -> None:
        table, dataset = world(separation=6.0)
        folds, leaky = judge.judge_protocols(table, dataset, PROJECT, progress=silent)
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
        folds, leaky = judge.judge_protocols(table, dataset, PROJECT, progress=silent)
        assert leaky is not None
        assert leaky.balanced_accuracy > 0.95
        assert np.mean([f.balanced_accuracy for f in folds]) < 0.7

    def test_the_leaky_figure_is_not_computed_unasked(self) -> None:
        table, dataset = world()
        folds, leaky = judge.judge_protocols(table, dataset, QUICK, progress=silent)
        assert len(folds) == 3
        assert leaky is None

    def test_a_figure_is_that_of_scikit_learn_on_the_same_windows(self) -> None:
        table, dataset = world(separation=0.8)
        folds, _ = judge.judge_protocols(table, dataset, QUICK, progress=silent)
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
        folds, _ = judge.judge_protocols(table, dataset, made, progress=silent)
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
        assert judge.judge_released(learnt[0], PROJECT, rows) == judge.judge_released(
            learnt[0], PROJECT, known
        )

    def test_a_detector_is_judged_by_what_is_strange_to_it(
        self, learnt: tuple[learn.Learnt, ...]
    ) -> None:
        table, _ = world()
        result = judge.judge_released(learnt[1], PROJECT, table)
        score = learnt[1].compiled.predict(table.x)[:, 0]
        expected = roc_auc_score(table.label != "normal", score)
        assert result.metrics["roc_auc"] == pytest.approx(expected, abs=1e-12)
        assert result.metrics["median_score"] == pytest.approx(np.median(score))
        assert f"{expected:.3f}" in result.result
        assert "normal against the rest" in result.result

    def test_weights_as_data_give_the_same_scores(self) -> None:
        table, _ = world()
        model = msgspec.structs.replace(PROJECT.train.distance, weights="data")
        distance = learn.fit_model(table, model, name="distance", seed=PROJECT.seed)
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
        result = judge.judge_released(learnt[2], PROJECT, healthy)
        assert set(result.metrics) == {"median_score"}
        assert "median score" in result.result

    def test_the_classifier_against_scikit_learn(
        self, learnt: tuple[learn.Learnt, ...]
    ) -> None:
        table, _ = world(separation=1.0)
        result = judge.judge_released(learnt[0], PROJECT, table)
        outputs = learnt[0].compiled.predict(table.x)
        found = np.array(STATES)[outputs.argmax(axis=1)]
        expected = balanced_accuracy_score(table.label, found)
        assert result.metrics["balanced_accuracy"] == pytest.approx(expected)
        found = np.array(STATES)[learnt[0].model.predict(table.x).argmax(axis=1)]
        whole = balanced_accuracy_score(table.label, found)
        assert result.metrics[judge.WHOLE] == pytest.approx(whole)
        assert judge.accuracy_of(result) == bench.Accuracy(
            trained=result.metrics[judge.WHOLE], compiled=expected
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
        one = learn.fit_model(table, network, name="classifier", seed=0)
        assert one.whole is not None
        assert len(one.whole.onnx) > len(one.model.onnx)
        accuracy = judge.accuracy_of(judge.judge_released(one, PROJECT, table))
        assert accuracy is not None
        found = np.array(STATES)[one.whole.predict(table.x).argmax(axis=1)]
        assert accuracy.trained == pytest.approx(
            balanced_accuracy_score(table.label, found)
        )
        assert accuracy.drop_points > 0
        detector = judge.judge_released(
            learn.fit_model(table, PROJECT.train.distance, name="distance", seed=0),
            PROJECT,
            table,
        )
        assert judge.accuracy_of(detector) is None


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
        learnt = learn.fit_model(table, own.train.classifier, name="classifier", seed=0)
        return own, learnt, table

    @staticmethod
    def cost(compiled: CompiledModel) -> ModelCost:
        return ModelCost(
            target="told", flash_bytes=compiled.flash_bytes, ram_bytes=0,
            instructions=1, label="estimated",
        )  # fmt: skip

    def test_each_is_before_and_after(self) -> None:
        own, learnt, table = self.made()
        steps = judge.judge_steps(learnt, own, table, cost=self.cost)
        names = ["classifier: prune 75% in blocks", "classifier: quantise"]
        assert [step.name for step in steps] == names
        assert steps[0].after == steps[1].before
        assert steps[0].after.cost.flash_bytes < steps[0].before.cost.flash_bytes
        matrix = judge.confusion(learnt, table)
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
            judge.judge_steps(stepped, own, table, cost=self.cost)
        layer = dense[1].rpartition(".")[0]
        assert caught.value.step.blamed == layer
        assert f"most of it in layer {layer!r}" in str(caught.value)

    def test_without_compression_there_are_none(
        self, learnt: tuple[learn.Learnt, ...]
    ) -> None:
        table, _ = world()
        assert judge.judge_steps(learnt[0], PROJECT, table, cost=self.cost) == ()


class TestSuspicion:
    def test_a_detector_against_counts_by_hand(
        self, learnt: tuple[learn.Learnt, ...]
    ) -> None:
        table, _ = world()
        other, _ = world(separation=1.0)
        matrix = judge.suspicion(learnt[1], PROJECT, table, other)
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
        matrix = judge.suspicion(distance, both, table, table)
        assert matrix[1].tolist() == [0, 0]
        assert 0 < matrix[0, 1] <= 0.01 * len(table.x) + 1
