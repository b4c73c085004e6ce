"""What MLflow stores with compiled models and runs to load them: never a pickle."""

from pathlib import Path
from typing import Any

import mlflow
from mlflow.models import set_model

from ecmkit.graph.export.pyfunc import load_served

__all__: list[str] = []


class _Served(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """Compiled models behind MLflow's interface."""

    # The signature of the model says what type hints would, and MLflow would ask for.
    _skip_type_hint_validation = True

    def load_context(self, context: Any) -> None:
        """Check the files and compile them, when the model is loaded."""
        self._models = load_served(Path(context.artifacts["model"]))

    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]
        """Run the C on rows."""
        return self._models.predict(model_input)


set_model(_Served())
