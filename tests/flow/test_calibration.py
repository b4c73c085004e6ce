"""``calibrate`` of a project: on held-out groups, never on those of the test."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score

from ecmkit import train
from ecmkit.errors import FormatError
from ecmkit.features import FeatureTable, load_plan
from ecmkit.flow import calibration, judge, learn, store
from ecmkit.flow.checks import check_settings
from ecmkit.flow.project import Model
from tests.flow.recordings import project
from tests.flow.states import SMALL, silent, with_train, world

STATES = ("inner", "normal", "outer")


def machines(*, n: int = 8, first: int = 0, each: int = 30) -> FeatureTable:
    """Three states that overlap, on machines that each lie a little aside."""
    rng = np.random.default_rng(first)
    groups = [f"m{first + i}" for i in range(n)]
    label = np.array([s for _ in groups for s in STATES for _ in range(each)])
    group = np.array([g for g in groups for _ in STATES for _ in range(each)])
    number = np.searchsorted(STATES, label).astype(float)
    aside = {g: rng.normal(size=4) * 0.5 for g in groups}
    x = rng.normal(size=(len(label), 4)) + 1.2 * number[:, None]
    x += np.array([aside[g] for g in group.tolist()])
    return FeatureTable(
        x=x.astype(np.float32),
        names=("rms", "peak", "crest", "shape"),
        units=("1",) * 4,
        recording=np.char.add(np.char.add(group, "-"), label),
        start=np.tile(np.arange(each), 3 * n) * 4096,
        label=label,
        group=group,
        contract_id="0" * 64,
    )


LEARN, TEST = machines(), machines(first=100, n=12)
SURE = {
    "family": "gradient-boosting",
    "options": {"n_estimators": 25, "learning_rate": 0.5},
}


def models(**changes: str):
    """Train classifier and detector with some calibrations, as a project does."""
    own = with_train(
        classifier=SURE | {"calibrate": changes.get("classifier", "")},
        distance=SMALL["distance"] | {"calibrate": changes.get("distance", "")},
    )
    return own, learn.fit_all(LEARN, own, progress=silent)


@pytest.mark.parametrize("method", ["temperature", "isotonic"])
def test_what_was_held_out_sets_it_and_the_c_computes_it(method: str, tmp_path) -> None:
    own, made = models(classifier=method)
    one = made[0]
    assert one.model.params["calibrated"].startswith(method)
    result = judge.judge_released(one, own, TEST)
    found = result.metrics
    assert found["calibration_error"] < 0.6 * found["calibration_error_before"]
    assert result.result.startswith("balanced accuracy 0.")
    assert f", calibration error {found['calibration_error']:.3f} (" in result.result
    # What is exported, stored and compiled is the calibrated one.
    some = TEST.x[::40]
    np.testing.assert_allclose(
        one.compiled.predict(some), one.model.predict(some), rtol=2e-3, atol=1e-5
    )
    assert one.whole is not None
    assert np.abs(one.model.predict(some) - one.whole.predict(some)).max() > 0.05
    store.save_model(tmp_path / "kept", one.model, one.compiled)
    again, compiled = store.load_model(tmp_path / "kept")
    assert again.params["calibrated"] == one.model.params["calibrated"]
    np.testing.assert_array_equal(compiled.predict(some), one.compiled.predict(some))


def test_the_float_model_beside_the_c_is_calibrated_too() -> None:
    own, made = models(classifier="isotonic")
    one = made[0]
    assert one.whole is not None
    decisions = [m.predict(TEST.x).argmax(1) for m in (one.model, one.whole)]
    assert (decisions[0] != decisions[1]).mean() > 0.01
    result = judge.judge_released(one, own, TEST)
    expected = balanced_accuracy_score(TEST.label, np.array(STATES)[decisions[0]])
    assert result.metrics[judge.WHOLE] == pytest.approx(expected)
    accuracy = judge.accuracy_of(result)
    assert accuracy is not None
    assert accuracy.drop_points < 0.1


def test_what_compression_loses_is_told_between_two_calibrated_models() -> None:
    own = with_train(
        classifier={
            "family": "random-forest",
            "options": {"n_trees": 5},
            "compression": {"gain": 0.02},
            "calibrate": "isotonic",
        }
    )
    one = learn.fit_model(LEARN, own.train.classifier, name="classifier", seed=0)
    assert one.whole is not None
    assert len(one.model.onnx) < 0.7 * len(one.whole.onnx)
    pairs = [
        (
            train.fit(LEARN.rows(~part), family="random-forest", n_trees=5, seed=0),
            LEARN.rows(part),
        )
        for part in calibration.parts_of(LEARN, own.train.classifier)
    ]
    whole = train.cross_calibrated(one.whole, pairs, method="isotonic")
    truth, found = TEST.label, np.array(STATES)[whole.predict(TEST.x).argmax(1)]
    result = judge.judge_released(one, own, TEST)
    assert result.metrics[judge.WHOLE] == pytest.approx(
        balanced_accuracy_score(truth, found)
    )


def test_a_detector_leaves_deviations() -> None:
    own, made = models(distance="deviations")
    distance = made[1]
    assert distance.model.params["calibrated"] == "deviations"
    result = judge.judge_released(distance, own, TEST)
    assert ", in deviations: " in result.result
    assert result.metrics["known_above_3"] < 0.05
    healthy = learn.scores(distance, TEST.rows(TEST.label == "normal"))
    assert abs(np.median(healthy)) < 0.5
    plain = models()[1][1]
    assert np.median(learn.scores(plain, TEST.rows(TEST.label == "normal"))) > 1


def test_each_part_is_foreign_to_the_model_that_judges_it(monkeypatch) -> None:
    seen = []

    def kept(model, pairs, *, method):
        seen.append((model, pairs, method))
        return model

    monkeypatch.setattr("ecmkit.train.cross_calibrated", kept)
    models(classifier="isotonic")
    [(model, pairs, method)] = seen
    assert method == "isotonic"
    assert model.table_hash == LEARN.hash
    held = [set(rows.group.tolist()) for _, rows in pairs]
    assert set.union(*held) == set(LEARN.group.tolist())
    assert sum(map(len, held)) == len(set(LEARN.group.tolist()))
    for (like, _), groups in zip(pairs, held, strict=True):
        rest = LEARN.rows(~np.isin(LEARN.group, sorted(groups)))
        assert like.table_hash == rest.hash


def test_without_it_nothing_more_is_trained(monkeypatch) -> None:
    counted = []
    fit = train.fit
    monkeypatch.setattr(
        "ecmkit.train.fit", lambda *a, **k: counted.append(k["name"]) or fit(*a, **k)
    )
    own, made = models()
    assert counted == list(SMALL)
    assert judge.judge_released(made[0], own, TEST).metrics.keys() == {
        "balanced_accuracy", judge.WHOLE,
    }  # fmt: skip


def folds_of(method: str, machines: int):
    """Learn from windows of some machines, each held out in turn."""
    table, dataset = world(separation=0.8, machines=machines)
    own = project(
        train=SMALL | {"classifier": SURE | {"calibrate": method}},
        split={"by": "machine", "show_leaky": False},
    )
    return table, judge.judge_protocols(table, dataset, own, progress=silent)[0]


def test_folds_judge_the_decisions_of_rising_lines() -> None:
    table, folds = folds_of("isotonic", 4)
    plain, lines = [], Model(family="", calibrate="isotonic")
    for number, fold in enumerate(folds):
        held = table.group == f"m{number}"
        rows, how = table.rows(~held), SURE["options"] | {"seed": 0}
        one = train.fit(rows, family=SURE["family"], **how)
        pairs = [
            (train.fit(rows.rows(~part), family=SURE["family"], **how), rows.rows(part))
            for part in calibration.parts_of(rows, lines)
        ]  # fmt: skip
        same = train.cross_calibrated(one, pairs, method="isotonic")
        truth, found = table.label[held], []
        for model in (one, same):
            names = np.array(model.outputs)
            p = model.compile().predict(table.x[held])
            found.append(balanced_accuracy_score(truth, names[p.argmax(1)]))
        assert fold.balanced_accuracy == pytest.approx(found[1], abs=1e-12)
        assert fold.protocol == "leave one machine out"
        plain.append(found[0])
    assert plain != pytest.approx([f.balanced_accuracy for f in folds])


def test_a_fold_with_too_few_groups_says_that_it_is_not_calibrated() -> None:
    folds, plain = folds_of("isotonic", 2)[1], folds_of("", 2)[1]
    assert {f.protocol for f in folds} == {"leave one machine out, not calibrated"}
    assert [f.balanced_accuracy for f in folds] == [f.balanced_accuracy for f in plain]


def test_a_temperature_costs_the_folds_no_training(monkeypatch) -> None:
    counted = []
    fit = train.fit
    monkeypatch.setattr(
        "ecmkit.train.fit", lambda *a, **k: counted.append(k["name"]) or fit(*a, **k)
    )
    _, folds = folds_of("temperature", 3)
    assert len(counted) == len(folds) == 3
    assert {f.protocol for f in folds} == {"leave one machine out"}


def test_too_few_groups_or_windows_are_told_before_training(monkeypatch) -> None:
    monkeypatch.setattr("ecmkit.train.fit", None)
    alone = replace(LEARN, group=np.where(LEARN.label == "outer", "m9", LEARN.group))
    own = Model(family="random-forest", calibrate="temperature")
    with pytest.raises(ValueError, match=r"calibrate: class 'outer' is in group m9 al"):
        calibration.parts_of(alone, own)
    score = Model(family="k-means", calibrate="deviations")
    with pytest.raises(ValueError, match="found 40 windows, expected 50 or more"):
        calibration.parts_of(LEARN.rows(np.arange(len(LEARN.x)) < 40), score)
    assert calibration.parts_of(alone, Model(family="random-forest")) == ()


@pytest.mark.parametrize(
    ("name", "method", "expected"),
    [
        ("classifier", "deviations", '"" or "temperature" or "isotonic"'),
        ("distance", "isotonic", '"" or "deviations"'),
    ],
)
def test_a_method_of_another_kind_is_refused(name, method, expected) -> None:
    own = project(train={name: {**SMALL[name], "calibrate": method}})
    with pytest.raises(
        FormatError,
        match=f'`train.{name}.calibrate`: found "{method}", expected {expected}',
    ):
        check_settings(own, "p.toml", load_plan("bearing"))
