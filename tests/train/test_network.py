"""Networks of the zoo: rebuilt from data, exported, compiled in float32 and int8."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from ecmkit import graph
from ecmkit.train import Network, fit, model_of, train_network
from ecmkit.train.zoo import ARCHITECTURES
from tests.synthetic import table
from tests.train.waves import waves

SMALL = {
    "mlp": {"widths": (8, 6)},
    "autoencoder": {"widths": (6, 3, 6)},
    "vae": {"widths": (6,), "latent": 2, "decoder": (5,)},
    "ds-cnn": {"widths": (6, 8, 8), "first_kernel": 9, "kernel": 5, "stride": 2},
    "tcn": {"widths": (6, 8), "inner": (4, 6)},
    "gru": {"widths": (6, 5), "stem": (4,), "stride": 2, "kernel": 4},
    "resnet": {"widths": (4, 6, 6), "first_kernel": 5, "kernel": 3, "thin": 2},
}
CASES = [(name, False) for name in SMALL]
CASES += [(name, True) for name in ("mlp", "ds-cnn", "gru")]


def learnt(architecture, *, target=False, **options):
    return fit(
        waves(target=target), family=architecture, seed=3, epochs=3,
        **SMALL[architecture], **options,
    )  # fmt: skip


def on_host(compiled):
    host = graph.GraphOnHost(compiled, flags=("-O0",))
    return lambda x: np.concatenate(
        [host.run(row.reshape(compiled.inputs[0].tensor.shape))[0] for row in x]
    )


def test_curves_have_a_number_of_each_epoch():
    curves = learnt("mlp").curves
    assert {"loss", "held_loss", "held_score"} <= set(curves)
    assert {len(values) for values in curves.values()} == {3}


def test_every_architecture_is_tested_here():
    assert set(SMALL) == set(ARCHITECTURES)


@pytest.mark.parametrize(("architecture", "target"), CASES)
def test_c_computes_what_the_network_computes(architecture, target):
    data = waves(target=target)
    family = architecture
    if architecture == "autoencoder":  # the family has a trainer of its own
        network = Network.new("autoencoder", data.shape, 1, "anomaly", 3, widths=(6,))
        network = train_network(network.scaled(data), data, seed=3, epochs=3)
        model = model_of(network, data, seed=3)
    else:
        model = learnt(family, target=target)
    x = data.x[:12]
    expected = model.predict(x)
    with torch.no_grad():
        plain = model.network.module()(torch.from_numpy(x).reshape(-1, *data.shape))
        plain = torch.softmax(plain, 1) if model.kind == "class" else plain
    np.testing.assert_allclose(expected, plain.numpy(), rtol=2e-5, atol=2e-6)
    in_float = replace(model, calibration=None).compile()
    np.testing.assert_allclose(on_host(in_float)(x), expected, rtol=2e-5, atol=2e-6)
    compiled = model.compile()
    assert "ecm_nn" in compiled.source
    assert compiled.flash_bytes < in_float.flash_bytes
    spread = max(float(np.ptp(model.predict(data.x))), 0.05)
    found = on_host(compiled)(x)
    assert np.abs(found - expected).max() < 0.25 * spread
    assert np.abs(found - expected).mean() < 0.06 * spread


@pytest.mark.parametrize("architecture", sorted(SMALL))
def test_networks_are_rebuilt_from_their_data(architecture):
    anomaly = ARCHITECTURES[architecture].anomaly
    task, n = ("anomaly", 1) if anomaly else ("classification", 3)
    network = Network.new(architecture, (2, 48), n, task, 5, **SMALL[architecture])
    again = Network.new(architecture, (2, 48), n, task, 5, **SMALL[architecture])
    assert network.hash == again.hash
    assert network.onnx() == again.onnx()
    other = Network.new(architecture, (2, 48), n, task, 6, **SMALL[architecture])
    assert network.hash != other.hash
    moved = other.with_module(network.module())
    assert moved.hash == network.hash
    counted = sum(p.numel() for p in network.module().parameters())
    assert network.n_weights == counted


def test_widths_describe_a_network_without_some_channels():
    """What compress does: fewer channels are again a network of the zoo."""
    network = Network.new("resnet", (1, 64), 2, "classification", 0)
    assert network.options["inner"] == (16, 24, 32)
    inner = (9, 24, 32)
    small = Network.new("resnet", (1, 64), 2, "classification", 0, inner=inner)
    assert small.n_weights < network.n_weights
    assert small.module()(torch.zeros(1, 1, 64)).shape == (1, 2)


def test_scalers_are_those_of_channels_and_of_features():
    data = waves()
    network = Network.new("ds-cnn", data.shape, 3, "classification", 0).scaled(data)
    wide = data.x.reshape(-1, 2, 48).astype(np.float64)
    np.testing.assert_allclose(network.mean[:, 0], wide.mean((0, 2)), rtol=1e-6)
    np.testing.assert_allclose(network.inv_sd[:, 0], 1 / wide.std((0, 2)), rtol=1e-6)
    flat = table()
    network = Network.new("mlp", (12,), 3, "classification", 0).scaled(flat)
    np.testing.assert_allclose(network.mean, flat.x.mean(0), rtol=1e-3, atol=1e-6)


def test_windows_normalised_by_themselves_forget_level_and_size():
    network = Network.new("ds-cnn", (2, 48), 3, "classification", 0, normalise="window")
    x = torch.from_numpy(waves().x[:5]).reshape(-1, 2, 48)
    with torch.no_grad():
        a, b = network.module()(x), network.module()(7.0 * x - 40.0)
    np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4)
    data = waves()
    model = model_of(network, data)
    np.testing.assert_allclose(
        on_host(replace(model, calibration=None).compile())(data.x[:5]),
        model.predict(data.x[:5]),
        rtol=2e-5,
        atol=2e-6,
    )


@pytest.mark.parametrize(
    ("made", "error", "says"),
    [
        (("ds_cnn", (4,), 2, "classification", {}), ValueError, "mean 'ds-cnn'"),
        (("mlp", (4,), 2, "classification", {"width": 3}), TypeError, "mean 'widths'"),
        (("mlp", (4,), 2, "classification", {"widths": (0,)}), ValueError, "widths"),
        (("mlp", (4,), 2, "classification", {"dropout": 1}), ValueError, "dropout"),
        (("mlp", (1, 2, 3), 2, "classification", {}), ValueError, "shape"),
        (("mlp", (4,), 1, "classification", {}), ValueError, "2 or more"),
        (("mlp", (4,), 1, "anomaly", {}), ValueError, "task 'anomaly'"),
        (("vae", (4,), 1, "regression", {}), ValueError, "expected 'anomaly'"),
        (("vae", (4,), 2, "anomaly", {}), ValueError, "2 outputs"),
        (("tcn", (4,), 2, "classification", {"inner": (3,)}), ValueError, "inner"),
        (
            ("mlp", (4,), 2, "classification", {"normalise": "window"}),
            ValueError,
            "normalise",
        ),
    ],
)
def test_what_no_network_is_made_of_is_refused(made, error, says):
    architecture, shape, n, task, options = made
    with pytest.raises(error, match=says):
        Network.new(architecture, shape, n, task, 0, **options)


def test_weights_of_another_network_are_refused():
    network = Network.new("mlp", (4,), 2, "classification", 0, widths=(3,))
    other = Network.new("mlp", (4,), 2, "classification", 0, widths=(5,))
    with pytest.raises(ValueError, match=r"found \(5, 4\), expected shape \(3, 4\)"):
        network.with_module(other.module())
    module = network.module()
    with torch.no_grad():
        next(module.parameters()).fill_(float("nan"))
    with pytest.raises(ValueError, match="not finite"):
        network.with_module(module)


def test_models_are_written_as_files(tmp_path):
    model = learnt("mlp")
    model.export(tmp_path / "net.onnx")
    assert (tmp_path / "net.onnx").read_bytes() == model.onnx
    model.export(tmp_path / "net.tflite")
    assert graph.import_tflite((tmp_path / "net.tflite").read_bytes()).nodes
    with pytest.raises(ValueError, match=r"expected \.onnx or \.tflite"):
        model.export(tmp_path / "net.pb")
    with pytest.raises(ValueError, match=r"expected \(n, 96\)"):
        model.predict(np.zeros((3, 5)))
    shaped = waves().x.reshape(-1, 2, 48)
    np.testing.assert_array_equal(model.predict(shaped), model.predict(waves().x))
