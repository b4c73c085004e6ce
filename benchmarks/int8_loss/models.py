"""Three models of bearing recordings, in float32 and as they run on a device."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from ecmkit import data, evaluate, features, graph, train
from ecmkit.features import FeatureTable

__all__ = [
    "CLASSES",
    "SIZES",
    "Table",
    "Windows",
    "autoencoder",
    "convolutions",
    "forest",
    "raw_windows",
    "recordings",
    "table_of",
]

F32 = NDArray[np.float32]
WINDOW = 1024
CLASSES = ("ball", "inner", "outer")
SIZES = (0.007, 0.014, 0.021)
_OPSET = 17


def recordings(folder: Path) -> data.Dataset:
    """Faults of three sizes and kinds, drive end, 12 kHz, all loads."""
    select = data.Selection(files=("*12k_DE/*",), fault_sizes=SIZES, labels=CLASSES)
    return data.load(folder / "cwru", channel="DE", fs_hz=12000.0, select=select)


@dataclass(frozen=True)
class Windows:
    """Rows of raw samples with what they are."""

    x: F32
    """Shape (n, WINDOW): without mean, in units of the standard deviation."""
    label: NDArray[np.str_]
    size: NDArray[np.float64]
    load: NDArray[np.float64]


def raw_windows(dataset: data.Dataset) -> Windows:
    """Cut recordings of faults into windows that do not overlap."""
    parts, labels, sizes, loads = [], [], [], []
    for recording in dataset:
        x = recording.channel("DE")
        rows = x[: len(x) // WINDOW * WINDOW].reshape(-1, WINDOW).astype(np.float64)
        rows -= rows.mean(axis=1, keepdims=True)
        rows /= rows.std(axis=1, keepdims=True)
        parts.append(rows.astype(np.float32))
        labels += [recording.info.label] * len(rows)
        sizes += [recording.info.fault_size] * len(rows)
        loads += [recording.info.load] * len(rows)
    return Windows(
        np.concatenate(parts), np.array(labels), np.array(sizes), np.array(loads)
    )


@contextmanager
def _one_thread(seed: int) -> Iterator[Any]:
    import torch

    threads = torch.get_num_threads()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        torch.set_num_threads(1)
        try:
            yield torch
        finally:
            torch.set_num_threads(threads)


def fit_convolutions(
    x: F32, label: NDArray[np.str_], *, epochs: int, seed: int
) -> bytes:
    """Train the network of `benchmarks/device_networks`; return it as ONNX."""
    with _one_thread(seed) as torch:
        nn = torch.nn
        net = nn.Sequential(
            nn.Conv1d(1, 16, 64, stride=8), nn.ReLU(),
            nn.Conv1d(16, 32, 3), nn.ReLU(), nn.MaxPool1d(2),
            nn.Conv1d(32, 64, 3), nn.ReLU(), nn.MaxPool1d(2),
            nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(64, len(CLASSES)),
        )  # fmt: skip
        adam = torch.optim.Adam(net.parameters(), lr=2e-3, weight_decay=1e-4)
        y = torch.from_numpy(np.searchsorted(CLASSES, label))
        rows = torch.from_numpy(x[:, None])
        weight = 1.0 / torch.bincount(y).float()
        for _ in range(epochs):
            for some in torch.randperm(len(rows)).split(128):
                adam.zero_grad()
                loss = nn.functional.cross_entropy(net(rows[some]), y[some], weight)
                loss.backward()
                adam.step()
        return _onnx_of(
            {name: value.numpy() for name, value in net.state_dict().items()}
        )


def _onnx_of(weights: dict[str, F32]) -> bytes:
    """The trained network, written node by node."""
    conv = {"0": 8, "2": 1, "5": 1}
    nodes, last = [], "x"
    for at, op in enumerate(
        ("Conv", "Relu", "Conv", "Relu", "MaxPool", "Conv", "Relu", "MaxPool")
    ):
        inputs, attrs = [last], {}
        if op == "Conv":
            inputs += [f"{at}.weight", f"{at}.bias"]
            attrs = {"strides": [conv[str(at)]]}
        elif op == "MaxPool":
            attrs = {"kernel_shape": [2], "strides": [2]}
        nodes.append(helper.make_node(op, inputs, [f"v{at}"], **attrs))
        last = f"v{at}"
    nodes += [
        helper.make_node("GlobalAveragePool", [last], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["flat"]),
        helper.make_node("Gemm", ["flat", "10.weight", "10.bias"], ["y"], transB=1),
    ]
    value = helper.make_tensor_value_info
    made = helper.make_graph(
        nodes,
        "convolutions",
        [value("x", TensorProto.FLOAT, ["n", 1, WINDOW])],
        [value("y", TensorProto.FLOAT, ["n", len(CLASSES)])],
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    opsets = [helper.make_opsetid("", _OPSET)]
    model = helper.make_model(made, ir_version=8, opset_imports=opsets)
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())


def _balanced(label: NDArray[np.str_], told: NDArray[np.str_]) -> float:
    matrix = evaluate.confusion_matrix(label, told, classes=CLASSES)
    return evaluate.balanced_accuracy(matrix)


def convolutions(
    windows: Windows, test: NDArray[np.bool_], *, epochs: int, seed: int
) -> tuple[float, float]:
    """Balanced accuracy on windows that were not learnt, float32 and int8."""
    learn = ~test
    rng = np.random.default_rng(seed)
    model = fit_convolutions(
        windows.x[learn], windows.label[learn], epochs=epochs, seed=seed
    )
    seen = windows.x[learn][rng.permutation(int(learn.sum()))[:256]]
    found = []
    for calibration in (None, seen):
        compiled = graph.compile_onnx(
            model, name="cnn", kind="class", outputs=CLASSES, calibration=calibration
        )
        told = np.array(CLASSES)[compiled.predict(windows.x[test]).argmax(axis=1)]
        found.append(_balanced(windows.label[test], told))
    return found[0], found[1]


@dataclass(frozen=True)
class Table:
    """Features of windows with what their recordings were."""

    features: FeatureTable
    size: NDArray[np.float64]
    load: NDArray[np.float64]


def table_of(dataset: data.Dataset) -> Table:
    """Features of the plan `bearing`."""
    table = features.extract(dataset, features.load_plan("bearing"))
    known = {r.info.id: (r.info.fault_size, r.info.load) for r in dataset}
    size, load = np.array([known[name] for name in table.recording.tolist()]).T
    return Table(table, size, load)


def autoencoder(table: Table, held_out: float, *, seed: int) -> tuple[float, float]:
    """Area under the ROC curve at load 3, of which nothing was learnt.

    Two sizes of fault are known from loads 0 to 2; strange is the third.
    """
    strange, test = table.size == held_out, table.load == 3
    rows = table.features.rows(~strange & ~test)
    model = train.fit_autoencoder(rows, hidden=(16, 8, 16), epochs=60, seed=seed)
    tested = table.features.rows(test)
    found = []
    for calibration in (None, model.calibration):
        compiled = graph.compile_onnx(
            model.onnx,
            name="ae",
            kind="score",
            outputs=model.outputs,
            calibration=calibration,
        )
        score = compiled.predict(tested.x)[:, 0]
        found.append(evaluate.roc_auc(strange[test], score))
    return found[0], found[1]


def forest(table: Table, held_out: float, *, seed: int) -> tuple[float, float]:
    """Balanced accuracy of scikit-learn's forest in double precision, and of the C."""
    from sklearn.ensemble import RandomForestClassifier

    learn = table.features.rows(table.size != held_out)
    tested = table.features.rows(table.size == held_out)
    double = RandomForestClassifier(
        40, max_depth=6, min_samples_leaf=10, class_weight="balanced", random_state=seed
    ).fit(learn.x, learn.label)
    model = train.fit_forest(
        learn, n_trees=40, max_depth=6, min_samples_leaf=10, seed=seed
    )
    compiled = graph.compile_onnx(
        model.onnx, name="forest", kind="class", outputs=model.outputs
    )
    told = np.array(compiled.outputs)[compiled.predict(tested.x).argmax(axis=1)]
    exact = _balanced(tested.label, double.predict(tested.x))
    return exact, _balanced(tested.label, told)
