"""The integer profile of plans: what it has, and how units become integers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ecmkit._core import feat, feat_q15, spectrum
from ecmkit.formats import FeatureContract, FeatureRow, nearest

if TYPE_CHECKING:
    from ecmkit.features.plan import FeaturePlan

__all__ = [
    "IntegerRunner",
    "bin_width",
    "check_integers",
    "codes_of",
    "integer_plan",
    "integer_rows",
    "units_of",
]

_FULL_SCALE = 2.0**15
_BY_ID = {entry[0]: entry for entry in feat.table()}
_FIXED = {"detrend": "mean", "taper": "hann", "welch": 1, "filters": ()}
"""Fields of a plan that the profile has a single value of."""


def check_integers(plan: "FeaturePlan") -> None:
    """Refuse what the profile q15 does not have.

    Raises
    ------
    ValueError
        Naming the field, what was found and expected, and the nearest name.
    """
    why = "in profile q15"
    for field, only in _FIXED.items():
        found = getattr(plan, field)
        expected = f"{only or 'none'}, {why}"
        _expect(found == only, field, _plain(found), expected)
    longest = feat_q15.window_range()[1]
    n, shortest = plan.window_len, feat.window_range()[0]
    fits = shortest <= n <= longest and n & (n - 1) == 0
    expected = f"a power of two, {shortest} ... {longest}, {why}"
    _expect(fits, "window_len", n, expected)
    names = [_BY_ID[number][1] for number in feat_q15.table()]
    for i, spec in enumerate(plan.features):
        name = spec if isinstance(spec, str) else spec.name
        if name not in names:
            raise ValueError(
                f"features[{i}].name: found {name!r}, expected one of "
                f"{', '.join(names)}, {why}{nearest(name, names)}"
            )
    for row in plan.rows:
        if row.step == "bands":
            first, end = _bins(row.a, row.b, plan.fs_hz, n)
            bin_hz = plan.fs_hz / n
            found = f"{row.a:g} ... {row.b:g} Hz without a bin"
            expected = f"bands with one of the bins, every {bin_hz:g} Hz, {why}"
            _expect(first < end, row.name, found, expected)


def integer_plan(
    contract: FeatureContract, steps: Sequence[tuple[str, Sequence[FeatureRow]]]
) -> feat_q15.Plan:
    """Describe the steps of a channel to the C code of the profile.

    Parameters
    ----------
    contract : FeatureContract
        Rate, window and settings.
    steps : sequence of (str, sequence of FeatureRow)
        Each step with its features, in the order in which they run.

    Raises
    ------
    ValueError
        If the device library refuses it.
    """
    made = [
        (name, integer_rows(contract, name, rows), _settings(name, contract))
        for name, rows in steps
    ]
    return feat_q15.Plan(contract.window_len, contract.hop_len, made)


def integer_rows(
    contract: FeatureContract, step: str, rows: Sequence[FeatureRow]
) -> list[tuple[int, int, int, int]]:
    """Features of a step as ``ecm_feat_q15_row_t`` has them: bands by their bins.

    Parameters
    ----------
    contract : FeatureContract
        Rate and window.
    step : str
        Name of the step.
    rows : sequence of FeatureRow
        Its features.

    Returns
    -------
    list of (int, int, int, int)
        Id, format, first bin and one past the last.
    """
    formats, made = feat_q15.table(), []
    for _, number, _, a, b in rows:
        first, end = 0, 0
        if step == "bands":
            first, end = _bins(a, b, contract.fs_hz, contract.window_len)
        made.append((number, formats.get(number, 0), first, end))
    return made


def bin_width(contract: FeatureContract) -> int:
    """Hertz from bin to bin in Q16.16, as the step "moments" takes it."""
    return round(contract.fs_hz / contract.window_len * 2**16)


def codes_of(x: NDArray[np.float32], range: float) -> NDArray[np.int16]:
    """Turn samples in the unit of a sensor into the integers that it gives.

    Parameters
    ----------
    x : ndarray of float32, any shape
        In the unit of `range`.
    range : float
        Full scale of the sensor: it stands for 32768.

    Returns
    -------
    ndarray of int16
        Rounded half away from zero, saturated, by ``ecm_feat_q15_samples_f32``.

    Examples
    --------
    >>> codes_of(np.array([-16.0, 0.5, 99.0], np.float32), 16.0)
    array([-32768,   1024,  32767], dtype=int16)
    """
    codes = np.empty(x.shape, np.int16)
    feat_q15.samples_f32(np.ravel(x), range, codes.reshape(-1))
    return codes


def units_of(codes: NDArray[np.signedinteger], range: float) -> NDArray[np.float32]:
    """Turn integers of a sensor into its unit.

    Parameters
    ----------
    codes : ndarray of int
        -32768 ... 32767; `range` stands for 32768.
    range : float
        Full scale of the sensor.

    Returns
    -------
    ndarray of float32
        They become the same integers again in a plan of that range.

    Examples
    --------
    >>> units_of(np.array([-32768, 0, 1024], np.int16), 16.0)
    array([-16. ,   0. ,   0.5], dtype=float32)
    """
    return (codes * (range / _FULL_SCALE)).astype(np.float32)


class IntegerRunner:
    """A plan of the integer profile at work on samples in a physical unit.

    Parameters
    ----------
    runner : feat_q15.Runner
        With the full scale of its channel.
    range : float
        That full scale.
    """

    def __init__(self, runner: feat_q15.Runner, range: float) -> None:
        self._runner = runner
        self._range = range

    def reset(self) -> None:
        """Start over, as behind a gap in the signal."""
        self._runner.reset()

    def frames(
        self,
        x: NDArray[np.float32],
        speed_hz: NDArray[np.float32],
        out: NDArray[np.float32],
        done: NDArray[np.uint8],
    ) -> None:
        """Go on with the next windows of a signal, as `feat.Runner.frames`.

        Samples become integers first, by ``ecm_feat_q15_samples_f32``.
        """
        self._runner.frames(codes_of(x, self._range), out, done)


def _settings(name: str, contract: FeatureContract) -> feat_q15.Velocity | int | None:
    """Make the settings of a step; None for one that has none."""
    v = contract.velocity_q15
    if name == "velocity" and v is not None:
        return feat_q15.Velocity(
            c1=v.c1, c2=v.c2, c1_shift=v.c1_shift, c2_shift=v.c2_shift, b0=v.b0,
            b1=v.b1, a1=v.a1, a2=v.a2, up=v.up, factor=v.factor, gain=v.gain,
            settle_len=v.settle_len, block_len=v.block_len,
        )  # fmt: skip
    return bin_width(contract) if name == "moments" else None


def _bins(lo_hz: float, hi_hz: float, fs_hz: float, n: int) -> tuple[int, int]:
    """First bin of a band and one past its last, as single precision has them."""
    bin_hz = float(np.float32(fs_hz) / np.float32(n))
    first, end = (spectrum.bin_f32(f, bin_hz, n // 2 + 1) for f in (lo_hz, hi_hz))
    return first, end


def _plain(value: object) -> str:
    return f"{len(value)} of them" if isinstance(value, tuple) else str(value)


def _expect(met: bool, field: str, found: object, expected: str) -> None:
    if not met:
        raise ValueError(f"{field}: found {found}, expected {expected}")
