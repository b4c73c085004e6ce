"""Champion and challenger in one package: on this machine, on a core, in frames."""

from dataclasses import replace

import numpy as np
import pytest

from ecmkit.bench import Budget, GateReport, Golden, HostApp, gate, read_image
from ecmkit.bench.records import EVENT_DTYPE
from ecmkit.bench.stack import prove_stack
from ecmkit.formats import StatusFrame, decode_frame
from ecmkit.package import Package, build
from ecmkit.targets import Target
from tests.package.sample import SPEED_HZ, application, models, rivals, signal

GOLDEN = Golden(x=signal(30), speed_hz=SPEED_HZ, frames=8)
NONE = 23
MEANT = np.array([0, NONE, 1])
"""Classes of the champion that those of the challenger are."""


@pytest.fixture(scope="module")
def both(target: Target, tmp_path_factory: pytest.TempPathFactory) -> Package:
    out = tmp_path_factory.mktemp("both") / "pump"
    return build(application(shadow=rivals()), target=target, out=out)


@pytest.fixture(scope="module")
def twin(both: Package) -> HostApp:
    return HostApp(both)


def test_a_challenger_changes_nothing_but_what_is_said_of_it(
    twin: HostApp, host_app: HostApp
) -> None:
    found, alone = twin.run(GOLDEN), host_app.run(GOLDEN)
    own = [n for n in EVENT_DTYPE.names or () if not n.startswith("shadow")]
    assert len(found.events) == 30
    for name in own:
        np.testing.assert_array_equal(found.events[name], alone.events[name])
    np.testing.assert_array_equal(found.features, alone.features)
    np.testing.assert_array_equal(found.outputs[:, :4], alone.outputs)
    assert (alone.events["shadow_class_id"] == NONE).all()
    # The shadow's outputs are those of its model on the same features.
    for columns, model in zip((slice(4, 7), slice(7, 8)), rivals(), strict=True):
        expected = model.predict(found.features)
        np.testing.assert_array_equal(found.outputs[:, columns], expected)
    most = found.outputs[:, 4:7].argmax(axis=1)
    np.testing.assert_array_equal(found.events["shadow_class_id"], MEANT[most])
    np.testing.assert_array_equal(
        found.events["shadow_probability"], found.outputs[:, 4:7].max(axis=1)
    )


def test_frames_tell_windows_agreements_and_the_mean_difference(twin: HostApp) -> None:
    found = twin.run(GOLDEN)
    agreed = found.events["shadow_class_id"] == found.events["class_id"]
    assert 0 < agreed.sum() < 30
    read = [decode_frame(data) for data in found.frames]
    said = [f.shadow for f in read if isinstance(f, StatusFrame) and f.shadow]
    assert len(said) == 1
    assert (said[0].windows, said[0].agreed) == (30, agreed.sum())
    difference = np.abs(found.outputs[:, 7] - found.outputs[:, 3]).mean()
    assert said[0].differences == (pytest.approx(difference, rel=2**-10),)


def test_the_package_names_both(both: Package) -> None:
    entries = both.manifest.models
    assert [m.name for m in entries] == [
        "classifier", "anomaly", "shadow_classifier", "shadow_anomaly",
    ]  # fmt: skip
    assert [m.champion for m in entries] == ["", "", "classifier", "anomaly"]
    assert [m.hash for m in entries] == [m.hash for m in (*models(), *rivals())]
    assert both.outputs[3:5] == ("distance", "shadow_classifier.healthy")
    words = (both.path / "README.md").read_text("utf-8")
    assert "`shadow_classifier` (class, challenger of `classifier`): healthy" in words


@pytest.mark.emulator
def test_both_are_gated_bit_for_bit_and_the_longest_step_has_a_budget(
    both: Package, target: Target, twin: HostApp
) -> None:
    def judged(budget: Budget) -> GateReport:
        golden = replace(GOLDEN, x=signal(3))
        return gate(both, target=target, golden=golden, budget=budget, host=twin)

    report = judged(Budget())
    assert report.parity.differences == 0
    stages = {stage.name: stage.count for stage in report.stages}
    assert stages["shadow_classifier"] > 0
    assert stages["shadow_anomaly"] > 0
    rows = {row.what: row for row in report.rows}
    step = rows["instructions per step"]
    assert step.label == "emulated"
    # The longest of them all: steps are slices of the stages that are no push.
    steps = [stages[n] for n in stages if n not in ("push", "init", "report")]
    assert max(steps) <= step.value < rows["instructions per window"].value
    missed = judged(Budget(instructions_per_step=int(step.value) - 1))
    assert not missed.passed
    assert "per step" in missed.misses[0]
    assert "is 1 above the budget" in missed.misses[0]


@pytest.mark.emulator
def test_the_stack_of_both_is_proven(
    both: Package, package: Package, target: Target
) -> None:
    """And who has no challenger does not link what is done with them."""
    proof = prove_stack(both.firmware, target, library=both.library)
    assert proof.proven, (proof.unknown, proof.recursive)
    models = {f"ecm_model_{model.name}" for model in both.manifest.models}
    assert models <= set(proof.indirect["app_shadow_run"])
    linked = {symbol.name for symbol in read_image(both.firmware, target).symbols}
    alone = {symbol.name for symbol in read_image(package.firmware, target).symbols}
    own = {"ecm_app_shadow_calls", "ecm_frame_encode_shadow"}
    assert own <= linked
    assert not own & alone


def test_what_does_not_fit_is_refused_by_name() -> None:
    classifier, anomaly = rivals()
    with pytest.raises(ValueError, match="shadow: found 2 challengers of model class"):
        application(shadow=(classifier, replace(classifier, name="other")))
    with pytest.raises(
        ValueError, match="shadow: model anomaly is score far, expected"
    ):
        application(shadow=(replace(anomaly, outputs=("far",)),))
    with pytest.raises(ValueError, match="shadow: models have the same name"):
        application(shadow=(anomaly, replace(classifier, name="shadow_anomaly")))
    assert application(shadow=(anomaly,)).model_id != application().model_id
