import msgspec
import numpy as np
import pytest

from ecmkit.features import FeaturePlan, fit_scaler
from ecmkit.train import fit_encoder
from tests.features.tables import dataset
from tests.synthetic import table

PLAN = FeaturePlan(
    channel="DE",
    unit="g",
    fs_hz=12000.0,
    range=16.0,
    window_len=512,
    hop_len=256,
    features=("rms", "peak", "peak_to_peak", "mean_abs", "kurtosis", "crest"),
)


def test_a_trained_encoder_is_a_block_of_the_plan() -> None:
    recordings = dataset()
    scaled = msgspec.structs.replace(PLAN, scaler=fit_scaler(PLAN.extract(recordings)))
    features = scaled.extract(recordings)
    step = fit_encoder(features, hidden=(8, 3), epochs=60, seed=1)
    assert [len(layer.weights) for layer in step.layers] == [8, 3]
    plan = msgspec.structs.replace(scaled, encode=step)
    found = plan.extract(recordings)
    assert found.names[-3:] == ("latent1", "latent2", "latent3")
    latent = found.x[:, -3:].astype(np.float64)
    assert (latent >= 0).all()
    # What the narrow layer holds says most of the features, even in a linear way.
    x = features.x.astype(np.float64)
    known = np.column_stack([latent, np.ones(len(latent))])
    left = x - known @ np.linalg.lstsq(known, x, rcond=None)[0]
    assert left.var() < 0.5 * x.var()


def test_the_same_seed_gives_the_same_encoder() -> None:
    data = table(n=60)
    one, two = (fit_encoder(data, epochs=2, seed=5) for _ in range(2))
    assert one == two
    assert fit_encoder(data, epochs=2, seed=6) != one


def test_features_beyond_the_clip_saturate() -> None:
    step = fit_encoder(table(n=60), hidden=(4,), epochs=1, clip=2.0, seed=0)
    assert len(step.layers) == 1
    assert step.layers[0].output_min == step.layers[0].output_zero


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"hidden": ()}, "encoder: hidden"),
        ({"hidden": (4, 0)}, "encoder: hidden"),
        ({"epochs": 0}, "encoder: hidden .* epochs 0"),
        ({"clip": 0.0}, "encoder: clip 0.0"),
        ({"learning_rate": -1.0}, "encoder: clip .* learning_rate -1.0"),
    ],
)
def test_settings_are_named(settings: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        fit_encoder(table(n=40), seed=0, **settings)  # type: ignore[arg-type]
