"""Estimators inside of estimators: as scikit-learn answers, or refused by place."""

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_selection import SelectFromModel
from sklearn.linear_model import LogisticRegression, RidgeClassifier, SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder, StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

from ecmkit.errors import FormatError
from ecmkit.graph import GraphOnHost, compile_graph, import_estimator
from ecmkit.graph.frontend.nested import parts_of

RNG = np.random.default_rng(0)
Y = RNG.integers(0, 4, 160)
X = (RNG.standard_normal((160, 5)) + Y[:, None] * [1, -1, 0, 1, 0]).astype(np.float32)
TEST = (1.5 * RNG.standard_normal((60, 5))).astype(np.float32)
TIES = SVC(break_ties=True)
ISOTONIC = CalibratedClassifierCV(GaussianNB(), method="isotonic", cv=2)


def scaled(model):
    return make_pipeline(StandardScaler(), model)


def voting(model, **settings):
    others = [("bayes", GaussianNB()), ("tree", DecisionTreeClassifier(max_depth=2))]
    return VotingClassifier([("own", model), *others], **settings)


FOREST = RandomForestClassifier(2, max_depth=2, random_state=0)
TAKEN = {
    "pairs of forests": OneVsOneClassifier(FOREST),
    "pairs of pipelines": OneVsOneClassifier(scaled(LogisticRegression())),
    "pairs that break no ties": OneVsOneClassifier(scaled(TIES)),
    "pairs by neighbours": OneVsOneClassifier(KNeighborsClassifier(weights="distance")),
    "the rest by neighbours": OneVsRestClassifier(KNeighborsClassifier(3)),
    "calibrated pipeline": CalibratedClassifierCV(scaled(LogisticRegression()), cv=2),
    "pipeline of a linear machine": scaled(LinearSVC()),
    "searched linear machine": GridSearchCV(LinearSVC(), {"C": [1.0]}, cv=2),
    "soft vote": voting(FOREST, voting="soft", weights=[2, 1, 1]),
    "hard vote": voting(TIES),
    "stack on what breaks ties": StackingClassifier([("own", FOREST)], TIES, cv=2),
    "stack by neighbours": StackingClassifier([("own", KNeighborsClassifier(3))], cv=2),
    "a selector's estimator is not asked": make_pipeline(
        SelectFromModel(SVC(kernel="linear", break_ties=True)), LogisticRegression()
    ),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", TAKEN)
def test_what_is_inside_answers_as_scikit_learn(name):
    model = TAKEN[name].fit(X, Y)
    host = GraphOnHost(compile_graph(import_estimator(model), name="m"), flags=("-O0",))
    found = [host.run(row[None]) for row in TEST]
    labels = np.array([int(row[0].reshape(-1)[0]) for row in found])
    np.testing.assert_array_equal(labels, model.predict(TEST))
    if hasattr(model, "predict_proba"):
        table = np.concatenate([row[1].reshape(1, -1) for row in found])
        expected = model.predict_proba(TEST)
        np.testing.assert_allclose(table, expected, rtol=1e-5, atol=5e-6)


OWN = SVC(probability=True, random_state=0)
HUBER = SGDClassifier(loss="modified_huber", random_state=0)
REFUSED = [
    (scaled(scaled(TIES)),
     r"Pipeline.steps\['pipeline'\].steps\['svc'\] \(SVC\): break_ties=True, exp"),
    (GridSearchCV(TIES, {"C": [1.0]}, cv=2),
     r"GridSearchCV.best_estimator_ \(SVC\): break_ties=True, expected False"),
    (BaggingClassifier(TIES, n_estimators=2, random_state=0),
     r"BaggingClassifier.estimators_\[0\] \(SVC\): break_ties=True, expected False"),
    (voting(SVC()),
     r"VotingClassifier.estimators_\[0\] \(SVC\): break_ties=False, expected True"),
    (voting(OWN),
     r"VotingClassifier.estimators_\[0\] \(SVC\): probability=True, expected False"),
    (AdaBoostClassifier(OWN, n_estimators=2),
     r"AdaBoostClassifier.estimators_\[0\] \(SVC\): probability=True, expected False"),
    (StackingClassifier([("own", GaussianNB())], OWN, cv=2),
     r"StackingClassifier.final_estimator_ \(SVC\): probability=True, expected False"),
    (StackingClassifier([("a", GaussianNB())], HUBER, cv=2),
     r"final_estimator_ \(SGDClassifier\): loss 'modified_huber', expected another"),
    (OneVsOneClassifier(ISOTONIC),
     r"OneVsOneClassifier.estimators_\[0\] \(CalibratedClassifierCV\): method 'isot"),
    (CalibratedClassifierCV(scaled(ISOTONIC), cv=2),
     r"calibrated_classifiers_\[0\].estimator.steps\['calibratedclassifiercv'\] "),
    (StackingClassifier([("own", ISOTONIC)], cv=2),
     r"StackingClassifier.estimators_\[0\] \(Cal.* 'isotonic', expected 'sigmoid'"),
    (OneVsOneClassifier(OneVsOneClassifier(LogisticRegression())),
     r"^OneVsOneClassifier: OneVsOneClassifier inside, expected OneVsRestClassifier"),
    (BaggingClassifier(OneVsOneClassifier(LogisticRegression()), n_estimators=2),
     r"^BaggingClassifier: OneVsOneClassifier inside, expected OneVsRestClassifier"),
    (scaled(OneVsRestClassifier(OWN)),
     r"steps\['onevsrestclassifier'\] .*: support vectors with probability=True, exp"),
    (BaggingClassifier(scaled(LinearSVC()), n_estimators=2, random_state=0),
     r"estimators_\[0\].steps\['linearsvc'\] \(LinearSVC\): the last of a pipeline"),
    (scaled(KNeighborsClassifier(weights=lambda d: 1 / (d + 1))),
     r"Pipeline.steps\['kneighborsclassifier'\] \(K.*\): weights by a function"),
]  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("model", "says"), REFUSED)
def test_what_has_other_answers_is_refused_by_its_place(model, says):
    with pytest.raises(FormatError, match=says):
        import_estimator(model.fit(X, Y))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("model", "says"),
    [
        (voting(RidgeClassifier()), r"\(RidgeC.*\): one decision for two"),
        (AdaBoostClassifier(SVC(), n_estimators=2), r"\(SVC\): one decision for two"),
        (StackingClassifier([("own", GaussianNB())], LinearSVC(), cv=2),
         r"^StackingClassifier.final_estimator_ \(LinearSVC\): one decision for two"),
        (StackingClassifier([("own", SGDClassifier(random_state=0))], cv=2),
         r"^StackingClassifier: decision_function of SGDClassifier for two classes"),
    ],
)  # fmt: skip
def test_one_decision_for_two_classes_is_refused_where_two_are_read(model, says):
    with pytest.raises(FormatError, match=says):
        import_estimator(model.fit(X, Y > 1))


@pytest.mark.filterwarnings("ignore")
def test_names_of_classes_inside_are_refused_with_what_helps():
    model = voting(LogisticRegression(), voting="soft").fit(
        X, np.array(list("abcdefgh"))[Y]
    )
    with pytest.raises(FormatError, match=r"found text, such as \['a'\], expected nu"):
        import_estimator(model)


@pytest.mark.filterwarnings("ignore")
def test_two_classes_have_no_ties_to_break():
    model = scaled(TIES).fit(X, Y > 1)
    found = import_estimator(model)
    assert found.outputs


@pytest.mark.filterwarnings("ignore")
def test_every_part_is_met_once_with_what_is_asked_of_it():
    inner = CalibratedClassifierCV(scaled(LinearSVC()), cv=2)
    model = make_pipeline(OrdinalEncoder(), voting(inner, voting="soft"), memory=None)
    whole = model.fit(np.round(X), Y)
    found = {part.path: (part.use, part.decides) for part in parts_of(whole)}
    vote = "Pipeline.steps['votingclassifier']"
    held = f"{vote}.estimators_[0].calibrated_classifiers_[1].estimator"
    assert found[f"{vote} (VotingClassifier)"] == ("label", False)
    assert found[f"{vote}.estimators_[2] (DecisionTreeClassifier)"] == ("scores", False)
    assert found[f"{held} (Pipeline)"] == ("scores", True)
    assert found[f"{held}.steps['linearsvc'] (LinearSVC)"] == ("scores", True)
    assert len(found) == 1 + 1 + 1 + 3 + 2 * 3
