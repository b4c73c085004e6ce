"""Data that can be replaced in the field: the block of a package, its slots, updates.

A package with a model whose weights are data has one block of parts: the weights of
each such model, with its scaler, then the edges and shares of the features'
references, then the numbers of the monitors: references, weights and limits.
"""

import itertools
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from ecmkit._core import monitor as core
from ecmkit.drift.tables import RowTable, Tables
from ecmkit.formats import content_hash
from ecmkit.formats.update import Signer, update_block
from ecmkit.graph import CompiledModel
from ecmkit.graph.c_writer import wrapped
from ecmkit.package.application import Application
from ecmkit.package.monitors import monitors_c

__all__ = [
    "adopt_c",
    "as_data",
    "build_update",
    "data_block",
    "data_c",
    "layout_id",
    "reference_places",
    "runner_name",
    "slot_bytes",
    "update_c",
    "updates_h",
]

_UNIT = 16  # ECM_APP_UPDATE_UNIT_BYTES
_HEAD = 80  # ECM_APP_UPDATE_HEAD_BYTES
_SIGNATURE_MAX = 128  # ECM_APP_UPDATE_SIGNATURE_MAX
_IDS = (16, 32, 48)  # offsets of contract_id and layout_id, and the end of the head
_COUNT_AT = 48  # number of tables in a block of weights
_REFERENCES = ("edges", "reference")
"""Parts behind the weights of models."""
_MONITORS = "monitors"
"""The last part, where there are monitors."""


def as_data(app: Application) -> tuple[CompiledModel, ...]:
    """Models, and challengers, that take their weights as data."""
    return tuple(model for model in app.all_models if model.weights)


def runner_name(model: CompiledModel) -> str:
    """C name of the function that the application calls."""
    return f"package_run_{model.name}" if model.weights else model.symbol


def parts(app: Application) -> tuple[bytes, ...]:
    """Return what can be replaced, in the order of the block."""
    own = app.reference
    tables = (np.asarray(t, "<f4") for t in (own.edges, own.probabilities))
    weights = (model.weights for model in as_data(app))
    monitors = app.monitors
    return (
        *weights,
        *(np.ascontiguousarray(table).tobytes() for table in tables),
        *([monitors.new().data()] if monitors.rows else []),
    )


def _rest(app: Application) -> list[str]:
    """Names of the parts behind the weights."""
    return [*_REFERENCES, *([_MONITORS] if app.monitors.rows else [])]


def layout_id(app: Application) -> str:
    """Return the hash of the code that reads the parts: what an update must fit."""
    return content_hash(
        "update",
        tuple((model.name, model.weights[slice(*_IDS[1:])]) for model in as_data(app)),
        len(app.contract.names),
        app.reference.bins,
        monitors_c(_structure(app.monitors)),
        *(("shadow", m.name, m.outputs) for m in app.challengers),
    )


def _structure(tables: Tables) -> Tables:
    """Return tables without the numbers that can be replaced."""
    scores = [
        score._replace(
            center=0.0, scale=0.0, floor=0.0, phi=score.phi[:0],
            spread=float(score.spread > 0.0),
            edges=np.zeros_like(score.edges), scores=np.zeros_like(score.scores),
        )
        for score in tables.scores
    ]  # fmt: skip
    rows = [row._replace(top=1.0, settings=_blank(row)) for row in tables.rows]
    return replace(tables, scores=scores, rows=rows)


def _blank(row: RowTable) -> tuple[Any, ...]:
    """Return settings without their numbers; of other detectors as they are."""
    given = row.settings
    if row.form in (core.CUSUM, core.EWMA, core.LIMIT):
        return tuple(0.0 for _ in given)
    if row.form == core.T2:
        mean, whiten, _, _, scores = given
        return np.zeros_like(mean), np.zeros_like(whiten), 0.0, 0.0, scores
    if row.form == core.KIND:
        return given
    edges, shares, _, window, form, distance, _ = given
    blank = None if edges is None else np.zeros_like(edges)
    return blank, np.zeros_like(shares), 1, window, form, distance, 0.0


def data_block(
    app: Application, *, version: int = 0, signer: Signer | None = None
) -> bytes:
    """Return the block of an application: its firmware's own without a signer."""
    return update_block(
        parts(app),
        version=version,
        contract_id=app.contract.id,
        layout_id=layout_id(app),
        model_id=app.model_id,
        signer=signer,
    )


def build_update(app: Application, *, version: int, signer: Signer) -> bytes:
    """Write an update for devices that run a package of the same layout.

    Parameters
    ----------
    app : Application
        With the new models and reference: the same contract, the same models and
        challengers by name and shape, weights that are data, as many bins.
    version : int
        Of the data, above those that devices have: of the last update, and
        `Release.data_version` of their firmware.
    signer : Signer
        Whose key the devices know.

    Returns
    -------
    bytes
        To be sent to ``ecm_app_update_begin``, ``_write`` and ``_commit``.

    Raises
    ------
    ValueError
        If no model has its weights as data, or the version is 0.
    """
    if not as_data(app):
        raise ValueError("found no model with weights = 'data', expected one or more")
    if version < 1:
        raise ValueError(f"version is {version}, expected 1 or more")
    return data_block(app, version=version, signer=signer)


def slot_bytes(app: Application) -> int:
    """Bytes of one of the two slots: ``ECM_APP_UPDATE_SLOT_BYTES`` of any signature."""
    whole = len(data_block(app)) + _SIGNATURE_MAX
    return -(-whole // _UNIT) * _UNIT + 2 * _UNIT


def updates_h(app: Application) -> str:
    """Write declarations for the header of a package; empty without such models."""
    if not as_data(app):
        return ""
    size = slot_bytes(app)
    names = [model.name for model in as_data(app)] + _rest(app)
    return "\n".join([
        "",
        "/* New data in the field, see ecm_app_update.h. The slots lie in the section",
        " * ECM_SLOTS_SECTION if it is defined: place it at pages of flash that can be",
        " * erased by themselves. */",
        f"#define ECM_PACKAGE_SLOT_BYTES {size}",
        "enum {",
        *(f"    ECM_PACKAGE_PART_{n.upper()} = {i}," for i, n in enumerate(names)),
        f"    ECM_PACKAGE_PARTS = {len(names)}",
        "};",
        f"extern const uint64_t ecm_package_slots[{2 * size // 8}];",
        "extern const ecm_app_update_cfg_t ecm_package_update;",
        "",
        "/* Settings with the data that count: cfg is to be used instead of",
        " * ecm_package_cfg, whose data are the firmware's own. Made before",
        " * ecm_app_init; after an update in the task, before ecm_app_init is called",
        " * again: until then another update is refused by ECM_APP_UPDATE_TAKEN, where",
        " * it would erase what models read. These too read the data that the last",
        " * call has found, before it the firmware's own. Data that monitors cannot",
        " * have are refused by ecm_app_update_commit; a refusal writes nothing. */",
        "typedef struct {",
        "    ecm_app_cfg_t cfg;",
        *_live_monitors(app.monitors),
        "} ecm_package_live_t;",
        "ecm_status_t ecm_package_adopt(ecm_package_live_t *live);",
        "",
        "/* The same by a block that ecm_app_update_data has returned, such as the one",
        " * of before. */",
        "ecm_status_t ecm_package_adopt_block(ecm_package_live_t *live,",
        "                                     const uint8_t *block);",
        "",
    ])  # fmt: skip


def _counts(tables: Tables, *forms: int) -> int:
    return sum(row.form in forms for row in tables.rows)


def _live_monitors(tables: Tables) -> list[str]:
    """Members for monitors whose numbers lie in flash; none without monitors."""
    if not tables.rows:
        return []
    counts = max(1, _counts(tables, core.COUNTS, core.CLASSES))
    return [
        "    ecm_monitor_cfg_t monitor;",
        f"    ecm_monitor_score_t scores[{max(1, len(tables.scores))}];",
        f"    ecm_monitor_row_t rows[{len(tables.rows)}];",
        f"    ecm_monitor_counts_t counts[{counts}];",
        f"    ecm_monitor_t2_t t2[{max(1, _counts(tables, core.T2))}];",
    ]


def update_c(app: Application) -> str:
    """Write settings of updates, and the functions that ask for the data that count."""
    block = data_block(app)
    models = as_data(app)
    lines = [
        f"extern const uint64_t ecm_package_data[{-(-len(block) // 8)}];",
        "",
    ]
    for model in models:
        lines += _weights_cfg(model)
    sizes = [len(part) for part in parts(app)[len(models) :]]
    checks = [
        "package_check_monitors" if name == _MONITORS else "NULL" for name in _rest(app)
    ]
    rows = [
        *(f"    {{&package_weights_{model.name}, 0U, NULL}}," for model in models),
        *(
            f"    {{NULL, {size}U, {check}}},"
            for size, check in zip(sizes, checks, strict=True)
        ),
    ]
    lines += [
        *([_CHECK_MONITORS] if app.monitors.rows else []),
        f"static const ecm_app_update_part_t package_parts[{len(rows)}] = {{",
        *rows,
        "};",
        _TAKEN,
        "const ecm_app_update_cfg_t ecm_package_update = {",
        f"    .contract_id = {_bytes(bytes.fromhex(app.contract.id)[:16])},",
        f"    .layout_id = {_bytes(bytes.fromhex(layout_id(app))[:16])},",
        "    .parts = package_parts,",
        "    .parts_len = ECM_PACKAGE_PARTS,",
        "    .firmware = (const uint8_t *)ecm_package_data,",
        "    .slots = (const uint8_t *)ecm_package_slots,",
        "    .slot_bytes = ECM_PACKAGE_SLOT_BYTES,",
        "    .taken = &package_taken,",
        "};",
        _PART,
    ]
    for i, model in enumerate(models):
        lines += _runner(model, i)
    return "\n".join([*lines, ""])


def _weights_cfg(model: CompiledModel) -> list[str]:
    """Say which weights of a model are taken."""
    contract, layout = (model.weights[a:b] for a, b in itertools.pairwise(_IDS))
    count = int.from_bytes(model.weights[_COUNT_AT : _COUNT_AT + 4], "little")
    return [
        f"static const ecm_weights_cfg_t package_weights_{model.name} = {{",
        f"    {_bytes(contract)},",
        f"    {_bytes(layout)}, {count}U",
        "};",
    ]


def _runner(model: CompiledModel, part: int) -> list[str]:
    """Write the function that runs a model with the weights that count."""
    return [
        f"ecm_status_t {model.symbol}(const void *weights, const float *features,",
        "    float *outputs, void *work);",
        f"static ecm_status_t {runner_name(model)}(const float *features,",
        "    float *outputs, void *work) {",
        f"    const uint8_t *block = (const uint8_t *)package_part({part});",
        f"    return {model.symbol}(block + ECM_WEIGHTS_HEAD_BYTES, features,",
        "        outputs, work);",
        "}",
    ]


def adopt_c(app: Application) -> str:
    """Write ``ecm_package_adopt``; empty without such models."""
    if not as_data(app):
        return ""
    monitors, made = "", ""
    if app.monitors.rows:
        monitors, made = _ADOPT_MONITORS, "    live->cfg.monitor = &live->monitor;\n"
    counts = max(1, _counts(app.monitors, core.COUNTS, core.CLASSES))
    t2 = max(1, _counts(app.monitors, core.T2))
    check = _ADOPT_CHECK if app.monitors.rows else ""
    return check + _ADOPT.format(
        monitors=monitors.format(counts=counts, t2=t2), made=made
    )


def reference_places(app: Application) -> tuple[str, str]:
    """C of where edges and shares of the references lie, with the firmware's own."""
    if not as_data(app):
        return "package_edges", "NULL"
    block = data_block(app)
    first = len(as_data(app))
    at = [
        int.from_bytes(block[_HEAD + 8 * (first + i) :][:4], "little") // 8
        for i in range(len(_REFERENCES))
    ]
    edges, reference = (
        f"(const float *)(const void *)&ecm_package_data[{i}]" for i in at
    )
    return edges, reference


def _bytes(data: bytes) -> str:
    return "{" + ", ".join(f"0x{byte:02x}" for byte in data) + "}"


def data_c(app: Application, *, version: int) -> str:
    """C of the block that comes with the firmware, and of the empty slots.

    Neither is in the file that reads it, so that no compiler computes with the numbers
    that stand there today.
    """
    block = data_block(app, version=version)
    padded = block.ljust(-(-len(block) // 8) * 8, b"\0")
    words = [f"0x{int.from_bytes(w, 'little'):016x}ULL" for w in _eights(padded)]
    slots = 2 * slot_bytes(app) // 8
    return "\n".join([
        "/* package_data.c - what updates replace, see ecm_app_update.h; generated. */",
        '#include "ecm_package.h"',
        "",
        "#ifdef ECM_SLOTS_SECTION",
        "#define SLOTS __attribute__((section(ECM_SLOTS_SECTION)))",
        "#else",
        "#define SLOTS",
        "#endif",
        "",
        f"extern const uint64_t ecm_package_data[{len(words)}];",
        "",
        f"const uint64_t ecm_package_data[{len(words)}] ECM_WEIGHTS = {{",
        *wrapped(words),
        "};",
        "",
        f"const uint64_t ecm_package_slots[{slots}] SLOTS = {{0}};",
        "",
    ])  # fmt: skip


def _eights(data: bytes) -> Iterable[bytes]:
    return (data[at : at + 8] for at in range(0, len(data), 8))


_CHECK_MONITORS = """\
static ecm_status_t package_check_monitors(const void *data);"""
_ADOPT_CHECK = """\
static ecm_status_t package_check_monitors(const void *data) {
    return ecm_monitor_data_check(&package_monitor, (const uint32_t *)data);
}
"""
_TAKEN = """\
/* The block that models read: the last one that ecm_package_adopt has taken; NULL: the
 * firmware's own. An update that has come, but was not adopted, changes nothing. */
static const uint8_t *package_taken;"""
_PART = """\
static const void *package_part(uint32_t part) {
    return ecm_app_update_part_of(&ecm_package_update,
        package_taken == NULL ? ecm_package_update.firmware : package_taken, part);
}"""
_ADOPT = """\
ecm_status_t ecm_package_adopt_block(ecm_package_live_t *live, const uint8_t *block) {{
{monitors}    live->cfg = ecm_package_cfg;
{made}    package_taken = block;
    live->cfg.dist_edges = (const float *)package_part(ECM_PACKAGE_PART_EDGES);
    live->cfg.dist_reference = (const float *)package_part(ECM_PACKAGE_PART_REFERENCE);
    memcpy(live->cfg.model_id, block + 64, sizeof live->cfg.model_id);
    return ECM_OK;
}}

ecm_status_t ecm_package_adopt(ecm_package_live_t *live) {{
    return ecm_package_adopt_block(live, ecm_app_update_data(&ecm_package_update));
}}
"""
_ADOPT_MONITORS = """\
    ecm_monitor_tables_t tables;
    ecm_status_t status;
    tables.scores = live->scores;
    tables.rows = live->rows;
    tables.counts = live->counts;
    tables.t2 = live->t2;
    tables.counts_len = {counts}U;
    tables.t2_len = {t2}U;
    status = ecm_monitor_data_set(&package_monitor,
        (const uint32_t *)ecm_app_update_part_of(&ecm_package_update, block,
                                                 ECM_PACKAGE_PART_MONITORS),
        &tables, &live->monitor);
    ECM_REQUIRE(status == ECM_OK, status);
"""
