"""Compiled models as an MLflow model: the server runs the C of the device.

The folder holds C text and numbers, no pickle: the models, the files of the device
library that they call, and one small script by which MLflow finds this module. Loading
checks every file by its hash and compiles; a machine without a C compiler says so.
"""

import hashlib
import os
import re
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from ecmkit.errors import FormatError
from ecmkit.graph.host import GraphOnHost, library_of
from ecmkit.graph.model import CompiledModel

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["ServedModels", "load_served", "read_served", "write_pyfunc"]

_MANIFEST = "manifest.json"
_SCRIPT = Path(__file__).with_name("pyfunc_script.py")


class _Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What lies beside the C."""

    version: int = 1
    """Format version of this record."""
    features: tuple[str, ...]
    """Names of the inputs in order; empty if they have none."""
    contract_id: str
    """Hash of the feature contract; empty if there is none."""
    models: tuple[CompiledModel, ...]
    """Without their sources, which are files."""
    hashes: tuple[str, ...]
    """`CompiledModel.hash` of each."""
    files: dict[str, str]
    """SHA-256 of every other file, by its path."""


class _Column(NamedTuple):
    name: str
    kind: np.dtype[Any]


class ServedModels:
    """Compiled models that read the same rows, as one.

    Parameters
    ----------
    models : sequence of CompiledModel
        Of one input and one result each.
    features : sequence of str
        Names of the inputs in order; empty if they have none.
    csrc : Path, optional
        Sources of the device library to build them with.
    """

    def __init__(
        self,
        models: Sequence[CompiledModel],
        *,
        features: Sequence[str] = (),
        csrc: Path | None = None,
    ) -> None:
        self.models = tuple(models)
        self.features = tuple(features)
        # A server has several threads, and a model may keep values between rows.
        self._lock = Lock()
        self._hosts = [GraphOnHost(model, csrc=csrc) for model in models]

    @cached_property
    def outputs(self) -> tuple[str, ...]:
        """Names of the columns of `predict`."""
        return tuple(column.name for column in _columns(self.models))

    def predict(self, x: "DataFrame | NDArray[Any]") -> "DataFrame":
        """Run all models on rows.

        Parameters
        ----------
        x : DataFrame or ndarray, shape (n, n_features)
            Columns of a frame are taken by name, in any order.

        Returns
        -------
        DataFrame, shape (n, n_outputs)
            The bits of `CompiledModel.predict` of each, side by side.

        Raises
        ------
        ValueError
            If a feature is missing or the shape does not fit.
        """
        import pandas as pd

        rows = self._rows(x)
        with self._lock:
            made = [host.predict(rows) for host in self._hosts]
        columns = {
            name: values
            for part, names in zip(made, _names(self.models), strict=True)
            for name, values in zip(names, part.T, strict=True)
        }
        return pd.DataFrame(columns)

    def _rows(self, x: "DataFrame | NDArray[Any]") -> NDArray[Any]:
        kind = self.models[0].inputs[0].tensor.numpy
        if isinstance(x, np.ndarray):
            return np.ascontiguousarray(x, kind)
        if not self.features:
            return np.ascontiguousarray(x.to_numpy(), kind)
        missing = [name for name in self.features if name not in x.columns]
        if missing:
            raise ValueError(
                f"features {', '.join(missing)}: found none, expected columns "
                f"{', '.join(self.features)}"
            )
        return np.ascontiguousarray(x[list(self.features)].to_numpy(), kind)


def write_pyfunc(
    folder: Path,
    models: Sequence[CompiledModel],
    *,
    features: Sequence[str] = (),
    contract_id: str = "",
) -> None:
    """Write compiled models as an MLflow model of flavour ``python_function``.

    ``mlflow models serve`` and ``mlflow.pyfunc.load_model`` then run exactly the C of
    the models, on any machine with ecmkit and a C compiler.

    Parameters
    ----------
    folder : Path
        Where to; it must not be there yet.
    models : sequence of CompiledModel
        At least one; all read the same rows, of one input and one result each.
    features : sequence of str
        Names of the inputs in order. With names the model takes a table with these
        columns, without it takes an array of shape (n, n_features).
    contract_id : str
        Hash of the feature contract, kept in the manifest.

    Raises
    ------
    ValueError
        If the models do not fit each other or the names.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import mkdtemp
    >>> import mlflow
    >>> import numpy as np
    >>> from onnx import TensorProto, helper
    >>> from ecmkit import graph
    >>> value = helper.make_tensor_value_info
    >>> made = helper.make_graph(
    ...     [helper.make_node("ReduceMax", ["x"], ["y"], axes=[1])], "g",
    ...     [value("x", TensorProto.FLOAT, ["n", 2])],
    ...     [value("y", TensorProto.FLOAT, ["n", 1])],
    ... )
    >>> opsets = [helper.make_opsetid("", 17)]
    >>> data = helper.make_model(made, ir_version=8, opset_imports=opsets)
    >>> model = graph.compile_onnx(
    ...     data.SerializeToString(), name="most", kind="score", outputs=["most"]
    ... )
    >>> folder = Path(mkdtemp()) / "most"
    >>> graph.write_pyfunc(folder, [model])
    >>> served = mlflow.pyfunc.load_model(str(folder))
    >>> served.predict(np.array([[1, 2], [4, 3]], np.float32))
       most
    0   2.0
    1   4.0
    """
    _check(models, features)
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    from mlflow import pyfunc

    with tempfile.TemporaryDirectory(prefix="ecmkit-pyfunc-") as place:
        inside = Path(place, "model")
        _write_sources(inside, models, tuple(features), contract_id)
        with warnings.catch_warnings():
            # It asks for an example of the input, which the signature replaces.
            warnings.simplefilter("ignore")
            pyfunc.save_model(
                folder,
                python_model=str(_SCRIPT),
                artifacts={"model": str(inside)},
                signature=_signature(models, features),
                pip_requirements=[f"ecmkit=={version('ecmkit')}"],
            )
    _forget_place(folder / "MLmodel")


def load_served(folder: Path) -> ServedModels:
    """Check what `write_pyfunc` wrote, and compile it.

    Parameters
    ----------
    folder : Path
        ``artifacts/model`` of the MLflow model.

    Raises
    ------
    FormatError
        Naming the file that is missing, damaged, or of an unknown version.
    MissingError
        If this machine has no C compiler.
    """
    found, models = _read(folder)
    return ServedModels(models, features=found.features, csrc=folder / "csrc")


def read_served(folder: Path) -> tuple[CompiledModel, ...]:
    """Check the models that `write_pyfunc` wrote, and read them as they were given.

    Parameters
    ----------
    folder : Path
        ``artifacts/model`` of the MLflow model.

    Raises
    ------
    FormatError
        As `load_served`.
    """
    return _read(folder)[1]


def _read(folder: Path) -> tuple[_Manifest, tuple[CompiledModel, ...]]:
    path = folder / _MANIFEST
    try:
        found = msgspec.json.decode(path.read_bytes(), type=_Manifest)
    except (OSError, msgspec.DecodeError) as error:
        raise FormatError(f"{path}: {error}") from error
    if found.version != 1:
        raise FormatError(f"{path}: version: found {found.version}, expected 1")
    for name, digest in found.files.items():
        _check_file(folder / name, digest)
    models = []
    for model, digest in zip(found.models, found.hashes, strict=True):
        source = (folder / f"{model.symbol}.c").read_text("utf-8")
        whole = replace(model, source=source)
        if whole.hash != digest:
            raise FormatError(
                f"{path}: model {model.name!r}: found hash {whole.hash}, expected "
                f"{digest}"
            )
        models.append(whole)
    return found, tuple(models)


def _check(models: Sequence[CompiledModel], features: Sequence[str]) -> None:
    if not models:
        raise ValueError("models: found none, expected at least one")
    first = models[0]
    for model in models:
        if len(model.inputs) != 1 or len(model.results) != 1:
            raise ValueError(
                f"model {model.name!r}: {len(model.inputs)} inputs and "
                f"{len(model.results)} results, expected one of each"
            )
        own, other = model.inputs[0].tensor, first.inputs[0].tensor
        if (own.size, own.dtype) != (other.size, other.dtype):
            raise ValueError(
                f"model {model.name!r} reads {own}, model {first.name!r} {other}: "
                "expected the same rows"
            )
    if len({model.symbol for model in models}) != len(models):
        raise ValueError("models: found a name twice, expected different names")
    if features and len(features) != first.n_features:
        raise ValueError(
            f"features: found {len(features)} names, expected {first.n_features}"
        )


def _names(models: Sequence[CompiledModel]) -> list[tuple[str, ...]]:
    """Names of the columns of each model, all different."""
    own = [
        model.outputs
        if len(model.outputs) == model.results[0].tensor.size
        else tuple(
            f"{model.outputs[0]}_{at}" for at in range(model.results[0].tensor.size)
        )
        for model in models
    ]
    flat = [name for names in own for name in names]
    if len(set(flat)) == len(flat):
        return own
    return [
        tuple(f"{model.name}.{name}" for name in names)
        for model, names in zip(models, own, strict=True)
    ]


def _columns(models: Sequence[CompiledModel]) -> list[_Column]:
    return [
        _Column(name, model.results[0].tensor.numpy)
        for model, names in zip(models, _names(models), strict=True)
        for name in names
    ]


def _signature(models: Sequence[CompiledModel], features: Sequence[str]) -> Any:
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema, TensorSpec

    tensor = models[0].inputs[0].tensor
    if features:
        given = Schema([ColSpec(_kind(tensor.numpy), name) for name in features])
    else:
        given = Schema([TensorSpec(tensor.numpy, (-1, tensor.size))])
    made = [ColSpec(_kind(column.kind), column.name) for column in _columns(models)]
    return ModelSignature(given, Schema(made))


def _kind(dtype: np.dtype[Any]) -> str:
    """Name that MLflow has for the elements of a column."""
    if dtype.kind == "f":
        return "float" if dtype.itemsize == 4 else "double"
    return "integer" if np.can_cast(dtype, np.int32) else "long"


def _write_sources(
    folder: Path,
    models: Sequence[CompiledModel],
    features: tuple[str, ...],
    contract_id: str,
) -> None:
    needed = sorted({name for model in models for name in model.modules})
    library = library_of([*needed, "base", "weights"])
    files = {f"csrc/{name}": data for name, data in library.items()}
    files |= {f"{model.symbol}.c": model.source.encode() for model in models}
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    manifest = _Manifest(
        features=features,
        contract_id=contract_id,
        models=tuple(replace(model, source="") for model in models),
        hashes=tuple(model.hash for model in models),
        files=_digests(files),
    )
    encoded = msgspec.json.format(msgspec.json.encode(manifest, order="sorted"))
    (folder / _MANIFEST).write_bytes(encoded)


def _digests(files: Mapping[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}


def _check_file(path: Path, digest: str) -> None:
    if not path.is_file():
        raise FormatError(f"{path}: found no file, expected one with hash {digest}")
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != digest:
        raise FormatError(f"{path}: found hash {found}, expected {digest}")


def _forget_place(path: Path) -> None:
    """Leave out where the files were before they were copied here."""
    text = path.read_text("utf-8")
    text = re.sub(r"(?m)^(\s+uri: ).*$", r"\1artifacts/model", text)
    text = re.sub(r"(?m)^(\s+model_code_path: ).*$", rf"\1{_SCRIPT.name}", text)
    path.write_text(text, "utf-8")
