"""The C sources of a package: the application as data, and how a product uses it."""

from collections.abc import Sequence
from itertools import chain

import msgspec

from ecmkit._core import app as core_app
from ecmkit.features import channel_steps, device_plans
from ecmkit.graph import CompiledModel
from ecmkit.graph.c_writer import float_literal
from ecmkit.package.application import CLASSES_MAX, OTHERS, Application
from ecmkit.package.model_data import (
    adopt_c,
    as_data,
    reference_places,
    runner_name,
    update_c,
    updates_h,
)
from ecmkit.package.monitors import monitor_words, monitors_c
from ecmkit.package.plan import headers_of, plain, plan_c, plan_name
from ecmkit.package.transforms import table_c

__all__ = ["Memory", "memory_of", "package_c", "package_h"]

_SAMPLES = {4: ("float", "f32"), 2: ("int16_t", "s16")}
"""Type of a sample by its bytes, and the suffix of functions that take it."""
_ID_BYTES = 16  # ECM_FRAME_ID_BYTES
_COUNTS = 2  # of ECM_APP_SHADOW_LEN


class Memory(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Lengths of the application's arrays: samples, floats, counters."""

    sample_bytes: int = 4
    """Of a sample that waits: a float, or 2 for an integer of a sensor."""
    window_sample_bytes: int | None = None
    """Of a sample in the window that plans work on; as the one that waits if not
    said."""
    channels_len: int
    """Also the number of channel states."""
    turns: tuple[int, ...] = ()
    """Windows that the turn of each channel takes, where they are sampled one after
    another with one ring for all; empty: together."""
    ring_len: int
    """Of each channel: a window, and what may come while one is computed. So far may
    one channel be ahead of others."""
    window_len: int
    hop_len: int
    work_len: int
    features_len: int
    """Also the number of distributions."""
    dist_bins: int = 8
    """Bins of each distribution."""
    outputs_len: int
    shadow_outputs_len: int = 0
    """Outputs of challengers."""
    shadow_len: int = 0
    """With what they are compared by: ``ECM_APP_SHADOW_LEN``."""
    monitor_words: int = 0
    """Of the monitors' state."""
    state_len: int
    """Of the feature plans, kept from window to window: of all channels together, or,
    in turn, of the one that needs most."""
    warm_len: int
    """Windows, not floats: so many at the start and behind a gap give no event."""

    @property
    def all_outputs_len(self) -> int:
        """Outputs of models and challengers."""
        return self.outputs_len + self.shadow_outputs_len

    @property
    def slack_len(self) -> int:
        """Samples beyond a window that a ring holds."""
        return self.ring_len - self.window_len

    @property
    def chunk_len(self) -> int:
        """Samples that are pushed at a time, if nothing else is said.

        A hop, or as many as there is always room for.
        """
        return self.hop_len if self.slack_len >= self.hop_len else self.slack_len

    @property
    def rings_len(self) -> int:
        """Number of rings."""
        return 1 if self.in_turn else self.channels_len

    @property
    def in_turn(self) -> bool:
        """Whether channels are sampled one after another."""
        return bool(self.turns)

    @property
    def turn_lens(self) -> tuple[int, ...]:
        """Samples that the turn of each channel takes, in whole chunks."""
        chunk = self.chunk_len
        spans = (self.window_len + (n - 1) * self.hop_len for n in self.turns)
        return tuple(-(-span // chunk) * chunk for span in spans)

    @property
    def span_len(self) -> int:
        """Samples from a start, or a gap, to the end of the first event's window.

        Of channels in turn, those of all turns.
        """
        if self.in_turn:
            return sum(self.turn_lens)
        return self.window_len + self.warm_len * self.hop_len

    @property
    def event_windows(self) -> int:
        """Windows that are fetched for an event: of channels in turn, all of theirs."""
        return sum(self.turns) if self.in_turn else 1

    @property
    def event_len(self) -> int:
        """Samples from one event to the next."""
        return sum(self.turn_lens) if self.in_turn else self.hop_len

    @property
    def dist_words(self) -> int:
        """Words of the counters: ``ECM_APP_DIST_WORDS``."""
        return self.features_len * self.dist_bins // 2

    @property
    def ring_floats(self) -> int:
        """Floats of a ring: ``ECM_APP_SAMPLES_LEN``."""
        return (self.ring_len * self.sample_bytes + 3) // 4

    @property
    def window_floats(self) -> int:
        """Floats of the window."""
        own = self.window_sample_bytes or self.sample_bytes
        return (self.window_len * own + 3) // 4

    @property
    def floats(self) -> int:
        """``ECM_APP_MEM_LEN``."""
        return (
            self.rings_len * self.ring_floats
            + self.window_floats
            + self.work_len
            + self.features_len
            + self.outputs_len
            + len(OTHERS)
            + self.shadow_len
            + self.monitor_words
            + self.state_len
        )

    @property
    def ram_bytes(self) -> int:
        """All that the application writes to: ``ecm_package_memory_t``."""
        states = core_app.STATE_BYTES + core_app.CHANNEL_BYTES * self.channels_len
        return states + 4 * (self.dist_words + self.floats)


def memory_of(app: Application) -> Memory:
    """Work out the memory that an application needs."""
    contract, plans = app.contract, device_plans(app.contract)
    models = app.all_models
    work = [*(p.work_len for p in plans), *(-(-m.work_bytes // 4) for m in models)]
    shadow = sum(len(model.outputs) for model in app.shadow)
    return Memory(
        sample_bytes=app.queue.sample_bytes(contract),
        window_sample_bytes=4 if _widens(app) else None,
        channels_len=len(plans),
        turns=tuple(p.warm_len + 1 for p in plans) if app.queue.in_turn else (),
        ring_len=app.queue.ring_len(contract),
        window_len=contract.window_len,
        hop_len=contract.hop_len,
        work_len=max(work),
        features_len=len(contract.features),
        dist_bins=app.reference.bins,
        outputs_len=len(app.outputs),
        shadow_outputs_len=shadow,
        shadow_len=shadow + _COUNTS + len(app.differences) if shadow else 0,
        monitor_words=monitor_words(app.monitors),
        state_len=(max if app.queue.in_turn else sum)(p.state_len for p in plans),
        warm_len=max(p.warm_len for p in plans),
    )


def _widens(app: Application) -> bool:
    """Whether integers are queued for a plan of floats."""
    contract = app.contract
    return contract.profile == "f32" and app.queue.sample_bytes(contract) == 2


def package_h(app: Application) -> str:
    """Write ``ecm_package.h``."""
    memory = memory_of(app)
    return _HEADER.format(
        name=app.name,
        ram_bytes=memory.ram_bytes,
        features_len=memory.features_len,
        dist_bins=memory.dist_bins,
        outputs_len=memory.outputs_len,
        shadow_outputs_len=memory.shadow_outputs_len,
        model_floats=memory.outputs_len + memory.shadow_len,
        models_len=len(app.models),
        models=_MODELS if app.models else "",
        window_len=memory.window_len,
        channels_len=memory.channels_len,
        rings_len=memory.rings_len,
        ring_floats=memory.ring_floats,
        window_floats=memory.window_floats,
        sample=_SAMPLES[memory.sample_bytes][0],
        suffix=_SAMPLES[memory.sample_bytes][1],
        work_len=memory.work_len,
        monitor_words=memory.monitor_words,
        monitors=_enum("MONITOR", [group.name for group in app.monitors.groups]),
        state_len=memory.state_len,
        channels=_enum("CHANNEL", app.contract.channels),
        classes=_enum("CLASS", app.classes),
        scores=_enum("SCORE", [model.outputs[0] for model in app.scores]),
        values=_enum("VALUE", app.values),
        features=_enum("FEATURE", app.contract.names),
        turns_header=_TURNS_HEADER if memory.in_turn else "",
        wanted=_WANTED if memory.in_turn else "",
        update_header=_UPDATE_HEADERS if as_data(app) else "",
        updates=updates_h(app),
        reference=""
        if as_data(app)
        else _REFERENCE.format(len=memory.features_len * memory.dist_bins),
    )


def package_c(app: Application) -> str:
    """Write ``ecm_package.c``: the settings of the whole application.

    Returns
    -------
    str
        C99; the same text for the same application on every machine.
    """
    parts = [
        f"/* ecm_package.c - settings of {app.name}; generated, see ecm_package.h. */",
        '#include "ecm_package.h"',
        *(['#include "ecm_app_shadow.h"'] if app.shadow else []),
        *headers_of(chain.from_iterable(channel_steps(app.contract))),
        "",
        plan_c(app.contract),
        _channels(app),
        _models(app),
        monitors_c(app.monitors, replaced=bool(as_data(app))),
        *_references(app),
        _settings(app),
        adopt_c(app),
    ]
    return "\n".join(parts)


def _enum(kind: str, names: Sequence[str]) -> str:
    """Constants for positions: a name is turned into one that C can take."""
    rows = []
    for i, name in enumerate(names):
        rows.append(f"    ECM_PACKAGE_{kind}_{i}_{plain(name).upper()} = {i},")
    return "\n".join(
        ["enum {", *rows, f"    ECM_PACKAGE_{kind}_END = {len(rows)}", "};"]
    )


def _channels(app: Application) -> str:
    plans = [plan_name(app.contract, i) for i in range(len(app.contract.channels))]
    listed = ", ".join(f"&{plan}" for plan in plans)
    rows = [
        f"    {{&{plans[i]},\n"
        f"     {{.range = {float_literal(app.contract.range_of(i))},\n"
        f"{_checks(app, name)}}}}}, /* {plain(name)} */"
        for i, name in enumerate(app.contract.channels)
    ]
    head = f"static const ecm_app_channel_cfg_t package_channels[{len(rows)}] = {{"
    return "\n".join([
        f"const ecm_feat_plan_t *const ecm_package_plans[{len(plans)}] = {{{listed}}};",
        "",
        *(head, *rows, "};\n"),
    ])  # fmt: skip


def _checks(app: Application, channel: str) -> str:
    """Write the settings of a sensor that are not 0."""
    settings = app.checks_of(channel).settings(fs_hz=app.contract.fs_hz)
    lines = [
        f"      .{name} = {value}U" if isinstance(value, int)
        else f"      .{name} = {float_literal(value)}"
        for name, value in settings.items()
        if value
    ]  # fmt: skip
    return ",\n".join(lines)


def _models(app: Application) -> str:
    if not app.models:
        return ""
    declared = [_declared(m) for m in app.all_models if not m.weights]
    declared += [update_c(app)] if as_data(app) else []
    rows = [
        f"    {{{runner_name(m)}, ECM_APP_MODEL_{m.kind.upper()}, {len(m.outputs)}U}},"
        for m in app.models
    ]
    head = f"const ecm_app_model_t ecm_package_models[{len(rows)}] = {{"
    return "\n".join([*declared, "", head, *rows, "};\n", *_shadows(app)])


def _shadows(app: Application) -> list[str]:
    """Write the challengers, and what their classes are among the champion's."""
    if not app.shadow:
        return []
    tables, rows = [], []
    for model in app.challengers:
        champion, classes = app.champion_of(model), "NULL"
        if model.kind == "class" and model.outputs != champion.outputs:
            known = [
                champion.outputs.index(name) if name in champion.outputs
                else CLASSES_MAX
                for name in model.outputs
            ]  # fmt: skip
            classes = "package_shadow_classes"
            tables.append(
                f"static const uint8_t {classes}[{len(known)}] = "
                f"{{{', '.join(map(str, known))}}};"
            )
        rows.append(
            f"    {{{{{runner_name(model)}, ECM_APP_MODEL_{model.kind.upper()}, "
            f"{len(model.outputs)}U}},\n     {classes}, "
            f"{app.models.index(champion)}U}},"
        )
    head = f"static const ecm_app_shadow_t package_shadows[{len(rows)}] = {{"
    settings = [
        "static const ecm_app_shadow_cfg_t package_shadow = {",
        f"    &ecm_app_shadow_calls, package_shadows, {len(rows)}U, "
        f"{memory_of(app).shadow_len}U}};\n",
    ]
    return [*tables, head, *rows, "};", *settings]


def _declared(model: CompiledModel) -> str:
    return (
        f"ecm_status_t {model.symbol}(const float *features, float *outputs, "
        "void *work);"
    )


def _references(app: Application) -> list[str]:
    if as_data(app):
        return []  # they are in the block
    return [
        table_c("package_edges", app.reference.edges),
        table_c("ecm_package_reference", app.reference.probabilities).removeprefix(
            "static "
        ),
    ]


def _settings(app: Application) -> str:
    memory = memory_of(app)
    edges, reference = reference_places(app)
    suffix = _SAMPLES[memory.sample_bytes][1]
    return "\n".join([
        "const ecm_app_cfg_t ecm_package_cfg = {",
        f"    .samples = &ecm_app_samples_{suffix}{'_f32' if _widens(app) else ''},",
        *(["    .turns = &ecm_app_turns,"] if memory.in_turn else []),
        "    .channels = package_channels,",
        f"    .channels_len = {memory.channels_len}U,",
        f"    .features_len = {memory.features_len}U,",
        f"    .models = {'ecm_package_models' if app.models else 'NULL'},",
        f"    .models_len = {len(app.models)}U,",
        f"    .scores_len = {len(app.scores)}U,",
        f"    .values_len = {len(app.values)}U,",
        f"    .classes_len = {len(app.classes)}U,",
        f"    .outputs_len = {memory.outputs_len}U,",
        f"    .shadow = {'&package_shadow' if app.shadow else 'NULL'},",
        f"    .monitor = {'&package_monitor' if app.monitors.rows else 'NULL'},",
        f"    .dist_edges = {edges},",
        f"    .dist_reference = {reference},",
        f"    .dist_bins = {memory.dist_bins}U,",
        f"    .ring_len = {memory.ring_len}U,",
        f"    .work_len = {memory.work_len}U,",
        f"    .device_id = {app.device_id}U,",
        f"    .contract_id = {_id_bytes(app.contract.id)},",
        f"    .model_id = {_id_bytes(app.model_id)},",
        "};\n",
    ])  # fmt: skip


def _id_bytes(digest: str) -> str:
    """First bytes of a hexadecimal hash as a C initialiser."""
    words = [f"0x{byte:02x}" for byte in bytes.fromhex(digest)[:_ID_BYTES]]
    middle = len(words) // 2
    gap = ",\n        "
    return f"{{{', '.join(words[:middle])}{gap}{', '.join(words[middle:])}}}"


_MODELS = """\
extern const ecm_app_model_t ecm_package_models[ECM_PACKAGE_MODELS_LEN];
"""
_REFERENCE = """
/* Shares of the reference in the bins of each feature, for ecm_dist_distances_f32. The
 * application does not read them: they are in an image that names them alone. */
extern const float ecm_package_reference[{len}];
"""
_TURNS_HEADER = """\
#include "ecm_app_turns.h"
"""
_WANTED = """
/* The channel whose samples are taken, see ecm_app_turns.h. */
static inline uint32_t ecm_package_wanted(const ecm_package_memory_t *m) {
    return ecm_app_wanted(m->channels, &ecm_package_cfg);
}
"""
_UPDATE_HEADERS = """\
#include "ecm_app_update.h"
#include "ecm_monitor_data.h"
"""
_HEADER = """\
/* ecm_package.h - the application {name}: settings and memory; generated.
 *
 *     static ECM_PACKAGE_DEFINE_MEMORY(app);
 *     ecm_package_begin(&app);
 *
 * then ecm_package_push from the sampling interrupt and ecm_package_step in the main
 * loop; see ecm_app.h and examples/bare_metal/main.c.
 */
#ifndef ECM_PACKAGE_H
#define ECM_PACKAGE_H

#include "ecm_app.h"
#include "ecm_package_version.h"
{turns_header}{update_header}
ECM_EXTERN_C_BEGIN

#define ECM_PACKAGE_CHANNELS_LEN {channels_len}
#define ECM_PACKAGE_FEATURES_LEN {features_len}
#define ECM_PACKAGE_OUTPUTS_LEN {outputs_len}
#define ECM_PACKAGE_SHADOW_OUTPUTS_LEN {shadow_outputs_len}
#define ECM_PACKAGE_MODELS_LEN {models_len}
#define ECM_PACKAGE_WINDOW_LEN {window_len}
#define ECM_PACKAGE_WINDOW_FLOATS {window_floats}
#define ECM_PACKAGE_WORK_LEN {work_len}
#define ECM_PACKAGE_DIST_WORDS ECM_APP_DIST_WORDS({features_len}, {dist_bins})
#define ECM_PACKAGE_MEM_LEN \\
    ECM_APP_MEM_LEN({rings_len}, {ring_floats}, {window_floats}, {work_len}, \\
                    {features_len}, {model_floats}, {monitor_words}, {state_len})
#define ECM_PACKAGE_MONITOR_WORDS {monitor_words}

/* Positions of channels, classes, scores, values, features and groups of monitors. */
{channels}
{classes}
{scores}
{values}
{features}
{monitors}

/* What it is pushed, and by which function. */
typedef {sample} ecm_package_sample_t;
#define ECM_PACKAGE_PUSH ecm_app_push_{suffix}

/* Everything that the application writes to. */
typedef struct {{
    ecm_app_t app;
    ecm_app_channel_t channels[ECM_PACKAGE_CHANNELS_LEN];
    uint32_t dist[ECM_PACKAGE_DIST_WORDS];
    float mem[ECM_PACKAGE_MEM_LEN];
}} ecm_package_memory_t;

/* How much that is. ECM_PACKAGE_RAM_MAX: what there is, if the product defines it. */
#define ECM_PACKAGE_RAM_BYTES {ram_bytes}U
ECM_STATIC_ASSERT(sizeof(ecm_package_memory_t) == ECM_PACKAGE_RAM_BYTES,
                  package_takes_{ram_bytes}_bytes_of_ram);
#ifdef ECM_PACKAGE_RAM_MAX
ECM_STATIC_ASSERT(ECM_PACKAGE_RAM_BYTES <= ECM_PACKAGE_RAM_MAX,
                  package_needs_{ram_bytes}_bytes_of_ram);
#endif

#define ECM_PACKAGE_DEFINE_MEMORY(name) ecm_package_memory_t name

extern const ecm_app_cfg_t ecm_package_cfg;

/* The functions of ecm_app.h and ecm_app_queue.h on this application, where contexts
 * and statuses stand; ecm_app_set_speed and others take its member `app`. */
static inline ecm_status_t ecm_package_begin(ecm_package_memory_t *m) {{
    return ecm_app_init(&m->app, m->channels, &ecm_package_cfg, m->mem, m->dist);
}}

static inline ecm_status_t ecm_package_push(ecm_package_memory_t *m, uint32_t channel,
                                            const ecm_package_sample_t *x,
                                            uint32_t x_len) {{
    return ECM_PACKAGE_PUSH(m->channels, &ecm_package_cfg, m->mem, channel, x, x_len);
}}
{wanted}
static inline ecm_status_t ecm_package_step(ecm_package_memory_t *m,
                                            ecm_app_event_t *event) {{
    return ecm_app_step(&m->app, m->channels, &ecm_package_cfg, m->mem, m->dist, event);
}}

static inline ecm_status_t ecm_package_report(ecm_package_memory_t *m,
                                              uint32_t uptime_s, uint8_t *frame,
                                              uint32_t frame_bytes, uint32_t *len) {{
    return ecm_app_report(&m->app, &ecm_package_cfg, m->mem, m->dist, uptime_s, frame,
                          frame_bytes, len);
}}

/* Plans of the channels, and the models in the order of their outputs, for a product
 * that has no room for the application; see ecm_feat_extract_f32. */
extern const ecm_feat_plan_t *const ecm_package_plans[ECM_PACKAGE_CHANNELS_LEN];
{models}{reference}{updates}
ECM_EXTERN_C_END

#endif
"""
