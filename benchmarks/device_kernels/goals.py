"""What the kernels are meant to cost at most, and whether they do."""

from dataclasses import dataclass

from benchmarks.device_kernels.kernels import KERNELS
from benchmarks.device_kernels.measure import Counted

__all__ = ["GOALS", "Goal"]

_BY_NAME = {kernel.name: kernel for kernel in KERNELS}


@dataclass(frozen=True, kw_only=True)
class Goal:
    """A limit for a kernel on a core, by GCC at ``-O2``."""

    kernel: str
    core: str
    what: str
    """``instructions`` of a call, or ``flash``: of our code and tables, in bytes."""
    most: int
    why: str

    def value(self, found: Counted) -> int:
        """Return the figure that is held against the limit."""
        if self.what == "instructions":
            return found.instructions
        return found.library + found.constants


def _share(share: float, core: str, pattern: str) -> list[Goal]:
    """Limits of transforms: a share of the best peer's count."""
    goals = []
    for n in (256, 512, 1024, 2048, 4096):
        name = pattern.format(n)
        best = min(counts[core] for counts in _BY_NAME[name].peers.values()
                   if core in counts)  # fmt: skip
        goals.append(
            Goal(
                kernel=name,
                core=core,
                what="instructions",
                most=int(share * best),
                why=f"{share:g} of the best peer",
            )
        )
    return goals


def _watching() -> list[Goal]:
    """Limits of detectors a value, of distances and frames a call."""
    limits = (
        ("drift.run_f32.cusum", "m4f", 40 * 256, "40 a value"),
        ("drift_ph.run_f32", "m4f", 40 * 256, "40 a value"),
        ("drift_ewma.run_f32", "m4f", 40 * 256, "40 a value"),
        ("dist.update_f32.32", "m4f", 60 * 256, "60 a value"),
        ("dist.update_s32.32", "m4f", 60 * 256, "60 a value"),
        ("dist.distances_f32.32", "m4f", 4_000, "five distances of 32 bins"),
        ("frame.encode.222", "m4f", 20_000, "a full frame of 8 features"),
        ("drift_q15.cusum_update", "m0plus", 120 * 256, "120 a value"),
        ("drift_q15.ph_update", "m0plus", 120 * 256, "120 a value"),
        ("drift_q15.ph_update.4096", "m0plus", 120 * 256, "120 a value"),
        ("drift_q15.ewma_update", "m0plus", 120 * 256, "120 a value"),
        ("dist.update_f32.32", "m0plus", 180 * 256, "180 a value"),
        ("dist_q15.distances.32", "m0plus", 12_000, "five distances of 32 bins"),
        ("dist_q15.distances.32.far", "m0plus", 12_000, "five distances of 32 bins"),
        ("frame.encode.222", "m0plus", 60_000, "a full frame of 8 features"),
    )
    return [
        Goal(kernel=kernel, core=core, what="instructions", most=most, why=why)
        for kernel, core, most, why in limits
    ]


GOALS = (
    *_watching(),
    *_share(0.8, "m4f", "fft.r2c_f32.{}"),
    *_share(0.9, "m4f", "fft_q15.r2c.{}"),
    *_share(1.0, "m55", "fft.r2c_f32.{}"),
    Goal(
        kernel="fft.r2c_f32.1024",
        core="m4f",
        what="flash",
        most=9_000,
        why="CMSIS-DSP: 12,708",
    ),
    Goal(
        kernel="stats.time_f32.1024",
        core="m4f",
        what="instructions",
        most=26 * 1024,
        why="26 a sample",
    ),
    Goal(
        kernel="stats.time_f32.1024",
        core="m0plus",
        what="flash",
        most=3 * 1024,
        why="3 KiB, besides the compiler's soft floats",
    ),
    Goal(
        kernel="envelope.analytic_f32.256",
        core="m4f",
        what="instructions",
        most=18_000,
        why="an envelope of 1024 samples with its spectrum: 110,000 in all",
    ),
    Goal(
        kernel="envelope.spectrum_f32.1024",
        core="m4f",
        what="instructions",
        most=46_000,
        why="an envelope of 1024 samples with its spectrum: 110,000 in all",
    ),
    Goal(
        kernel="velocity.update_f32.4",
        core="m4f",
        what="instructions",
        most=9 * 256,
        why="9 a sample",
    ),
    Goal(
        kernel="spectrum.hann_power_f32.1024",
        core="m4f",
        what="instructions",
        most=12 * 513,
        why="12 a bin, a sixth of the transform before it",
    ),
    Goal(
        kernel="mel.log_128.513",
        core="m4f",
        what="instructions",
        most=17_000,
        why="half of the transform before it",
    ),
    Goal(
        kernel="feat.vibration_basic.1024",
        core="m4f",
        what="instructions",
        most=75_000,
        why="statistics, spectrum and velocity of a window",
    ),
    Goal(
        kernel="feat.vibration_basic.1024",
        core="m4f",
        what="flash",
        most=14_000,
        why="14 KB with the tables of the transform",
    ),
    Goal(
        kernel="feat.bearing.1024",
        core="m4f",
        what="instructions",
        most=190_000,
        why="an envelope over 20 turns in each window",
    ),
)
