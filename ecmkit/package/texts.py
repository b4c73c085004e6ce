"""Texts of a package for people."""

import textwrap
from collections.abc import Iterable
from pathlib import Path

from ecmkit.formats import FeatureContract, write_atomic
from ecmkit.formats.frame import FRAME_MIN_BYTES, full_report
from ecmkit.package.manifest import Package, ThirdParty

__all__ = [
    "Figure",
    "comment_lines",
    "node_samples_of",
    "readme",
    "samples_of",
    "write_readme",
]

Figure = tuple[str, str, str]
"""What, value with unit, label: measured, emulated or estimated."""


def samples_of(contract: FeatureContract, *, sample_bytes: int | None = None) -> str:
    """Say what samples are, by channel where they differ; 2 bytes are an integer."""
    if sample_bytes is None:
        sample_bytes = 4 if contract.profile == "f32" else 2
    units = _units(contract, whole=sample_bytes != 4)
    if sample_bytes == 4:
        return f"samples in {units}"
    return f"samples of 16 bits, 2^15 for {units}"


def node_samples_of(
    contract: FeatureContract, *, sample_bytes: int, record: bool
) -> str:
    """Say what samples of a whole device are: a record scales those that are floats."""
    if sample_bytes != 4 or not record:
        return samples_of(contract, sample_bytes=sample_bytes)
    return (
        "samples as the sensor gives them; the record's sensitivity and offset make "
        f"{_units(contract, whole=False)} of them"
    )


def comment_lines(text: str) -> str:
    """Break a text into lines of a comment in C."""
    return textwrap.fill(text, 88, initial_indent=" * ", subsequent_indent=" * ")


def _units(contract: FeatureContract, *, whole: bool) -> str:
    """Name units, by channel where they differ; with the full scale of integers."""
    said = []
    for i, name in enumerate(contract.channels):
        unit = contract.unit_of(i)
        scale = f"{contract.range_of(i):g} " if whole else ""
        said.append((f"{scale}{unit}", f"{scale}{unit} of {name}"))
    alike = len({plain for plain, _ in said}) == 1
    return said[0][0] if alike else ", ".join(named for _, named in said)


def readme(package: Package, *, figures: Iterable[Figure]) -> str:
    """Write the read-me of a package, with the figures of this very package."""
    manifest, contract = package.manifest, package.contract
    rows = [f"| {what} | {value} | {label} |" for what, value, label in figures]
    models = [
        f"- `{m.name}` ({m.kind}{f', challenger of `{m.champion}`' * bool(m.champion)})"
        f": {', '.join(m.outputs)}"
        for m in manifest.models
    ]
    library = f"lib/{manifest.cpu}/{package.library.name}"
    return (
        (Path(__file__).parent / "README.md.in")
        .read_text("utf-8")
        .format(
            name=manifest.name,
            library=package.library.stem.removeprefix("lib"),
            upper=package.library.stem.removeprefix("lib").upper(),
            version=manifest.release.version,
            prebuilt=f"; or `{library}`" if package.compiled else "",
            contract=_contract(contract),
            target=manifest.target,
            made=_made(package),
            compiled=_COMPILED.format(cpu=manifest.cpu) if package.compiled else "",
            device=_DEVICE if manifest.release.node else "",
            channels=_listed(contract.channels),
            samples=samples_of(contract, sample_bytes=manifest.memory.sample_bytes),
            fs_hz=f"{contract.fs_hz:g}",
            window_len=contract.window_len,
            hop_len=contract.hop_len,
            n_features=len(contract.features),
            models="\n".join(models) or "- none",
            telemetry=_telemetry(len(contract.features)),
            figures=_told(package, rows),
            evidence=_evidence(package),
            flags=" ".join(manifest.compiler.flags),
            twins=_TWINS if manifest.twins else "",
            third_party="".join(map(_third_party, manifest.third_party)),
            contract_id=manifest.contract_id,
            model_id=manifest.model_id,
            package_id=manifest.id,
        )
    )


def _told(package: Package, rows: list[str]) -> str:
    """Return the table of figures and what they mean, or why there are none."""
    if rows:
        return "\n".join(["| what | value | |", "|---|---|---|", *rows, "", _COUNTED])
    if package.compiled:
        return "Not gated yet."
    return (
        f"None: ecmkit has no compiler for {package.manifest.cpu}, so nothing was "
        "built and run for this\ntarget. The bits are those of every other one: "
        "`ecmkit verify` shows it on a host."
    )


def _evidence(package: Package) -> str:
    """Name what only packages have that were compiled and run."""
    if not package.compiled:
        return ""
    further = package.path / "proofs.json"
    return (
        "`gate.json` behind the figures above,"
        + (" `proofs.json` of further targets,\n" if further.exists() else "\n")
        + "`evidence/` (bound of the stack, symbols, MISRA, bill of materials), "
    )


def _telemetry(features: int) -> str:
    """Say how long a full report takes, for frames of two sizes and the worst case."""
    every_s = 900.0
    rows = []
    for budget in (FRAME_MIN_BYTES, 222):
        told = full_report(
            min(features, 255),
            interval_s=every_s,
            budget_bytes=budget,
            monitors=23,
            mac=True,
        )
        frames = -(-features // told.sketches)
        hours = frames * every_s / 3600
        rows.append(f"| {budget} bytes | {told.sketches} | {frames} | {hours:.3g} h |")
    head = (
        "| a frame of | features in it | frames to a full report | at one each 15 min |"
    )
    return "\n".join([head, "|---|---|---|---|", *rows])


def _contract(contract: FeatureContract) -> str:
    """Tell what the samples must be, channel by channel."""
    rows = [
        f"| {name} | {contract.unit_of(i)} | {contract.range_of(i):g} "
        f"| {contract.fs_hz:g} Hz |"
        for i, name in enumerate(contract.channels)
    ]
    head = ["| channel | unit | full scale | rate |", "|---|---|---|---|"]
    speed = ""
    if contract.needs_speed:
        lo, hi = contract.speed_hz
        speed = (
            f"\n\nThe shaft speed must be told, {lo:g} to {hi:g} revolutions a second."
        )
    return "\n".join([*head, *rows]) + speed


def _made(package: Package) -> str:
    """Say what was done for the core."""
    tool, cpu = package.manifest.compiler, package.manifest.cpu
    if not package.compiled:
        return f"as sources for {cpu}"
    return f"compiled for {cpu} with {tool.name} {tool.version}"


def _third_party(part: ThirdParty) -> str:
    folder = part.files[0].rpartition("/")[0]
    return f"| `{folder}/` | {part.name} {part.version}, {part.license}, unchanged |\n"


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


_COUNTED = """\
Instructions are counted exactly on an emulator. They are not time; a share of the
processor that is *estimated* gives each instruction the cycles of its class. A watchdog
that is fed after each call of `ecm_app_step` has to wait for no more than is counted
per step. A *bound* of the stack is the deepest way through the calls of the linked
image, without interrupts; a thread needs that of what it calls (`ecm_package_begin` is
`ecm_app_init`), and room for its own."""
_TWINS = (
    "; some include a file of `twins/`, the one for this core or the portable one, by "
    "what the compiler builds for"
)

_DEVICE = """\
| `src/ecm_package_node.h` | the whole device: its places in flash, its RAM |
| `examples/device/` | how a product calls it; `board.h` is what the product writes |
"""
_COMPILED = """\
| `lib/{cpu}/` | the same, compiled |
| `firmware/` | for the bench, `board.elf` for a board; not for a product |
"""
