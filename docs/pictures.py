"""Draw the pictures of the how-to pages from recordings.

They are real, but that of a gear, of which there are none.

    ECMKIT_DATA=DIR python docs/pictures.py

DIR is the folder of recordings that the tests read too; see README.md.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from scipy.io import loadmat

from ecmkit import data, drift, features
from ecmkit.drift.picture import draw as draw_monitors

OUT = Path(__file__).parent / "pictures"
STYLE = {
    "svg.hashsalt": "ecmkit",
    "svg.fonttype": "none",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
BLUE, ORANGE, GREY = "#1f6fb4", "#d9601a", "#888888"


def bearing(folder: Path, axes: Any) -> None:
    """Envelope spectra of a damaged inner and outer race, in orders of the shaft."""
    files = {
        "inner race, 0.007 in": "105_IR007_0",
        "outer race, 0.007 in": "130_OR007@6_0",
    }
    recordings = data.load(folder / "cwru" / "12k_DE", channel="DE")
    found = {r.info.id: r for r in recordings}
    geometry = data.BearingGeometry(balls=9, ball_diameter=7.94, pitch_diameter=39.04)
    orders = geometry.orders
    for row, (title, number) in zip(axes, files.items(), strict=True):
        recording = found[number]
        info = recording.info
        design = features.EnvelopeDesign(
            fs_hz=info.fs_hz,
            window_len=1024,
            band_hz=(2000, 5000),
            top_hz=550,
            span_s=2.0,
        )
        spectra = features.envelope_spectra(recording.channel("DE"), design)
        mean = spectra.amplitude.mean(axis=0)
        at = np.arange(len(mean)) * spectra.bin_hz / info.speed_hz
        keep = (at > 0.2) & (at < 12)
        row.plot(at[keep], 1e3 * mean[keep], lw=0.8, color=BLUE)
        for label, order in (
            ("FTF", orders.FTF),
            ("shaft", 1.0),
            ("BPFO", orders.BPFO),
            ("2 BSF", 2 * orders.BSF),
            ("BPFI", orders.BPFI),
            ("2 BPFO", 2 * orders.BPFO),
            ("2 BPFI", 2 * orders.BPFI),
        ):
            row.axvline(order, color=GREY, lw=0.6, ls=":")
            row.annotate(
                label,
                (order, 1),
                xycoords=("data", "axes fraction"),
                rotation=90,
                va="top",
                ha="right",
                fontsize=7,
                color=GREY,
            )
        row.set_title(f"{title}, {60 * info.speed_hz:.0f} rpm", loc="left", fontsize=9)
        row.set_ylabel("envelope [mg]")
    axes[-1].set_xlabel("order of the shaft")


def run_to_failure(folder: Path, axes: Any) -> None:
    """Statistics of a bearing from new to failed."""
    with np.load(folder / "femto_pronostia" / "Bearing1_1.npz") as stored:
        x = stored["x"][:, :, 0] * float(stored["scale"])
        hours = stored["snapshot"] * float(stored["interval_s"]) / 3600
    found = features.time_statistics(x)
    for row, (name, unit) in zip(
        axes, (("rms", "g"), ("kurtosis", "1"), ("crest", "1")), strict=True
    ):
        row.plot(hours, found[name], lw=0.7, color=BLUE)
        row.set_ylabel(f"{name} [{unit}]")
    axes[-1].set_xlabel("hours of the test")


def monitors(folder: Path, path: Path) -> list[drift.Alarm]:
    """Watch a bearing from new to failed, as benchmarks/drift_real does."""
    with np.load(folder / "femto_pronostia" / "Bearing1_1.npz") as stored:
        x = stored["x"] * stored["scale"]
    x = x - x.mean(axis=1, keepdims=True)
    n, none = len(x), np.full(len(x), "Bearing1_1")
    table = features.FeatureTable(
        x=np.sqrt((x**2).mean(axis=1)).astype(np.float32),
        names=("rms horizontal", "rms vertical"),
        units=("g", "g"),
        recording=none,
        start=np.arange(n, dtype=np.int64),
        label=none,
        group=none,
        contract_id="",
    )
    plan = drift.DriftPlan(
        false_alarms=1000,
        per="detector",
        detectors=(drift.PlanDetector(kind="mean", direction="up"),),
    )
    healthy = table.rows(np.arange(n) < n // 3)
    found = drift.calibrate(healthy, plan, seed=0, verify=False)
    alarms = found.run(table)
    draw_monitors(found, table, alarms, path)
    return list(alarms)


def motor(folder: Path, axes: Any) -> None:
    """How far the phases of a motor differ, with shorted turns in one of them."""
    stored = loadmat(folder / "itsc_motor_current" / "Data_ITSC.mat")["itsc"][0, 0]
    levels = (0, 10, 20, 30, 40)

    def imbalance(name: str) -> float:
        runs = stored[name][0, 0]
        found = []
        for n in range(1, 6):
            phases = np.array(runs[f"Repetition{n:02d}"], np.float32).T
            rms = features.time_statistics(phases)["rms"]
            found.append(100 * np.abs(rms / rms.mean() - 1).max())
        return float(np.mean(found))

    for phase, mark in zip("ABC", "os^", strict=True):
        names = ["ITSC_HLT", *(f"ITSC_{phase}{level}" for level in levels[1:])]
        axes.plot(
            levels,
            [imbalance(name) for name in names],
            f"{mark}-",
            lw=1.0,
            ms=4,
            label=f"in phase {phase}",
        )
    axes.set_xticks(levels)
    axes.set_ylim(0, None)
    axes.set_xlabel("turns shorted [%]")
    axes.set_ylabel("imbalance of current [%]")
    axes.legend(frameon=False)


def pump(folder: Path, axes: Any) -> None:
    """Draw what a pump says of a closing valve, and of an unbalanced rotor."""
    cases = (
        ("valve1/15", "Volume_Flow_RateRMS", "flow [l/min]", "valve closing"),
        ("valve1/15", "Accelerometer1RMS", "acceleration [g]", "valve closing"),
        ("other/9", "Accelerometer1RMS", "acceleration [g]", "rotor unbalanced"),
    )
    for row, (file, name, label, title) in zip(axes, cases, strict=True):
        table = np.genfromtxt(
            folder / "skab" / f"{file}.csv",
            delimiter=";",
            names=True,
            dtype=None,
            encoding="utf-8",
        )
        minutes = np.arange(len(table)) / 60
        row.plot(minutes, table[name], lw=0.7, color=BLUE)
        row.fill_between(
            minutes,
            0,
            1,
            where=table["anomaly"] > 0,
            color=ORANGE,
            alpha=0.15,
            lw=0,
            transform=row.get_xaxis_transform(),
        )
        row.set_ylabel(label)
        row.set_title(title, loc="left", fontsize=9)
    axes[-1].set_xlabel("minutes; shaded: while it lasts")


def gear(folder: Path, axes: Any) -> None:
    """Spectrum and order spectrum of a simulated gear while its shaft runs up."""
    fs_hz, seconds, teeth, start, end = 12_000.0, 4.0, 23, 20.0, 30.0
    rate = (end - start) / seconds
    t = np.arange(int(seconds * fs_hz)) / fs_hz
    turns = start * t + rate * t**2 / 2
    x = 0.05 * np.random.default_rng(1).standard_normal(len(t))
    lines = {1: 0.3, 2: 0.1, teeth: 1.0, teeth - 1: 0.2, teeth + 1: 0.2, 2 * teeth: 0.4}
    for order, amplitude in lines.items():
        x += amplitude * np.cos(2 * np.pi * order * turns)
    edges = features.shaft_run(fs_hz=fs_hz, speed_hz=start, rate_hz_s=rate, turns=99)
    signal = features.angular_resample(x, edges, per_turn=192)
    spectrum = features.order_spectrum(signal, turns=20)
    n = len(x)
    taper = 0.5 - 0.5 * np.cos(2 * np.pi * t * fs_hz / n)
    plain = 4 / n * np.abs(np.fft.rfft(x * taper))
    mean_hz = (start + end) / 2
    at = np.arange(len(plain)) * fs_hz / n / mean_hz
    for row, (title, order, amplitude) in zip(
        axes,
        (
            (f"spectrum, in orders of the mean speed {mean_hz:g} Hz", at, plain),
            ("order spectrum of 20 turns", spectrum.order, spectrum.amplitude),
        ),
        strict=True,
    ):
        keep = (order > 0.2) & (order < 55)
        row.plot(order[keep], amplitude[keep], lw=0.8, color=BLUE)
        row.set_title(
            f"{title}; simulated, {start:g} to {end:g} Hz", loc="left", fontsize=9
        )
        row.set_ylabel("amplitude [g]")
    axes[-1].set_xlabel("order of the shaft")


PICTURES: dict[str, tuple[Callable[[Path, Any], None], int, tuple[float, float]]] = {
    "bearing-envelope": (bearing, 2, (7.0, 4.2)),
    "bearing-life": (run_to_failure, 3, (7.0, 4.6)),
    "gear-orders": (gear, 2, (7.0, 4.2)),
    "motor-current": (motor, 1, (7.0, 3.0)),
    "pump-valve": (pump, 3, (7.0, 4.6)),
}


def draw(folder: Path, out: Path) -> list[Path]:
    """Draw all pictures into a folder; the same recordings give the same bytes."""
    made = []
    out.mkdir(parents=True, exist_ok=True)
    for name, (paint, rows, size) in PICTURES.items():
        with rc_context(STYLE):
            figure = Figure(figsize=size, layout="constrained")
            axes = figure.subplots(rows, sharex=rows > 1)
            paint(folder, axes)
            path = out / f"{name}.svg"
            figure.savefig(path, metadata={"Date": None, "Creator": None})
        made.append(path)
    monitors(folder, out / "drift-bearing.png")
    return [*made, out / "drift-bearing.png"]


if __name__ == "__main__":
    if "ECMKIT_DATA" not in os.environ:
        sys.exit("ECMKIT_DATA is not set: the folder of recordings")
    for picture in draw(Path(os.environ["ECMKIT_DATA"]), OUT):
        print(picture)
