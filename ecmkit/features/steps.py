"""From a contract to the steps that compute its features, as the C table has them."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ecmkit._core import feat, feat_q15, mel
from ecmkit.features.blocks import BLOCKS, layer_tables
from ecmkit.features.integers import IntegerRunner, integer_plan
from ecmkit.features.mel import dct_factors
from ecmkit.features.parts import mel_bank
from ecmkit.formats import EnvelopeStep, FeatureContract, FeatureRow

__all__ = [
    "DevicePlan",
    "Runner",
    "Step",
    "channel_steps",
    "device_plan",
    "device_plans",
    "integer_steps",
    "keeps_bins",
    "mel_scale",
    "rows_of",
    "runner",
    "scaled_places",
    "steps_of",
    "warm_len",
]


DevicePlan = feat.Plan | feat_q15.Plan
"""A channel of a contract as the C code of its profile knows it."""


class Runner(Protocol):
    """A channel of a contract at work on one signal: `feat.Runner`, or integers."""

    def reset(self) -> None:
        """Start over, as behind a gap in the signal."""

    def frames(
        self,
        x: NDArray[np.float32],
        speed_hz: NDArray[np.float32],
        out: NDArray[np.float32],
        done: NDArray[np.uint8],
    ) -> None:
        """Go on with the next windows of a signal; see `feat.Runner.frames`."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of a plan."""

    name: str
    """As in ``ECM_FEAT_STEP_TABLE``, or ``ECM_FEAT_Q15_STEP_TABLE`` and ``real``."""
    module: str
    """File of ``csrc`` that has it."""
    first: int
    """First of its features among those of the channel."""
    count: int
    """Number of its features."""


def rows_of(contract: FeatureContract, channel: int = 0) -> tuple[FeatureRow, ...]:
    """Features of a channel, by its place."""
    return tuple(row for row in contract.features if row[0] == channel)


def steps_of(contract: FeatureContract, channel: int = 0) -> tuple[Step, ...]:
    """List the steps of a channel in the order in which they run.

    Those that others need are among them, with rows or without, and so is what the
    contract's settings ask for. In the profile q15 a step ``real`` comes behind them,
    from integers to physical units, and then the scaler.

    Parameters
    ----------
    contract : FeatureContract
        What is to be computed.
    channel : int
        Place of the channel.

    Raises
    ------
    ValueError
        If a feature is unknown, or the features are not in the order of the steps.
    """
    step_by_id = {row[0]: row[3] for row in feat.table()}
    rows = rows_of(contract, channel)
    unknown = [row[1] for row in rows if row[1] not in step_by_id]
    if unknown:
        raise ValueError(f"contract has features of unknown id {unknown}")
    table = _table(contract)
    order = [name for name, *_ in table]
    used = [_in_place(step_by_id[row[1]], contract) for row in rows]
    if used != sorted(used, key=order.index):
        raise ValueError(
            f"features of the contract are not in the order {', '.join(order)}"
        )
    wanted = _wanted(set(used), contract)
    steps, first = [], 0
    for name, module, _ in table:
        if name in wanted:
            count = used.count(name)
            steps.append(Step(name=name, module=module, first=first, count=count))
            first += count
    if contract.profile == "q15" and steps:
        steps.append(Step(name="real", module="feat_integer", first=first, count=0))
        if contract.scale is not None:
            steps.append(Step(name="scale", module="feat_scale", first=first, count=0))
    return tuple(steps)


def scaled_places(contract: FeatureContract, channel: int = 0) -> list[int]:
    """Places of the features of a channel that the scaler is for."""
    blocks = {row[0] for row in feat.table() if row[3] in BLOCKS}
    return [
        i
        for i, row in enumerate(contract.features)
        if row[0] == channel and row[1] not in blocks
    ]


def integer_steps(contract: FeatureContract, channel: int = 0) -> tuple[Step, ...]:
    """List those of a contract of the profile q15 that its integer plan has."""
    names = [name for name, *_ in feat_q15.step_table()]
    return tuple(step for step in steps_of(contract, channel) if step.name in names)


def channel_steps(contract: FeatureContract) -> list[tuple[Step, ...]]:
    """List the steps of all channels, in their order."""
    return [steps_of(contract, i) for i in range(len(contract.channels))]


def device_plan(contract: FeatureContract, channel: int = 0) -> DevicePlan:
    """Describe a channel of a contract to the C code, as a package does on a device.

    Raises
    ------
    ValueError
        If the device library refuses it.
    """
    rows = rows_of(contract, channel)
    if contract.profile == "q15":
        return integer_plan(
            contract,
            [
                (step.name, rows[step.first : step.first + step.count])
                for step in integer_steps(contract, channel)
            ],
        )
    steps = []
    for step in steps_of(contract, channel):
        own = rows[step.first : step.first + step.count]
        plain = [(number, n, a, b) for _, number, n, a, b in own]
        steps.append((step.name, plain, _settings(step.name, contract, channel)))
    return feat.Plan(
        contract.fs_hz,
        contract.window_len,
        contract.hop_len,
        feat.DETREND[contract.detrend],
        contract.speed_hz,
        steps,
    )


def device_plans(contract: FeatureContract) -> list[DevicePlan]:
    """Describe all channels, in their order."""
    return [device_plan(contract, i) for i in range(len(contract.channels))]


def runner(plan: DevicePlan, contract: FeatureContract, channel: int = 0) -> Runner:
    """Put the plan of a channel to work, from samples in the contract's unit.

    Parameters
    ----------
    plan : DevicePlan
        From `device_plan`; may be shared, a runner may not.
    contract : FeatureContract
        What it was made from.
    channel : int
        Place of the channel.

    Returns
    -------
    Runner
        Its features are those that leave a device: in physical units, scaled.
    """
    if isinstance(plan, feat.Plan):
        return feat.Runner(plan)
    full_scale = contract.range_of(channel)
    if contract.scale is None:
        return IntegerRunner(feat_q15.Runner(plan, full_scale), full_scale)
    offset, factor = _scale(contract, channel)
    made = feat_q15.Runner(plan, full_scale, offset, factor)
    return IntegerRunner(made, full_scale)


def warm_len(contract: FeatureContract) -> int:
    """Windows at the start, and behind a gap, that give no features."""
    return max(plan.warm_len for plan in device_plans(contract))


def keeps_bins(contract: FeatureContract, channel: int = 0) -> bool:
    """Whether a step behind the cepstrum reads the bins of the transform."""
    return any(step.name == "envelope" for step in steps_of(contract, channel))


def mel_scale(contract: FeatureContract) -> float:
    """Return the factor from mean squares to the power of the unscaled transform."""
    first, *others = contract.taper or (0.5, 0.5)
    gain = first**2 + sum(weight**2 for weight in others) / 2
    return contract.window_len**2 * gain / 2


def _table(contract: FeatureContract) -> list[tuple[str, str, tuple[str, ...]]]:
    """Name, module and needs of each step that the profile has, in order."""
    if contract.profile == "q15":
        return feat_q15.step_table()
    return [(name, module, needs) for name, module, needs, _ in feat.step_table()]


def _in_place(step: str, contract: FeatureContract) -> str:
    """Step that fills a feature, where there is a choice."""
    rectified = contract.envelope and contract.envelope.detector == "rectified"
    return "rectified" if step == "envelope" and rectified else step


def _wanted(used: set[str], contract: FeatureContract) -> set[str]:
    """Names of all steps: those that are used, needed, and asked for by settings.

    A channel without features has none: its sensor is watched, and that is all.
    """
    if not used:
        return set()
    wanted = set(used)
    for name, _, needs in reversed(_table(contract)):
        if name in wanted:
            wanted |= set(needs)
    if contract.profile == "q15":
        return wanted
    if "power" in wanted:
        if contract.taper:
            wanted = wanted - {"power"} | {"taper"}
        if contract.welch > 1:
            wanted.add("welch")
    if contract.filter is not None:
        wanted.add("filter")
    for name, settings in (
        ("scale", contract.scale),
        ("project", contract.project),
        ("encode", contract.encode),
    ):
        if settings is not None:
            wanted.add(name)
    if contract.detrend == "line":
        wanted.add("detrend")
    elif contract.detrend == "mean" and "transform" in wanted and "time" not in wanted:
        wanted.add("mean")
    return wanted


def _settings(
    name: str, contract: FeatureContract, channel: int
) -> feat.Settings | None:
    """Make the settings of a step; None for one that has none."""
    c = contract
    if name == "filter" and c.filter is not None:
        sections = np.array(c.filter.sections, np.float32)
        return feat.Filter(sections, c.filter.settle_len)
    if name == "velocity" and c.velocity is not None:
        v = c.velocity
        return feat.Velocity(
            v.c1, v.c2, v.a1, v.a2, v.b1, v.gain, v.factor, v.settle_len, v.block_len
        )
    if name == "transform":
        return feat.Transform(c.window_len)
    if name == "taper":
        return feat.Taper(np.array(c.taper, np.float32))
    if name == "welch":
        return feat.Welch(c.welch)
    if name == "lines" and c.lines is not None:
        return feat.LineSearch(c.lines.halfwidth)
    if name == "mel" and c.mel is not None:
        bank = mel_bank(c.mel, fs_hz=c.fs_hz, window_len=c.window_len)
        made = bank.tables()
        core = mel.Bank(bank.n_bins, made.first, made.counts, made.weights, made.norms)
        return feat.Mel(core, mel_scale(c), c.mel.floor)
    if name == "mfcc" and c.mel is not None:
        keep = keeps_bins(c, channel)
        return feat.Mfcc(c.window_len, keep, dct_factors(c.mel.n_mels))
    if name == "track" and c.track is not None:
        t = c.track
        taps = np.array(t.taps, np.float32)
        return feat.Track(t.per_turn, t.turns, taps, t.factor, t.halfwidth)
    if name == "cepstrum":
        return feat.Cepstrum(c.window_len, keeps_bins(c, channel))
    if name in ("envelope", "rectified") and c.envelope is not None:
        return _envelope(c.envelope, c.window_len)
    if name == "scale" and c.scale is not None:
        return feat.Scale(*_scale(c, channel))
    return _block_settings(name, contract)


def _block_settings(name: str, contract: FeatureContract) -> feat.Settings | None:
    """Make the settings of a step that goes on from features."""
    if name == "project" and contract.project is not None:
        project = contract.project
        weights = np.array(project.components, np.float32, ndmin=2)
        return feat.Project(np.array(project.mean, np.float32), weights)
    if name == "encode" and contract.encode is not None:
        encode = contract.encode
        return feat.Encode(
            [
                (t.weights, t.bias, t.multiplier, t.shift, t.inputs_len, t.output)
                for t in map(layer_tables, encode.layers)
            ],
            encode.input_scale,
            encode.layers[0].input_zero,
            encode.output_scale,
        )
    return None


def _scale(
    contract: FeatureContract, channel: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Offset and factor of each feature of a channel."""
    assert contract.scale is not None
    at = scaled_places(contract, channel)
    offset = np.array(contract.scale.offset, np.float32)[at]
    return offset, np.array(contract.scale.factor, np.float32)[at]


def _envelope(e: EnvelopeStep, window_len: int) -> feat.Settings:
    taps = np.array(e.taps, np.float32)
    lines = feat.Lines(e.len, taps, e.factor, e.bin_hz, e.halfwidth)
    if e.detector == "analytic":
        return feat.Envelope(
            lines, window_len, e.bin, e.bins_len, e.m, e.whiten, e.form
        )
    return feat.Rectified(
        lines,
        np.array(e.sections, np.float32),
        np.array(e.rectifier_taps, np.float32),
        e.rectifier_factor,
    )
