"""A network as plain data: its place in the zoo, its scaler and its weights."""

import math
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ecmkit.features.table import FeatureTable
from ecmkit.formats import content_hash
from ecmkit.train.scaler import Scaler

__all__ = ["Network", "Task", "task_of"]

Task = Literal["classification", "regression", "anomaly"]

_OPSET = 17


@dataclass(frozen=True, kw_only=True)
class Network:
    """A network of the zoo, trained or not."""

    architecture: str
    """Name in the zoo, such as ``ds-cnn``."""
    shape: tuple[int, ...]
    """Of a row: (n_features,) or (n_channels, n_samples)."""
    n_outputs: int
    task: Task
    options: Mapping[str, Any]
    """Numbers, texts and tuples that rebuild it, such as the widths of all layers."""
    mean: NDArray[np.float32]
    """Of each feature, shape (n_features,), or channel, shape (n_channels, 1)."""
    inv_sd: NDArray[np.float32]
    target_mean: float = 0.0
    target_sd: float = 1.0
    """Unit of the outputs of a regression."""
    weights: Mapping[str, NDArray[Any]] = field(repr=False)
    """By the names that PyTorch gives them, running statistics included."""

    @classmethod
    def new(
        cls,
        architecture: str,
        shape: tuple[int, ...],
        n_outputs: int,
        task: Task,
        seed: int,
        **options: Any,
    ) -> "Network":
        """Build an untrained network without a scaler.

        Parameters
        ----------
        architecture : str
            One of ``mlp``, ``autoencoder``, ``vae``, ``ds-cnn``, ``tcn``, ``gru``,
            ``resnet``.
        shape : tuple of int
            Of a row: (n_features,) or (n_channels, n_samples).
        n_outputs : int
            Classes, values, or 1 for an anomaly score.
        task : {"classification", "regression", "anomaly"}
            Autoencoders do the last, all others the first two.
        seed : int
            Decides the weights.
        **options
            Of the architecture; those left out are filled in for the shape.

        Raises
        ------
        ValueError
            If there is no such architecture, an option is out of range, or task and
            outputs do not fit the architecture.
        TypeError
            If there is no such option.

        Examples
        --------
        >>> network = Network.new("mlp", (4,), 3, "classification", 0, widths=(8,))
        >>> network.n_weights
        67
        """
        from ecmkit.train.zoo import ARCHITECTURES, Net, resolved

        made = resolved(architecture, tuple(shape), options)
        anomaly = ARCHITECTURES[architecture].anomaly
        least = 2 if task == "classification" else 1
        if task not in get_args(Task) or anomaly != (task == "anomaly"):
            wanted = "'anomaly'" if anomaly else "'classification' or 'regression'"
            raise ValueError(f"{architecture}: task {task!r}, expected {wanted}")
        if n_outputs < least or (anomaly and n_outputs != 1):
            raise ValueError(
                f"{architecture}: {n_outputs} outputs for {task}, expected "
                f"{'1' if anomaly else f'{least} or more'}"
            )
        with quiet_torch(seed):
            net = Net(
                tuple(shape),
                n_outputs,
                made,
                architecture=architecture,
                regression=task == "regression",
            )
        rows = (shape[0], *(1 for _ in shape[1:]))
        return cls(
            architecture=architecture,
            shape=tuple(shape),
            n_outputs=n_outputs,
            task=task,
            options=made,
            mean=np.zeros(rows, np.float32),
            inv_sd=np.ones(rows, np.float32),
            weights=_arrays(net.state_dict()),
        )

    @property
    def n_weights(self) -> int:
        """Numbers that training changes, running statistics not among them."""
        names = (n for n in self.weights if "running_" not in n and "batches" not in n)
        return sum(self.weights[name].size for name in names)

    @property
    def hash(self) -> str:
        """SHA-256 of all that decides what it computes."""
        options = sorted((key, str(value)) for key, value in self.options.items())
        weights = [part for pair in sorted(self.weights.items()) for part in pair]
        return content_hash(
            self.architecture, self.shape, self.n_outputs, self.task, options,
            self.mean, self.inv_sd, repr((self.target_mean, self.target_sd)), *weights,
        )  # fmt: skip

    def scaled(self, table: FeatureTable) -> "Network":
        """Return it with the scaler of a table and, for regression, of its target.

        Parameters
        ----------
        table : FeatureTable
            Rows to learn from, not those held out.
        """
        wide = table.x.reshape(len(table.x), self.shape[0], -1)
        columns = np.moveaxis(wide, 1, 2).reshape(-1, self.shape[0])
        scaler = Scaler.fit(np.ascontiguousarray(columns))
        made = replace(
            self,
            mean=scaler.mean.reshape(self.mean.shape),
            inv_sd=scaler.inv_sd.reshape(self.mean.shape),
        )
        if self.task != "regression" or table.target is None:
            return made
        target = table.target.astype(np.float64)
        sd = float(np.float32(target.std())) or 1.0
        return replace(made, target_mean=float(np.float32(target.mean())), target_sd=sd)

    def module(self) -> Any:
        """Return it as ``torch.nn.Module`` in evaluation mode.

        Returns
        -------
        torch.nn.Module
            Takes raw rows of shape (n, *shape), float32; gives logits of classes, shape
            (n, n_outputs), values in the unit of the target, or scores, shape (n, 1).
        """
        import torch

        from ecmkit.train.zoo import Net

        with quiet_torch(0):
            net = Net(
                self.shape,
                self.n_outputs,
                dict(self.options),
                architecture=self.architecture,
                regression=self.task == "regression",
            )
        net.load_state_dict(
            {name: torch.tensor(value) for name, value in self.weights.items()}
        )
        net.mean = torch.tensor(self.mean)
        net.inv_sd = torch.tensor(self.inv_sd)
        net.target_mean = torch.tensor([self.target_mean])
        net.target_sd = torch.tensor([self.target_sd])
        return net.eval()

    def with_module(self, module: Any) -> "Network":
        """Return it with the weights of a module of the same architecture.

        Parameters
        ----------
        module : torch.nn.Module
            From `module`; what else it holds is left out.

        Raises
        ------
        ValueError
            If a weight is missing, of another shape, or not finite; names it.
        """
        found = _arrays(module.state_dict())
        for name, old in self.weights.items():
            if name not in found or found[name].shape != old.shape:
                shape = found[name].shape if name in found else "none"
                raise ValueError(
                    f"weights {name!r}: found {shape}, expected shape {old.shape}"
                )
            if not np.isfinite(found[name]).all():
                raise ValueError(f"weights {name!r} are not finite")
        return replace(self, weights={name: found[name] for name in self.weights})

    def onnx(self) -> bytes:
        """Serialise as ONNX that takes ``features`` of shape (n, n_features).

        Returns
        -------
        bytes
            With one output: probabilities of classes, values, or the score. The same
            bytes for the same network.
        """
        import onnx
        import torch

        from ecmkit.train.zoo import Exported

        n = math.prod(self.shape)
        file = BytesIO()
        with warnings.catch_warnings(), quiet_torch(0):
            # The exporter that needs no further package says that another one exists.
            warnings.simplefilter("ignore")
            torch.onnx.export(
                Exported(self.module(), self.shape, self.task).eval(),
                (torch.zeros(2, n),),
                file,
                input_names=["features"],
                output_names=["y"],
                dynamic_axes={"features": {0: "n"}, "y": {0: "n"}},
                opset_version=_OPSET,
                dynamo=False,
            )
        model = onnx.load_from_string(file.getvalue())
        model.producer_name, model.producer_version = "ecmkit", ""
        return bytes(model.SerializeToString(deterministic=True))


def task_of(table: FeatureTable, task: Task | None) -> Task:
    """Task of a table: regression if it has a target, else classification."""
    if task is not None:
        return task
    return "classification" if table.target is None else "regression"


@contextmanager
def quiet_torch(seed: int, threads: int = 1) -> Iterator[Any]:
    """Torch on few threads with a seeded generator; both are put back afterwards."""
    import torch

    before = torch.get_num_threads()
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        torch.manual_seed(seed)
        torch.set_num_threads(threads)
        try:
            yield torch
        finally:
            torch.set_num_threads(before)


def _arrays(state: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    return {name: value.detach().cpu().numpy().copy() for name, value in state.items()}
