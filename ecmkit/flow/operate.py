"""Run the packaged application on later data, and classify with it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecmkit import bench, data, package
from ecmkit.flow.alarms import Alarm, Alarms

__all__ = ["Service", "Verdicts", "classes_of", "classify", "golden_signal", "serve"]

Progress = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Service:
    """What one device sent while it ran over two stretches of life."""

    frames: tuple[bytes, ...]
    changed_frame: int
    """First frame that was sent after the change."""
    windows: tuple[int, int]
    """Windows before and after the change."""
    alarms: tuple[int, int]
    """Windows in which a detector alarmed, before and after."""
    found: tuple[Alarm, ...]
    """These windows, put together, with what their features were."""


@dataclass(frozen=True, kw_only=True)
class Verdicts:
    """What a package says about recordings, one row a window."""

    recording: NDArray[np.str_]
    truth: NDArray[np.str_]
    found: NDArray[np.str_]


def serve(
    app: bench.HostApp,
    before: data.Dataset,
    after: data.Dataset,
    *,
    report_every: int,
    progress: Progress,
) -> Service:
    """Let one device run over two stretches of life, one after the other.

    The device is the host build of the C that is in the firmware; it is started once,
    and its samples come recording after recording without a gap.

    Parameters
    ----------
    app : HostApp
        What runs.
    before, after : Dataset
        Recordings in the order of time; the machine changes in between.
    report_every : int
        Windows from one telemetry frame to the next, >= 1.
    progress : callable
        Told the id of each recording.

    Returns
    -------
    Service
    """
    contract = app.package.contract
    app.restart()
    frames = [app.report(0)]
    pushed = 0
    windows, alarms, changed, found = [0, 0], [0, 0], 0, Alarms()
    for stretch, recordings in enumerate((before, after)):
        changed = len(frames)
        for recording in recordings:
            progress(recording.info.id)
            app.set_speed(recording.info.speed_hz)
            x = recording.samples(contract.channels)
            for start in range(0, x.shape[1], contract.hop_len):
                part = x[:, start : start + contract.hop_len]
                run = app.push(part)
                pushed += part.shape[1]
                windows[stretch] += len(run.events)
                bits = run.events["alarms"]
                alarms[stretch] += int(np.count_nonzero(bits))
                found.add(stretch, recording.info.id, bits, run.features)
                if len(run.events) and sum(windows) % report_every == 0:
                    frames.append(app.report(int(pushed / contract.fs_hz)))
    return Service(
        frames=tuple(frames),
        changed_frame=changed,
        windows=(windows[0], windows[1]),
        alarms=(alarms[0], alarms[1]),
        found=found.found,
    )


def classes_of(pack: package.Package) -> tuple[str, ...]:
    """Names of the classes that a package tells apart; none without a classifier."""
    return next((m.outputs for m in pack.manifest.models if m.kind == "class"), ())


def classify(app: bench.HostApp, recordings: data.Dataset) -> Verdicts:
    """Classify every window with the packaged application, restarted per recording.

    Parameters
    ----------
    app : HostApp
        With a classifier.
    recordings : Dataset
        Labelled recordings.

    Returns
    -------
    Verdicts
        Without the windows that the application called invalid.
    """
    classes = np.array(classes_of(app.package))
    channels = app.package.contract.channels
    names: list[str] = []
    truth: list[str] = []
    found: list[str] = []
    for recording in recordings:
        app.restart(speed_hz=recording.info.speed_hz)
        events = app.push(recording.samples(channels)).events
        labels = classes[events["class_id"][events["valid"] == 1]].tolist()
        names += [recording.info.id] * len(labels)
        truth += [recording.info.label] * len(labels)
        found += labels
    return Verdicts(
        recording=np.array(names), truth=np.array(truth), found=np.array(found)
    )


def golden_signal(
    recordings: data.Dataset, pack: package.Package, *, windows: int = 4
) -> bench.Golden:
    """Join stretches of recordings, one of each class, into one golden signal.

    Parameters
    ----------
    recordings : Dataset
        In any order; of each class the first is taken.
    pack : Package
        Says channels and window.
    windows : int
        Windows with events in the whole signal, at least one of each class.

    Returns
    -------
    Golden
        At the speed of the first recording.
    """
    contract = pack.contract
    first = {r.info.label: r for r in reversed(recordings.recordings)}
    chosen = [first[label] for label in sorted(first)]
    each = max(1, -(-windows // len(chosen)))
    length = each * contract.hop_len
    parts = [r.samples(contract.channels)[:, :length] for r in chosen]
    memory = pack.manifest.memory
    before = contract.window_len + (memory.warm_len - 1) * contract.hop_len
    tail = chosen[0].samples(contract.channels)[:, :before]
    x = np.concatenate([tail, *parts], axis=1)
    if memory.in_turn:  # each channel takes a stretch of its own: over again
        x = np.tile(x, (1, -(-memory.span_len // x.shape[1])))
    return bench.Golden(x=x, speed_hz=chosen[0].info.speed_hz)
