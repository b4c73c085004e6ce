"""One trained model of each family, shared by the tests of this room."""

import pytest

from ecmkit.graph import CompiledModel, compile_onnx
from ecmkit.train import TrainedModel, fit_autoencoder, fit_forest, fit_kmeans
from tests.synthetic import table


def compiled(model: TrainedModel, **options: object) -> CompiledModel:
    return compile_onnx(
        model.onnx,
        name=model.name,
        kind=model.kind,
        outputs=model.outputs,
        calibration=model.calibration,
        **options,
    )


@pytest.fixture(scope="session")
def trained() -> dict[str, TrainedModel]:
    data = table()
    return {
        "forest": fit_forest(data, n_trees=10, seed=1),
        "kmeans": fit_kmeans(data, n_clusters=5, seed=1),
        "autoencoder": fit_autoencoder(data, epochs=40, seed=1),
    }


@pytest.fixture(scope="session")
def models(trained: dict[str, TrainedModel]) -> dict[str, CompiledModel]:
    return {name: compiled(model) for name, model in trained.items()}
