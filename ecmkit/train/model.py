"""A trained model: portable bytes and where they came from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit import graph
from ecmkit.formats import content_hash, write_atomic
from ecmkit.train.network import Network

__all__ = ["TrainedModel"]


@dataclass(frozen=True, kw_only=True)
class TrainedModel:
    """A model as ONNX, with the lineage that the registry records."""

    name: str
    """Such as ``classifier``; a C identifier."""
    family: str
    """Such as ``random-forest``, ``k-means``, ``autoencoder``."""
    kind: Literal["class", "score", "values"]
    """Class probabilities, an anomaly score, or what regression finds."""
    onnx: bytes
    """Serialised ONNX model: features of shape (n, n_features) float32 in."""
    outputs: tuple[str, ...]
    """Class names in order, or the name of the score or value."""
    n_features: int
    calibration: NDArray[np.float32] | None = None
    """Features for quantisation, shape (n, n_features), if the model is quantised."""
    params: dict[str, str] = field(default_factory=dict)
    """Settings of the training, as text."""
    table_hash: str
    """Hash of the feature table that it was trained on."""
    contract_id: str
    """Hash of the feature contract."""
    seed: int
    quantisation: graph.Quantisation | None = None
    """How it is quantised, if it carries windows; None is the usual way."""
    network: Network | None = field(default=None, repr=False)
    """Of the zoo, if it is one."""
    curves: Mapping[str, Sequence[float]] = field(
        default_factory=dict, repr=False, compare=False
    )
    """By name, a number of each epoch of its training, such as ``held_loss``; empty
    where there are no epochs, or they were not seen."""
    estimator: Any = field(default=None, repr=False, compare=False)
    """Fitted object of scikit-learn or LightGBM, if it is one; not stored."""

    @property
    def hash(self) -> str:
        """SHA-256 of ONNX bytes, names of outputs, and settings of quantisation."""
        how = [] if self.quantisation is None else [self.quantisation]
        return content_hash(self.onnx, self.outputs, *how)

    def predict(self, x: ArrayLike) -> NDArray[np.float32]:
        """Run the ONNX in float32 by onnxruntime, the reference of what is compiled.

        Parameters
        ----------
        x : array-like, shape (n, n_features)
            Rows as in the table, or of its shape.

        Returns
        -------
        ndarray of float32, shape (n, n_outputs)

        Raises
        ------
        ValueError
            If the number of features is another one.
        """
        import onnxruntime

        rows = np.ascontiguousarray(x, np.float32)
        if rows.ndim > 2:
            rows = rows.reshape(len(rows), -1)
        if rows.ndim != 2 or rows.shape[1] != self.n_features:
            raise ValueError(
                f"x has shape {np.shape(x)}, expected (n, {self.n_features})"
            )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(
            self.onnx, options, providers=["CPUExecutionProvider"]
        )
        names = [o.name for o in session.get_outputs() if o.type == "tensor(float)"]
        found = session.run(names[:1], {session.get_inputs()[0].name: rows})[0]
        return np.asarray(found, np.float32).reshape(len(rows), len(self.outputs))

    def compile(
        self,
        *,
        weights: Literal["inline", "data"] = "inline",
        forests: graph.ForestForm | None = None,
    ) -> graph.CompiledModel:
        """Compile to C, in int8 if it carries windows for quantisation.

        Parameters
        ----------
        weights, forests
            See `graph.compile_graph`.

        Raises
        ------
        FormatError
            If a part of it has no form on the device; names it.
        """
        return graph.compile_onnx(
            self.onnx,
            name=self.name,
            kind=self.kind,
            outputs=self.outputs,
            calibration=self.calibration,
            weights=weights,
            contract_id=self.contract_id,
            forests=forests,
            quantisation=self.quantisation,
        )

    def export(self, path: Path) -> None:
        """Write it to a file: ``.onnx``, or ``.tflite``, in int8 if it carries windows.

        Raises
        ------
        ValueError
            If the file ends in anything else.
        FormatError
            If a part of it has no form in TFLite; names it.
        """
        if path.suffix == ".onnx":
            write_atomic(path, self.onnx)
        elif path.suffix == ".tflite":
            made = graph.import_onnx(self.onnx)
            if self.calibration is not None:
                shape = made.tensors[made.inputs[0]].shape
                rows = [[row.reshape(shape)] for row in self.calibration]
                how = self.quantisation or graph.Quantisation()
                made = graph.quantised(made, rows, how)
            write_atomic(path, graph.write_tflite(made))
        else:
            raise ValueError(f"export to {path.name!r}, expected .onnx or .tflite")
