"""Models whose weights are data: the blocks, their slots, and who asks for them."""

import itertools
from collections.abc import Iterable

from ecmkit.graph import CompiledModel
from ecmkit.graph.c_writer import wrapped
from ecmkit.package.application import Application

__all__ = [
    "as_data",
    "model_data_c",
    "runner_name",
    "slot_bytes",
    "updates_h",
    "weights_c",
]

_UNIT = 16  # ECM_APP_UPDATE_UNIT_BYTES
_IDS = (16, 32, 48)  # offsets of contract_id and layout_id, and the end of the head


def as_data(app: Application) -> tuple[CompiledModel, ...]:
    """Models that take their weights as data."""
    return tuple(model for model in app.models if model.weights)


def runner_name(model: CompiledModel) -> str:
    """C name of the function that the application calls."""
    return f"package_run_{model.name}" if model.weights else model.symbol


def slot_bytes(model: CompiledModel) -> int:
    """Bytes of one of the two slots of a model: ``ECM_APP_UPDATE_SLOT_BYTES``."""
    return -(-len(model.weights) // _UNIT) * _UNIT + _UNIT


def updates_h(app: Application) -> str:
    """Write declarations for the header of a package; empty without such models."""
    models = as_data(app)
    if not models:
        return ""
    lines = [
        "",
        "/* New weights in the field, see ecm_app_update.h. The slots of a model are",
        " * ecm_package_slots_<model>, in the section ECM_SLOTS_SECTION if it is",
        " * defined: place it at a page of flash that can be erased by itself. */",
    ]
    for model in models:
        size = slot_bytes(model)
        lines += [
            f"#define ECM_PACKAGE_SLOT_BYTES_{model.name.upper()} {size}",
            f"extern const uint64_t ecm_package_slots_{model.name}[{2 * size // 8}];",
            f"extern const ecm_app_update_cfg_t ecm_package_update_{model.name};",
        ]
    return "\n".join([*lines, ""])


def model_data_c(app: Application, model: CompiledModel) -> str:
    """Write settings of a model's updates, and the function that asks for weights."""
    name, words = model.name, -(-len(model.weights) // 8)
    contract, layout = (model.weights[a:b] for a, b in itertools.pairwise(_IDS))
    count = int.from_bytes(model.weights[48:52], "little")
    return "\n".join([
        f"ecm_status_t {model.symbol}(const void *weights, const float *features,",
        "    float *outputs, void *work);",
        f"extern const uint64_t ecm_package_weights_{name}[{words}];",
        f"const ecm_app_update_cfg_t ecm_package_update_{name} = {{",
        f"    .weights = {{{_bytes(contract)},",
        f"        {_bytes(layout)}, {count}U}},",
        f"    .firmware = (const uint8_t *)ecm_package_weights_{name},",
        f"    .slots = (const uint8_t *)ecm_package_slots_{name},",
        f"    .slot_bytes = {slot_bytes(model)}U,",
        "};",
        f"static ecm_status_t {runner_name(model)}(const float *features,",
        "    float *outputs, void *work) {",
        f"    return {model.symbol}(",
        f"        ecm_app_update_weights(&ecm_package_update_{name}), features,",
        "        outputs, work);",
        "}",
    ])  # fmt: skip


def _bytes(data: bytes) -> str:
    return "{" + ", ".join(f"0x{byte:02x}" for byte in data) + "}"


def weights_c(model: CompiledModel) -> str:
    """C of the block that comes with the firmware, and of the empty slots.

    Neither is in the file that reads it, so that no compiler computes with the numbers
    that stand there today.
    """
    padded = model.weights.ljust(-(-len(model.weights) // 8) * 8, b"\0")
    words = [f"0x{int.from_bytes(w, 'little'):016x}U" for w in _eights(padded)]
    slots = 2 * slot_bytes(model) // 8
    name = model.name
    return "\n".join([
        f"/* weights_{name}.c - weights of {name}, see ecm_weights.h; generated. */",
        '#include "ecm_package.h"',
        "",
        "#ifdef ECM_SLOTS_SECTION",
        "#define SLOTS __attribute__((section(ECM_SLOTS_SECTION)))",
        "#else",
        "#define SLOTS",
        "#endif",
        "",
        f"extern const uint64_t ecm_package_weights_{name}[{len(words)}];",
        "",
        f"const uint64_t ecm_package_weights_{name}[{len(words)}] ECM_WEIGHTS = {{",
        *wrapped([word.replace("U", "ULL") for word in words]),
        "};",
        "",
        f"const uint64_t ecm_package_slots_{name}[{slots}] SLOTS = {{0}};",
        "",
    ])  # fmt: skip


def _eights(data: bytes) -> Iterable[bytes]:
    return (data[at : at + 8] for at in range(0, len(data), 8))
