"""ONNX's own node tests, through the generated C in one program for many of them.

    python -m tests.graph.onnx_nodes

writes onnx_nodes_skipped.toml beside this file: the tests that are not run, by reason.
"""

import functools
import re
import subprocess
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ecmkit._paths import csrc_dir
from ecmkit.errors import FormatError
from ecmkit.graph import CompiledModel, compile_graph, import_onnx
from ecmkit.graph.host import CONTRACT_FLAGS, sources_of

SKIPPED = Path(__file__).with_name("onnx_nodes_skipped.toml")
SANITIZED = (
    *("-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"),
    *("-Wall", "-Wextra", "-Wno-type-limits", "-Werror"),
)
# Inputs that set a shape or an axis: ONNX's tests hand them over at run time, a device
# knows them when its firmware is compiled.
FIXED = {
    "CenterCropPad": (1,), "ConstantOfShape": (0,), "CumProd": (1,), "CumSum": (1,),
    "Dropout": (2,), "Expand": (1,), "GRU": (4,), "LSTM": (4,), "OneHot": (1,),
    "Pad": (1, 3), "RNN": (4,), "Range": (0, 1, 2), "Reshape": (1,), "Resize": (2, 3),
    "ReverseSequence": (1,), "Slice": (1, 2, 3, 4), "Split": (1,), "Squeeze": (1,),
    "Tile": (1,), "TopK": (1,), "Trilu": (1,), "Unsqueeze": (1,), "Upsample": (1,),
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One test of ONNX, compiled."""

    name: str
    compiled: CompiledModel
    inputs: list[np.ndarray]
    outputs: list[np.ndarray]
    rtol: float
    atol: float


@functools.cache
def tests() -> dict[str, Any]:
    """All node tests of the installed ONNX by name."""
    from onnx.backend.test.loader import load_model_tests

    with warnings.catch_warnings():
        # Its examples overflow and divide by zero on purpose.
        warnings.simplefilter("ignore")
        return {case.name: case for case in load_model_tests(kind="node")}


def compiled(name: str) -> Case:
    """Compile one test.

    Raises
    ------
    FormatError
        With the reason, if it is not supported.
    """
    case = tests()[name]
    model = case.model
    names = [value.name for value in model.graph.input]
    given, expected = case.data_sets[0]
    fixed: dict[str, np.ndarray] = {}
    for node in model.graph.node:
        places = FIXED.get(node.op_type, ())
        places = (1,) if node.op_type.startswith("Reduce") else places
        for at in places:
            if at < len(node.input) and node.input[at] in names:
                value = given[names.index(node.input[at])]
                if isinstance(value, np.ndarray):
                    fixed[node.input[at]] = value
    graph = import_onnx(model.SerializeToString(), fixed=fixed)
    made = compile_graph(graph, name=f"n{list(tests()).index(name)}")
    inputs = [
        np.asarray(given[names.index(port.name)]).astype(port.tensor.numpy)
        for port in made.inputs
    ]
    outputs = [np.asarray(value) for value in expected]
    return Case(name, made, inputs, outputs, case.rtol, case.atol)


def run(cases: list[Case], folder: Path) -> dict[str, str]:
    """Build and run some tests; return what is wrong, by name."""
    program, data = _program(cases)
    source, binary = folder / "nodes.c", folder / "nodes"
    source.write_text(program)
    modules = sorted({m for case in cases for m in case.compiled.modules})
    csrc = csrc_dir()
    command = [
        "gcc", *CONTRACT_FLAGS, *SANITIZED, f"-I{csrc}",
        f"-I{csrc / 'port' / 'fpu'}", str(source), *map(str, sources_of(modules)),
        "-o", str(binary),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[:4000]
    ran = subprocess.run([binary], input=data, capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr.decode()[:4000]
    return _compared(cases, ran.stdout)


def _program(cases: list[Case]) -> tuple[str, bytes]:
    """C of all cases, whose main reads the inputs and writes the outputs."""
    texts, body, data = ["#include <stdio.h>", "#include <stdlib.h>"], [], []
    for case in cases:
        made = case.compiled
        # Tables are static, but here many models share a file.
        own = re.sub(r"\bt(\d+)(_bits)?\b", rf"{made.symbol}_t\1\2", made.source)
        texts.append(own)
        body.append("{")
        names = []
        for at, (port, value) in enumerate(zip(made.inputs, case.inputs, strict=True)):
            kind, n = port.tensor.c_type, port.tensor.bytes
            body.append(f"{kind} *i{at} = malloc({n} + 1);")
            body.append(f"if (fread(i{at}, 1, {n}, stdin) != {n}) {{ return 9; }}")
            names.append(f"i{at}")
            data.append(np.ascontiguousarray(value).tobytes())
        outs = []
        for at, port in enumerate(made.results):
            body.append(
                f"{port.tensor.c_type} *o{at} = malloc({port.tensor.bytes} + 1);"
            )
            outs.append(f"o{at}")
        call = ", ".join([*names, *outs, "work"])
        body.append(f"void *work = malloc({made.work_bytes} + 1);")
        body.append(f"ecm_status_t status = {made.symbol}({call});")
        body.append("fwrite(&status, 4, 1, stdout);")
        body += [
            f"fwrite({o}, 1, {p.tensor.bytes}, stdout);"
            for o, p in zip(outs, made.results, strict=True)
        ]
        body += [f"free({name});" for name in [*names, *outs, "work"]]
        body.append("}")
    return "\n".join([*texts, "int main(void) {", *body, "return 0; }"]), b"".join(data)


def _compared(cases: list[Case], found: bytes) -> dict[str, str]:
    wrong, at = {}, 0
    for case in cases:
        status = int(np.frombuffer(found, np.int32, 1, at)[0])
        at += 4
        problem = f"status {status}" if status else ""
        for port, expected in zip(case.compiled.results, case.outputs, strict=True):
            tensor = port.tensor
            got = np.frombuffer(found, tensor.numpy, tensor.size, at)
            at += tensor.bytes
            if tensor.shape != expected.shape:
                problem += f" shape {tensor.shape}, expected {expected.shape}"
            elif not np.allclose(
                got.reshape(tensor.shape).astype(np.float64),
                expected.astype(np.float64),
                rtol=case.rtol,
                atol=case.atol,
                equal_nan=True,
            ):
                problem += f" {got[:8]}, expected {expected.reshape(-1)[:8]}"
        if problem:
            wrong[case.name] = problem
    return wrong


def reason(error: FormatError) -> str:
    """What a test is skipped for, without what differs from one to the next."""
    text = str(error)
    text = re.sub(r"^ONNX (node|input|constant) '[^']*'( \(\w+\))?: ", "", text)
    for pattern, short in _REASONS:
        if re.search(pattern, text):
            return re.sub(pattern, short, re.search(pattern, text).group(0))
    return text.split("; the nearest")[0]


_REASONS = (
    (r"elements of type (\w+).*", r"elements of type \1"),
    (r"functions cannot be expanded.*", "a function that ONNX's inliner cannot expand"),
    (r"operator '(\w+)' of domain '([\w.]+)'.*", r"operator \1 of \2"),
    (r"has no value: .*", "an operator that only makes constants, of a type unknown"),
    (r"operator set (\d+).*", r"operator set \1"),
)


def main() -> None:
    """Write the file of skipped tests."""
    skipped: dict[str, list[str]] = {}
    for name in sorted(tests()):
        try:
            compiled(name)
        except FormatError as error:
            skipped.setdefault(reason(error), []).append(name)
    lines = [
        "# ONNX's node tests that are not run, by reason; written by",
        "# python -m tests.graph.onnx_nodes",
        "",
    ]
    for why in sorted(skipped):
        lines.append(f"{why!r} = [")
        lines += [f'    "{name}",' for name in skipped[why]]
        lines += ["]", ""]
    SKIPPED.write_text("\n".join(lines))


if __name__ == "__main__":
    main()
