"""Texts of a package for people: the example and the read-me."""

from collections.abc import Iterable
from pathlib import Path

from ecmkit.formats import FeatureContract, write_atomic
from ecmkit.package.application import Application
from ecmkit.package.manifest import Package

__all__ = ["Figure", "example_c", "readme", "write_readme"]

Figure = tuple[str, str, str]
"""What, value with unit, label: measured, emulated or estimated."""


def example_c(app: Application) -> str:
    """Write how a product calls the package, in a screenful of C."""
    speed = "board_speed_hz()" if app.contract.needs_speed else "0.0f"
    declare = "float board_speed_hz(void); /* revolutions per second */\n"
    return _EXAMPLE.format(
        name=app.name,
        fs_hz=f"{app.contract.fs_hz:g}",
        channels=", ".join(app.contract.channels),
        samples=_samples(app.contract),
        sample="float" if app.contract.profile == "f32" else "int16_t",
        suffix="f32" if app.contract.profile == "f32" else "s16",
        speed=speed,
        declare=declare if app.contract.needs_speed else "",
    )


def _samples(contract: FeatureContract) -> str:
    """Say what samples are."""
    said = []
    for i, name in enumerate(contract.channels):
        unit = contract.unit_of(i)
        whole = "" if contract.profile == "f32" else f"{contract.range_of(i):g} "
        said.append((f"{whole}{unit}", f"{whole}{unit} of {name}"))
    alike = len({plain for plain, _ in said}) == 1
    units = said[0][0] if alike else ", ".join(named for _, named in said)
    if contract.profile == "f32":
        return f"samples in {units}"
    return f"samples of 16 bits, 2^15 for {units}"


def readme(package: Package, *, figures: Iterable[Figure]) -> str:
    """Write the read-me of a package, with the figures of this very package."""
    manifest, contract = package.manifest, package.contract
    rows = [f"| {what} | {value} | {label} |" for what, value, label in figures]
    table = ["| what | value | |", "|---|---|---|", *rows]
    models = [
        f"- `{m.name}` ({m.kind}): {', '.join(m.outputs)}" for m in manifest.models
    ]
    return _README.format(
        name=manifest.name,
        target=manifest.target,
        cpu=manifest.cpu,
        made=_made(package),
        compiled=_COMPILED if package.compiled else "",
        channels=_listed(contract.channels),
        samples=_samples(contract),
        fs_hz=f"{contract.fs_hz:g}",
        window_len=contract.window_len,
        hop_len=contract.hop_len,
        n_features=len(contract.features),
        models="\n".join(models) or "- none",
        figures="\n".join(table) if rows else "Not gated yet.",
        flags=" ".join(manifest.compiler.flags),
        twins=_TWINS if manifest.twins else "",
        contract_id=manifest.contract_id,
        model_id=manifest.model_id,
        package_id=manifest.id,
    )


def _made(package: Package) -> str:
    """Say what was done for the core."""
    tool, cpu = package.manifest.compiler, package.manifest.cpu
    if not package.compiled:
        return f"as sources for {cpu}"
    return f"compiled for {cpu} with {tool.name} {tool.version}"


def _listed(channels: tuple[str, ...]) -> str:
    """Name the channels, as part of a sentence."""
    names = [f"`{name}`" for name in channels]
    if len(names) == 1:
        return f"channel {names[0]}"
    return f"channels {', '.join(names[:-1])} and {names[-1]}"


def write_readme(package: Package, *, figures: Iterable[Figure]) -> Path:
    """Replace the read-me by one with figures; return its path."""
    path = package.path / "README.md"
    write_atomic(path, readme(package, figures=figures))
    return path


_TWINS = (
    "; files for this core alone are among them, and in `src/portable/`, not to be "
    "compiled beside them, what they take the place of"
)

_COMPILED = """\
| `lib/` | the same, compiled |
| `firmware/` | images for the bench, `board.elf` for a board; not for a product |
"""

_EXAMPLE = """\
/* main.c - {name} in a product: push from interrupts, step in the loop, report.
 *
 * The board_... functions are the product's own.
 */
#include "ecm_package.h"

int main(void);
void board_start(void); /* clocks, sensors at {fs_hz} Hz, their interrupts */
void board_send(const uint8_t *frame, uint32_t frame_bytes);
uint32_t board_uptime_s(void);
void board_wait(void); /* until the next interrupt */
{declare}/* Channels count from 0: {channels}; {samples}. */
void board_on_samples(uint32_t channel, const {sample} *x, uint32_t x_len);

#define REPORT_EVERY_S 3600U

static ECM_PACKAGE_DEFINE_MEMORY(memory);

/* Called from a sensor's interrupt. What does not fit is noticed by step. */
void board_on_samples(uint32_t channel, const {sample} *x, uint32_t x_len) {{
    (void)ecm_app_push_{suffix}(memory.channels, &ecm_package_cfg, memory.mem, channel,
                           x, x_len);
}}

static void send_frame(uint32_t now_s) {{
    uint8_t frame[ECM_FRAME_MIN_BYTES];
    uint32_t len;
    if (ecm_app_report(&memory.app, &ecm_package_cfg, memory.mem, memory.dist, now_s,
                       frame, (uint32_t)sizeof frame, &len) == ECM_OK) {{
        board_send(frame, len);
    }}
}}

int main(void) {{
    ecm_app_event_t event;
    uint32_t next_s = 0;
    ecm_status_t status = ecm_app_init(&memory.app, memory.channels, &ecm_package_cfg,
                                       memory.mem, memory.dist);
    if (status < ECM_OK) {{
        return 1;
    }}
    board_start();
    for (;;) {{
        (void)ecm_app_set_speed(&memory.app, {speed});
        while (ecm_app_step(&memory.app, memory.channels, &ecm_package_cfg, memory.mem,
                            memory.dist, &event) != ECM_OK) {{
            /* after ECM_APP_EVENT, event has class, scores and alarms of a window, and
             * what changed, in which direction and since when */
        }}
        if (board_uptime_s() >= next_s) {{
            next_s += REPORT_EVERY_S;
            send_frame(board_uptime_s());
        }}
        board_wait();
    }}
}}
"""

_README = """\
# {name} for {target}

A package of ecmkit: one application of the device library, {made}.

It takes {samples} of the {channels} at {fs_hz} Hz, turns
every window of {window_len} samples (a new one each {hop_len}) into {n_features}
features, runs its models on them and watches itself for drift.

Models:

{models}

## Figures of this package

{figures}

Instructions are counted exactly on an emulator. They are not time.

## What is here

| | |
|---|---|
| `src/` | C99: `ecm_package.c` has the settings, `model_*.c` the models{twins} |
{compiled}| `example/main.c` | how a product calls it |
| `contract.json` | what sensor, firmware, model and telemetry must agree on |
| `manifest.json` | ids, tools, and the hash of every file |

To build the sources in a product:

    {flags}

`-ffp-contract=off` and `-fno-math-errno` are not a matter of taste: without them the
results differ from those that were proven.

## Lineage

| | |
|---|---|
| package | `{package_id}` |
| contract | `{contract_id}` |
| models, limits and reference | `{model_id}` |
"""
