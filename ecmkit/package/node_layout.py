"""What a whole device keeps where: slots of its flash, words of its memory."""

from collections.abc import Iterator
from dataclasses import dataclass

from ecmkit._core import command, commission, node, snapshot, state
from ecmkit._core import device as record
from ecmkit.errors import BuildError
from ecmkit.package.application import Application
from ecmkit.package.device import Device
from ecmkit.package.sources import Memory, memory_of

__all__ = ["Area", "Layout", "layout_of"]


@dataclass(frozen=True)
class Area:
    """A part of the flash: slots of whole pages."""

    name: str
    what: str
    need: int
    """Bytes of a slot that are used."""
    slot_bytes: int
    slots: int
    at: int
    """Of the first slot, from the start of the flash."""
    macro: str
    """C of `need`."""

    @property
    def end(self) -> int:
        """Of the next area."""
        return self.at + self.slots * self.slot_bytes


@dataclass(frozen=True)
class Layout:
    """Bytes of the memories of a device."""

    areas: tuple[Area, ...]
    """Of the flash, in order: those of fixed size first, so that they keep their place
    in firmware of other settings."""
    recent_words: int
    """Of the samples for a snapshot."""
    learn_words: int
    baseline_words: int
    ram_bytes: int
    """All that the device writes to, but for its settings."""

    @property
    def flash_bytes(self) -> int:
        """Of all areas."""
        return self.areas[-1].end


def layout_of(app: Application, device: Device) -> Layout:
    """Work out what a device keeps where.

    Raises
    ------
    ValueError
        If the settings name what the application has not; the message names field,
        found and expected.
    BuildError
        If it needs more flash than the settings say that there is.
    """
    plan = app.drift.plan if app.drift is not None else None
    device.check(app.contract, baseline=plan.baseline if plan is not None else None)
    memory = memory_of(app)
    learns = "learn" in device.services
    if learns and memory.dist_bins != commission.BINS:
        raise ValueError(
            f"package.device.services: found 'learn', expected none with "
            f"{memory.dist_bins} bins in the reference: a baseline has "
            f"{commission.BINS}"
        )
    n = memory.features_len
    lengths = sum(device.snapshot_lens(app.contract))
    snaps = "snapshot" in device.services
    recent = -(-lengths * memory.sample_bytes // 4) if snaps else 0
    learn = commission.learn_words(n, device.learn.k) if learns else 0
    baseline = commission.baseline_words(n) if learns else 0
    made = Layout(
        areas=_areas(_needs(memory, device, lengths, learn), device.page_bytes),
        recent_words=recent,
        learn_words=learn,
        baseline_words=baseline,
        ram_bytes=_ram_bytes(memory, device, recent, learn + baseline),
    )
    if device.flash_bytes is not None and made.flash_bytes > device.flash_bytes:
        parts = ", ".join(f"{a.name} {a.slots} x {a.slot_bytes}" for a in made.areas)
        raise BuildError(
            f"package.device.flash_bytes: found {device.flash_bytes}, expected "
            f"{made.flash_bytes} or more in pages of {device.page_bytes}: {parts}"
        )
    return made


@dataclass(frozen=True)
class _Need:
    """What an area must have room for; fields as those of `Area`."""

    name: str
    what: str
    slots: int
    need: int
    macro: str


def _needs(
    memory: Memory, device: Device, lengths: int, learn_words: int
) -> Iterator[_Need]:
    """List what is kept: of `lengths` samples in a snapshot, with what is learnt."""
    n = memory.features_len
    if device.record:
        yield _Need(
            "record", "the record of the device", 2,
            state.slot_bytes(record.BYTES_MAX),
            "ECM_STATE_SLOT_BYTES(ECM_DEVICE_BYTES_MAX)",
        )  # fmt: skip
    yield _Need(
        "commands", "the number of the last command", 2,
        state.slot_bytes(command.STATE_BYTES),
        "ECM_STATE_SLOT_BYTES(ECM_COMMAND_STATE_BYTES)",
    )  # fmt: skip
    if "frames" in device.services:
        yield _Need(
            "spool", "reports that wait", device.reports.sectors, device.sector_bytes,
            f"ECM_SPOOL_FRAME_BYTES({device.reports.frame_bytes}U) + "
            "ECM_SPOOL_HEAD_BYTES",
        )  # fmt: skip
    learn = "0U"
    if "learn" in device.services:
        learn = f"ECM_COMMISSION_LEARN_WORDS({n}U, {device.learn.k}U)"
        yield _Need(
            "baselines", "the last baseline, and the one before", 2,
            state.slot_bytes(4 * commission.baseline_words(n)),
            f"ECM_STATE_SLOT_BYTES(4U * ECM_COMMISSION_BASELINE_WORDS({n}U))",
        )  # fmt: skip
    words = memory.monitor_words + memory.shadow_len
    yield _Need(
        "kept", "what the device was doing", 2,
        node.slot_bytes(words, memory.dist_words, learn_words),
        f"ECM_NODE_SLOT_BYTES({words}U, ECM_PACKAGE_DIST_WORDS,\n"
        f"                                      {learn})",
    )  # fmt: skip
    if "snapshot" in device.services:
        size = memory.sample_bytes
        yield _Need(
            "snapshot", "the samples around an alarm", 1,
            snapshot.slot_bytes(lengths, size),
            f"ECM_SNAPSHOT_SLOT_BYTES({lengths}U, {size}U)",
        )  # fmt: skip


def _areas(needs: Iterator[_Need], page_bytes: int) -> tuple[Area, ...]:
    """Put areas one behind the other, each slot of whole pages."""
    areas, at = list[Area](), 0
    for one in needs:
        slot = -(-one.need // page_bytes) * page_bytes
        area = Area(one.name, one.what, one.need, slot, one.slots, at, one.macro)
        areas.append(area)
        at = area.end
    return tuple(areas)


def _ram_bytes(
    memory: Memory, device: Device, recent_words: int, learnt_words: int
) -> int:
    """Sum what the device writes to."""
    edges = commission.EDGES * memory.features_len
    services = {
        "frames": node.FRAMES_BYTES,
        "snapshot": node.SNAPSHOT_BYTES + 4 * recent_words,
        "learn": node.LEARN_BYTES + 4 * (learnt_words + edges),
    }
    return (
        memory.ram_bytes
        + node.STATE_BYTES
        + (record.STATE_BYTES if device.record else 0)
        + sum(services[name] for name in device.services)
    )
