"""Projection and encoder as blocks of a plan: bits of direct calls, and mistakes."""

import json

import msgspec
import numpy as np
import pytest

from ecmkit._core import project, quant
from ecmkit.features import FeaturePlan, Scaler, Stream, fit_pca, fit_scaler, load_plan
from ecmkit.formats import DenseLayer, EncodeStep, ProjectStep
from tests.features.tables import dataset

PLAN = FeaturePlan(
    channel="DE",
    unit="g",
    fs_hz=12000.0,
    range=16.0,
    window_len=512,
    hop_len=256,
    features=("rms", "kurtosis", "crest", "centroid"),
)
LAYERS = (
    DenseLayer(
        weights=((100, -50, 25, 3), (-127, 64, 32, -9), (10, 20, 30, 99)),
        bias=(100, -200, 50),
        multiplier=(1288490189, 1717986918, 1073741824),
        shift=(-7, -8, -7),
        input_zero=3,
        output_zero=-128,
        output_min=-128,
        output_max=127,
    ),
    DenseLayer(
        weights=((127, -64, 32), (-8, 90, 50)),
        bias=(0, 7),
        multiplier=(1610612736, 1717986918),
        shift=(-6, -7),
        input_zero=-128,
        output_zero=5,
        output_min=5,
        output_max=127,
    ),
)
ENCODE = EncodeStep(layers=LAYERS, input_scale=0.03125, output_scale=0.0625)


@pytest.fixture(scope="module")
def recordings():
    return dataset()


@pytest.fixture(scope="module")
def whole(recordings):
    """Scaled plan, its table, the plan with both blocks, its table."""
    scaled = msgspec.structs.replace(PLAN, scaler=fit_scaler(PLAN.extract(recordings)))
    table = scaled.extract(recordings)
    pca = fit_pca(table, n_components=2, scale=False)
    both = msgspec.structs.replace(scaled, project=pca.step(), encode=ENCODE)
    return scaled, table, pca, both, both.extract(recordings)


def test_blocks_are_further_features(whole) -> None:
    _, table, _, both, found = whole
    assert found.names == (*table.names, "pc1", "pc2", "latent1", "latent2")
    assert both.contract().units == ("1",) * 8
    np.testing.assert_array_equal(found.x[:, :4], table.x)


def test_a_projection_is_what_the_kernel_computes(whole) -> None:
    _, table, pca, _, found = whole
    expected = np.empty((len(table.x), 2), np.float32)
    project.project_f32(pca.mean, pca.components, table.x, expected)
    np.testing.assert_array_equal(found.x[:, 4:6], expected)
    np.testing.assert_array_equal(found.x[:, 4:6], pca.apply(table).x)
    wide = (table.x.astype(np.float64) - pca.mean) @ pca.components.T.astype(np.float64)
    np.testing.assert_allclose(expected, wide, rtol=0, atol=2e-6 * np.abs(wide).max())


def test_an_encoder_is_what_its_integers_say(whole) -> None:
    _, table, _, _, found = whole
    q = np.empty(table.x.shape, np.int8)
    for row, out in zip(table.x, q, strict=True):
        quant.quantize_f32_s8(row, 0.03125, 3, out)
    for layer in LAYERS:
        weights = np.array(layer.weights, np.int64)
        acc = (q.astype(np.int64) - layer.input_zero) @ weights.T + layer.bias
        right = 31 - np.array(layer.shift, np.int64)
        real = acc * np.array(layer.multiplier, np.int64)
        y = (real + (1 << (right - 1))) >> right
        low, high = layer.output_min, layer.output_max
        q = np.clip(y + layer.output_zero, low, high).astype(np.int8)
    expected = (q.astype(np.float32) - 5) * np.float32(0.0625)
    np.testing.assert_array_equal(found.x[:, 6:], expected)
    assert len(np.unique(expected)) > 3


def test_pieces_and_threads_give_the_same_bits(whole, recordings) -> None:
    _, _, _, both, found = whole
    again = both.extract(recordings, threads=2)
    np.testing.assert_array_equal(again.x, found.x)
    first = recordings.recordings[0]
    stream, rows, at = Stream(both), [], 0
    random = np.random.default_rng(4)
    x = first.channel("DE")
    while at < x.size:
        n = int(random.integers(1, 900))
        rows.append(stream.push(x[at : at + n]))
        at += n
    own = found.x[found.recording == first.info.id]
    np.testing.assert_array_equal(np.concatenate(rows), own)


def toml(table: str, record: msgspec.Struct) -> str:
    """Lines of a table of numbers and lists of numbers."""
    rows = msgspec.to_builtins(record).items()
    return "\n".join([table, *(f"{key} = {json.dumps(value)}" for key, value in rows)])


def test_blocks_come_from_a_file(whole, tmp_path) -> None:
    _, _, _, both, _ = whole
    scales = {"input_scale": ENCODE.input_scale, "output_scale": ENCODE.output_scale}
    text = [
        'channel = "DE"\nunit = "g"\nfs_hz = 12000.0\nrange = 16.0\nwindow_len = 512',
        f"hop_len = 256\nfeatures = {json.dumps(PLAN.features)}",
        toml("[scaler]", both.scaler),
        toml("[project]", both.project),
        "[encode]",
        *(f"{key} = {value}" for key, value in scales.items()),
        *(toml("[[encode.layers]]", layer) for layer in LAYERS),
    ]
    path = tmp_path / "own.toml"
    path.write_text("\n".join(text))
    assert load_plan(path).contract().id == both.contract().id


def test_blocks_without_a_scaler_take_features_as_they_are(recordings) -> None:
    step = ProjectStep(mean=(0.0,) * 4, components=((0.0, 1.0, 0.0, 0.0),))
    plan = msgspec.structs.replace(PLAN, project=step)
    table = plan.extract(recordings)
    np.testing.assert_array_equal(table.x[:, 4], table.x[:, 1])


GOOD = ProjectStep(mean=(0.0,) * 4, components=((1.0, 0.0, 0.0, 0.0),))


def layers(**changes: object) -> EncodeStep:
    first = msgspec.structs.replace(LAYERS[0], **changes)
    return msgspec.structs.replace(ENCODE, layers=(first, LAYERS[1]))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"project": ProjectStep(mean=(0.0,), components=((1.0,),))},
            r"project.mean: found 1 numbers, expected 4, one for each feature",
        ),
        (
            {"project": ProjectStep(mean=(0.0,) * 4, components=())},
            r"project.components: found 0, expected 1 \.\.\. 256",
        ),
        (
            {"project": ProjectStep(mean=(0.0,) * 4, components=((1.0,) * 3,))},
            r"project.components\[0\]: found 3 numbers, expected 4",
        ),
        (
            {"project": ProjectStep(mean=(0.0,) * 4, components=((np.nan,) * 4,))},
            "project: found nan, expected finite numbers",
        ),
        (
            {"channel": None, "channels": ("DE", "FE"), "project": GOOD},
            "project: found 2 channels, expected one",
        ),
        (
            {"features": ("rms", "component")},
            r"features\[1\].name: found 'component', expected none: .* `project`",
        ),
        (
            {"encode": msgspec.structs.replace(ENCODE, layers=())},
            r"encode.layers: found 0, expected 1",
        ),
        (
            {"encode": layers(weights=((1, 2, 3, 4),))},
            r"encode.layers\[0\].bias: found 3 numbers, expected 1",
        ),
        (
            {"encode": layers(weights=((1, 2, 3, 128),) * 3)},
            r"encode.layers\[0\].weights\[0\]: found 128, expected -128 \.\.\. 127",
        ),
        (
            {"encode": layers(shift=(0, 31, 0))},
            r"encode.layers\[0\].shift: found 31, expected -31 \.\.\. 30",
        ),
        (
            {"encode": layers(output_min=9, output_max=8)},
            r"encode.layers\[0\].output_max: found 8, expected 9 or more",
        ),
        (
            {"encode": msgspec.structs.replace(ENCODE, input_scale=0.0)},
            "encode.input_scale: found 0.0, expected above 0",
        ),
        (
            {
                "project": GOOD,
                "scaler": Scaler(kind="linear", offset=(0.0,) * 5, factor=(1.0,) * 5),
            },
            "scaler.offset: found 5 numbers, expected 4, one for each feature",
        ),
    ],
)
def test_mistakes_are_named(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        msgspec.structs.replace(PLAN, **changes)
