"""The forests that are measured, as C of ours and of emlearn."""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.device_kernels.row import Kernel
from ecmkit.graph import Graph, compile_graph, import_onnx
from ecmkit.graph.transform import integer_features

__all__ = ["CLASSES", "FEATURES", "ROWS", "Form", "Model", "forms_of", "model"]

FEATURES, CLASSES = 20, 4
ROWS = 64
"""Rows of features that are counted, one after another; the mean is told."""
KINDS = {"int16": "int16_t", "float32": "float"}


@dataclass(frozen=True, kw_only=True)
class Model:
    """A fitted forest of scikit-learn and rows that it has not seen."""

    estimator: Any
    x: NDArray[np.float32]
    """Whole numbers within 16 bits, so that both kinds of features hold them."""

    @property
    def trees(self) -> int:
        return len(self.estimator.estimators_)


@dataclass(frozen=True, kw_only=True)
class Form:
    """C of a forest, with ``forest_run(x, y)`` for a row."""

    name: str
    kind: str
    """Of the features: a key of `KINDS`."""
    source: str
    blob: bytes = b""
    """Of a loadable form, in flash too."""
    peer: bool = False
    votes: bool = False
    """Whether each tree gives one vote instead of its probabilities."""

    def kernel(self, model: Model) -> Kernel:
        """Describe the call for all rows."""
        kind = KINDS[self.kind]
        values = ", ".join(f"{int(v)}" for v in model.x[:ROWS].reshape(-1))
        return Kernel(
            name=f"forest_{model.trees}_{self.kind}_{self.name.replace(' ', '_')}",
            header="ecm_bits.h",
            data=f"{self.source}\n"
            f"static const {kind} rows[{ROWS * FEATURES}] = {{{values}}};\n"
            f"static float proba[{ROWS * CLASSES}];",
            setup="",
            call="uint32_t i;\n"
            f"for (i = 0; i < {ROWS}U; i++) {{\n"
            f"    forest_run(rows + i * {FEATURES}U, proba + i * {CLASSES}U);\n}}",
            result=f'ecm_test_array_f32("proba", proba, {ROWS * CLASSES});',
        )


def model(trees: int) -> Model:
    """Fit a forest of 8 levels to four classes that overlap."""
    from sklearn.datasets import make_classification
    from sklearn.ensemble import RandomForestClassifier

    x, y = make_classification(
        n_samples=3000, n_features=FEATURES, n_informative=8, n_redundant=2,
        n_classes=CLASSES, n_clusters_per_class=3, random_state=0,
    )  # fmt: skip
    whole = np.clip(np.rint(x * 2000), -(2**15), 2**15 - 1).astype(np.float32)
    forest = RandomForestClassifier(trees, max_depth=8, random_state=0)
    return Model(estimator=forest.fit(whole[:2000], y[:2000]), x=whole[2000:])


def forms_of(model: Model) -> list[Form]:
    """Write all forms, emlearn's first."""
    from skl2onnx import to_onnx

    made = to_onnx(
        model.estimator, model.x[:1], options={"zipmap": False},
        target_opset={"": 18, "ai.onnx.ml": 3},
    )  # fmt: skip
    whole = _only_probabilities(import_onnx(made.SerializeToString()))
    graphs = {"int16": integer_features(whole), "float32": whole}
    forms = [
        _emlearn(model, kind, method, votes)
        for kind, method, votes in (
            ("int16", "inline", True), ("int16", "inline", False),
            ("int16", "loadable", True), ("int16", "loadable", False),
            ("float32", "inline", True), ("float32", "inline", False),
        )
    ]  # fmt: skip
    for kind, graph in graphs.items():
        for form in ("inline", "packed", "loadable"):
            compiled = compile_graph(graph, name="forest", forests=form)  # type: ignore[arg-type]
            forms.append(_ours(form, kind, compiled))
    return forms


def _only_probabilities(graph: Graph) -> Graph:
    """Leave the label out, which emlearn's function does not tell either."""
    wanted, kept = {graph.outputs[1]}, []
    for node in reversed(graph.nodes):
        if wanted & set(node.outputs):
            wanted.update(node.inputs)
            kept.append(node)
    return replace(graph, outputs=graph.outputs[1:], nodes=tuple(reversed(kept)))


def _ours(form: str, kind: str, compiled: Any) -> Form:
    blob = b"".join(compiled.blobs.values())
    words = ", ".join(map(str, np.frombuffer(blob, "<u4").tolist()))
    data = f"static const uint32_t blob[] = {{{words}}};\n" if blob else ""
    second = "blob, " if blob else ""
    work = compiled.work_bytes
    memory = f"static uint32_t work[{work // 4}];\n" if work else ""
    return Form(
        name=form,
        kind=kind,
        blob=blob,
        source=f"{compiled.source}\n{data}{memory}"
        f"static void forest_run(const {KINDS[kind]} *x, float *y) {{\n"
        f"    (void)ecm_model_forest(x, {second}y, {'work' if work else 'NULL'});\n"
        "}\n",
    )


# Instead of the headers of a C library, and without its log.
_EMLEARN = """\
typedef enum { EmlOk, EmlSizeMismatch, EmlUnsupported, EmlUninitialized } EmlError;
#define EML_PRECONDITION(expr, code) do { if (!(expr)) { return code; } } while (0)
#define EML_LOG_BEGIN(name)
#define EML_LOG_END()
#define EML_LOG_ADD_INTEGER(name, value)
#define EML_LOG_ADD_ARRAY(name, values, n, form)
#define EML_LOG_ADD(name, value)
#define NAN 0.0f
"""
_LOUD = (
    *("missing-prototypes", "unused-variable", "unused-function", "conversion"),
    *("unused-parameter", "cast-qual", "double-promotion", "shadow", "pedantic"),
    *("sign-conversion", "undef", "float-conversion", "sign-compare"),
)


def _emlearn(model: Model, kind: str, method: str, votes: bool) -> Form:
    import emlearn
    from emlearn import trees

    bits = 0 if votes else 8
    leaf = "argmax" if votes else "probabilities"
    flat = trees.flatten_forest(
        [e.tree_ for e in model.estimator.estimators_], leaf=leaf, leaf_bits=bits
    )
    flat = trees.remove_duplicate_leaves(flat)
    kind_c = KINDS[kind]
    settings = {"n_classes": CLASSES, "leaf_bits": bits, "dtype": kind_c}
    if method == "inline":
        source = trees.generate_c_inlined(flat, "peer", FEATURES, **settings)
        call = f"peer_predict_proba(x, {FEATURES}, y, {CLASSES})"
    else:
        header = Path(emlearn.__file__).with_name("eml_trees.h").read_text()
        source = trees.generate_c_loadable(flat, "peer", FEATURES, **settings)
        source = _EMLEARN + header + source
        call = f"eml_trees_predict_proba(&peer, x, {FEATURES}, y, {CLASSES})"
    source = re.sub(r"(?m)^\s*#include.*$", "", source)
    quiet = "".join(f'#pragma GCC diagnostic ignored "-W{name}"\n' for name in _LOUD)
    return Form(
        name=f"emlearn {method} {'votes' if votes else 'probabilities'}",
        kind=kind,
        peer=True,
        votes=votes,
        source=f'{quiet}#include "ecm_base.h"\n{source}\n'
        f"static void forest_run(const {kind_c} *x, float *y) {{ (void){call}; }}\n",
    )
