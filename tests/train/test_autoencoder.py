import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from ecmkit.train import Network, fit_autoencoder
from ecmkit.train.autoencoder import held_out
from tests.graph.oracles import run_onnx
from tests.synthetic import table


def test_what_was_not_seen_scores_higher() -> None:
    data = table(separation=2.0)
    model = fit_autoencoder(data.rows(data.label == "ball"), epochs=40, seed=0)
    fresh = table(separation=2.0, n=400, seed=9)
    score = run_onnx(model.onnx, fresh.x)[:, 0]
    assert roc_auc_score(fresh.label == "normal", score) > 0.9


def test_its_network_computes_the_same() -> None:
    data = table(n=60)
    model = fit_autoencoder(data, epochs=2, hidden=(5, 2, 5), clip=2.0, seed=0)
    network = Network.new("autoencoder", (12,), 1, "anomaly", 0, widths=(5, 2, 5))
    assert model.network is not None
    assert model.network.options.keys() == network.options.keys()
    assert model.network.weights.keys() == network.weights.keys()
    x = 3 * data.x
    with torch.no_grad():
        found = model.network.module()(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(found, model.predict(x), rtol=1e-5)
    assert run_onnx(model.network.onnx(), x).shape == found.shape


def test_calibration_are_windows_of_the_table() -> None:
    data = table(n=700)
    model = fit_autoencoder(data, epochs=1, seed=0)
    assert model.calibration is not None
    assert model.calibration.shape == (512, 12)
    rows = {row.tobytes() for row in data.x}
    assert all(row.tobytes() in rows for row in model.calibration)


def test_training_stops_early_and_keeps_the_best() -> None:
    short = fit_autoencoder(table(), epochs=5, patience=1000, seed=0)
    patient = fit_autoencoder(table(), epochs=30, patience=3, seed=0)
    assert float(patient.params["held_out_error"]) <= float(
        short.params["held_out_error"]
    )


def test_threads_and_random_state_of_torch_are_put_back() -> None:
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    fit_autoencoder(table(n=40), epochs=1, seed=0)
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), state)


def test_end_of_each_recording_isheld_out() -> None:
    data = table()
    held = held_out(data)
    for recording in np.unique(data.recording):
        rows = data.recording == recording
        assert held[rows].sum() == rows.sum() // 5
        assert data.start[rows & held].min() > data.start[rows & ~held].max()


@pytest.mark.parametrize(
    "options",
    [
        {"epochs": 0},
        {"batch": 0},
        {"hidden": ()},
        {"hidden": (8, 0)},
        {"clip": 0.0},
        {"learning_rate": -1.0},
    ],
)
def test_settings_out_of_range_are_refused(options: dict) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        fit_autoencoder(table(), seed=0, **options)


def test_diverging_training_is_an_error() -> None:
    with pytest.raises(ValueError, match="diverged"):
        fit_autoencoder(table(n=60), epochs=2, learning_rate=1e30, seed=0)
