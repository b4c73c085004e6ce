"""The monitors of a package as C constants: scores, detectors, groups, regimes."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ecmkit._core import monitor as core
from ecmkit.drift.detectors import Named, PageHinkley
from ecmkit.drift.tables import RowTable, ScoreTable, Tables
from ecmkit.drift.windows import Adwin, EDetector
from ecmkit.graph.c_writer import comment, float_literal, wrapped
from ecmkit.package.transforms import table_c

__all__ = ["monitor_modules", "monitor_words", "monitors_c"]


_MODULES: dict[type[Named], str] = {
    PageHinkley: "drift_ph",
    EDetector: "sr",
    Adwin: "adwin",
}


_FORMS = {
    core.CUSUM: "cusum",
    core.EWMA: "ewma",
    core.LIMIT: "limit",
    core.COUNTS: "counts",
    core.CLASSES: "classes",
    core.T2: "t2",
    core.KIND: "kind",
}
_DISTANCES = {
    core.KS: "ks",
    core.CHI2: "chi2",
    core.WASSERSTEIN: "wasserstein",
    core.JENSEN_SHANNON: "jensen_shannon",
    core.PSI: "psi",
}


def monitor_modules(tables: Tables) -> set[str]:
    """Modules of the device library that tables name, beside those of all monitors."""
    return {_module(row.settings[0]) for row in tables.rows if row.form == core.KIND}


def monitor_words(tables: Tables) -> int:
    """Words of the monitors' state: ``ecm_monitor_words``."""
    return tables.new().words if tables.rows else 0


def monitors_c(tables: Tables, *, replaced: bool = False) -> str:
    """Write ``package_monitor`` and all that it points to.

    Parameters
    ----------
    tables : Tables
        Monitors of an application.
    replaced : bool
        Whether numbers of the tables may be replaced later, floors of scores among
        them.

    Returns
    -------
    str
        C99; nothing without monitors. A table that several scores have in common is
        written once.
    """
    if not tables.rows:
        return ""
    made = _Arrays()
    scores = [_score(made, score) for score in tables.scores]
    rows = [_row(made, row) for row in tables.rows]
    regime = _regime(made, tables)
    calls = _calls(made, tables, replaced)
    return "\n".join(
        [
            *sorted(made.headers),
            *made.texts,
            *_list("ecm_monitor_score_t", "scores", scores),
            *_list("ecm_monitor_row_t", "rows", rows),
            *_groups(tables),
            *regime,
            "static const ecm_monitor_cfg_t package_monitor = {",
            f"    .id = 0x{tables.id:08x}U,",
            "    .scores = package_monitor_scores,",
            "    .rows = package_monitor_rows,",
            "    .groups = package_monitor_groups,",
            f"    .scores_len = {len(scores)}U,",
            f"    .rows_len = {len(rows)}U,",
            f"    .groups_len = {len(tables.groups)}U,",
            *(made.regime_fields if regime else []),
            *calls,
            "};\n",
        ]
    )


def _calls(made: "_Arrays", tables: Tables, replaced: bool) -> list[str]:
    """Name what only some tables need, so that others do not link it."""
    lines = []
    if replaced or any(score.floor > 0.0 for score in tables.scores):
        made.headers.add('#include "ecm_math.h"')
        lines.append("    .log = ecm_math_log_f32,")
    if any(group.persists for group in tables.groups):
        lines.append("    .persist_update = ecm_persist_update_f32,")
    if tables.regimes is not None:
        lines.append("    .regime_update = ecm_regime_update_f32,")
    return lines


class _Arrays:
    """Constants that others point to, each different one once."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.headers: set[str] = set()
        self.regime_fields: list[str] = []
        self._names: dict[tuple[str, bytes], str] = {}

    def floats(self, kind: str, values: Any) -> str:
        """Name of an array of floats; ``NULL`` if it is empty."""
        array = np.ascontiguousarray(values, np.float32)
        if not array.size:
            return "NULL"
        return self._once(kind, array.tobytes(), lambda name: table_c(name, array))

    def indices(self, kind: str, values: Any) -> str:
        """Name of an array of indices."""
        array = np.ascontiguousarray(values, np.uint16)
        lines = wrapped([f"{value}U" for value in array.tolist()])
        return self.listing(kind, "uint16_t", lines, array.size)

    def listing(self, kind: str, of: str, lines: list[str], n: int) -> str:
        """Name of an array of some type."""
        return self._once(
            kind,
            "\n".join(lines).encode(),
            lambda name: "\n".join(
                [f"static const {of} {name}[{n}] = {{", *lines, "};\n"]
            ),
        )

    def setting(self, kind: str, of: str, text: str) -> str:
        """Name of a constant of some type."""
        return self._once(
            kind, text.encode(), lambda name: f"static const {of} {name} = {text};\n"
        )

    def _once(self, kind: str, content: bytes, write: Any) -> str:
        key = (kind, content)
        if key not in self._names:
            number = sum(1 for known, _ in self._names if known == kind)
            self._names[key] = f"package_monitor_{kind}_{number}"
            self.texts.append(write(self._names[key]))
        return self._names[key]


def _list(of: str, name: str, rows: Sequence[str]) -> list[str]:
    if not rows:
        return [f"#define package_monitor_{name} NULL\n"]
    return [
        f"static const {of} package_monitor_{name}[{len(rows)}] = {{",
        *(f"    {row}" for row in rows),
        "};\n",
    ]


def _score(made: _Arrays, score: ScoreTable) -> str:
    phi = ", ".join(float_literal(v) for v in [*score.phi.tolist(), *[0.0] * 4][:4])
    edges = made.floats("edges", score.edges)
    values = made.floats("scores", score.scores)
    return (
        f"{{{{{float_literal(score.center)}, {float_literal(score.scale)}, {{{phi}}},\n"
        f"      {edges}, {values}, {score.phi.size}U, {score.edges.size}U}},\n"
        f"     {float_literal(score.floor)}, {score.input}U, {score.regime}U, "
        f"{float_literal(score.spread)}}},"
    )


def _row(made: _Arrays, row: RowTable) -> str:
    return (
        f"{{&{_settings(made, row)}, {float_literal(row.top)}, "
        f"&ecm_monitor_form_{_FORMS[row.form]}, "
        f"{row.what}U, {row.group}U, {row.regime}U, {row.score}U, "
        f"{int(row.up_only)}U}},"
    )


def _settings(made: _Arrays, row: RowTable) -> str:
    """Name of the settings of a row."""
    given = row.settings
    if row.form in (core.CUSUM, core.EWMA):
        kind = "cusum" if row.form == core.CUSUM else "ewma"
        text = f"{{{float_literal(given[0])}, {float_literal(given[1])}}}"
        return made.setting(kind, f"ecm_drift_{kind}_cfg_t", text)
    if row.form == core.LIMIT:
        return made.setting("limit", "float", float_literal(given[0]))
    if row.form == core.T2:
        mean, whiten, weight, limit, scores = given
        text = (
            f"{{{{{made.floats('mean', mean)}, {made.floats('whiten', whiten)}, "
            f"{len(mean)}U,\n     {float_literal(weight)}, {float_literal(limit)}}}, "
            f"{made.indices('members', scores)}}}"
        )
        return made.setting("t2", "ecm_monitor_t2_t", text)
    if row.form == core.KIND:
        return _kind(made, given[0])
    edges, shares, n, window, form, distance, limit = given
    bins = "NULL" if edges is None else made.floats("bins", edges)
    text = (
        f"{{{{{bins}, NULL, {made.floats('shares', shares)}, {n}U, {len(shares)}U, "
        f"{form}U, {window}U}},\n    &ecm_dist_kind_{_DISTANCES[distance]}, "
        f"{float_literal(limit)}}}"
    )
    return made.setting("counts", "ecm_monitor_counts_t", text)


def _module(one: Named) -> str:
    """Of the device library that has a detector."""
    for of, name in _MODULES.items():
        if isinstance(one, of):
            return name
    raise TypeError(f"found {type(one).__name__}, expected a detector of a plan")


def _kind(made: _Arrays, one: Named) -> str:
    """Name of a detector of ``ecm_drift.h`` and its settings."""
    module = _module(one)
    name, of = f"ecm_{module}", f"ecm_{module}_cfg_t"
    if isinstance(one, PageHinkley):
        sides = {"up": "UP", "down": "DOWN", "both": "BOTH"}[one.mode]
        text = (
            f"{{{float_literal(one.delta)}, {float_literal(one.threshold)}, "
            f"{float_literal(1.0 - one.alpha)}, {one.min_instances}U, "
            f"ECM_DRIFT_PH_{sides}, 0U}}"
        )
    elif isinstance(one, EDetector):
        lines = [
            f"    {{{', '.join(float_literal(row[n]) for n in 'abc')}, "
            f"{float_literal(row['weight'])}, {row['what']}U}},"
            for row in one.alternatives
        ]
        table = made.listing("alternatives", "ecm_sr_alternative_t", lines, len(lines))
        text = f"{{{table}, {len(lines)}U, {float_literal(one.arl0)}}}"
    elif isinstance(one, Adwin):
        text = (
            f"{{{float_literal(one.delta)}, {one.clock}U, {one.max_buckets}U, "
            f"{one.min_window_length}U, {one.grace_period}U}}"
        )
    made.headers.add(f'#include "{name}.h"')
    own = made.setting(module, of, text)
    return made.setting("kind", "ecm_monitor_kind_t", f"{{&{name}_kind, &{own}}}")


def _groups(tables: Tables) -> list[str]:
    lines: list[str] = []
    names: dict[int, str] = {}
    if tables.persist is not None:
        on, band, k, n = tables.persist
        levels = [float_literal(v) for v in [*on.tolist(), *[0.0] * 4][:4]]
        for hold_off in sorted({g.hold_off for g in tables.groups if g.persists}):
            names[hold_off] = f"package_monitor_persist_{len(names)}"
            lines += [
                f"static const ecm_persist_cfg_t {names[hold_off]} = {{",
                f"    {{{', '.join(levels)}}},",
                f"    {float_literal(band)}, {len(on)}U, {k}U, {n}U, {hold_off}U",
                "};\n",
            ]
    rows = []
    for group in tables.groups:
        persist = f"&{names[group.hold_off]}" if group.persists else "NULL"
        rows.append(f"{{{persist}, {group.hold_off}U}}, /* {comment(group.name)} */")
    return [*lines, *_list("ecm_monitor_group_t", "groups", rows)]


def _regime(made: _Arrays, tables: Tables) -> list[str]:
    own = tables.regimes
    if own is None:
        return []
    inputs, first, second, centres, far, dwell, center, factor = own.settings(
        {name: i for i, name in enumerate(tables.inputs)}
    )
    before = len(made.texts)
    names = made.indices("by", inputs)
    edges = [made.floats("speeds", row) for row in (first, second)]
    fields = [
        "    .regime = &package_monitor_regime,",
        f"    .regime_len = {len(own.by)}U,",
        f"    .regime_inputs = {names},",
    ]
    lines = []
    if centres is not None:
        array = np.asarray(centres)
        table = made.floats("centres", array)
        fields += [
            f"    .regime_center = {made.floats('regime_center', center)},",
            f"    .regime_factor = {made.floats('regime_factor', factor)},",
        ]
        lines += [
            "static const ecm_kmeans_t package_monitor_centres = {",
            f"    {table}, {array.shape[0]}U, {array.shape[1]}U",
            "};\n",
        ]
    lines += [
        "static const ecm_regime_cfg_t package_monitor_regime = {",
        f"    {{{edges[0]}, {edges[1]}}}, {{{len(first)}U, {len(second)}U}},",
        f"    {'&package_monitor_centres' if centres is not None else 'NULL'}, "
        f"{float_literal(far)}, {dwell}U",
        "};\n",
    ]
    made.regime_fields = fields
    own_texts, made.texts = made.texts[before:], made.texts[:before]
    return [*own_texts, *lines]
