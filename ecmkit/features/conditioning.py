"""Signals made ready for features: detrended, filtered, decimated, integrated.

Everything is computed by the C core, with the bits of a device. Signals have the shape
(n_samples,), or (n_channels, n_samples) for channels that are treated alike.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit._core import decimate as core_decimate
from ecmkit._core import filter as core_filter
from ecmkit._core import integrate as core_integrate
from ecmkit._core import stats, window
from ecmkit.data.resample import decimation_filter
from ecmkit.features.filters import Sections, integrator
from ecmkit.features.samples import as_float32, as_integers
from ecmkit.features.units import unit_change

__all__ = [
    "apply_filter",
    "detrend",
    "differentiate",
    "fir_decimate",
    "integrate",
    "integrate_spectrum",
]


def detrend(
    x: ArrayLike, *, kind: Literal["mean", "line"] = "mean"
) -> NDArray[np.float32]:
    """Subtract the mean or the least-squares line of each window.

    Parameters
    ----------
    x : array_like, shape (n_windows, n_samples)
        Samples in any unit, finite.
    kind : {"mean", "line"}
        What is subtracted.

    Returns
    -------
    ndarray of float32, shape (n_windows, n_samples)

    Raises
    ------
    TypeError, ValueError
        Naming the field, what was found and expected.

    Examples
    --------
    >>> detrend([[1, 2, 3, 6]], kind="line").round(3)
    array([[ 0.4, -0.2, -0.8,  0.6]], dtype=float32)
    """
    rows = as_float32(x, "x", dims=(2,))
    if kind == "line":
        out = np.empty_like(rows)
        window.remove_line_f32(rows, out)
        return out
    if kind != "mean":
        raise ValueError(f"kind: found {kind!r}, expected 'mean' or 'line'")
    out = rows.copy()
    for row in out:
        stats.remove_mean_f32(row)
    return out


def apply_filter(
    x: ArrayLike, sections: Sections, *, start: Literal["rest", "settled"] = "rest"
) -> NDArray[np.float32] | NDArray[np.int16] | NDArray[np.int32]:
    """Run a filter over signals.

    Parameters
    ----------
    x : array_like, shape (n_samples,) or (n_channels, n_samples)
        In any unit, finite; integers of int16 or int32 range for q15 and q31.
    sections : Sections
        The filter; its `format` says how it is computed.
    start : {"rest", "settled"}
        As if the signal had been 0 for ever, or its first sample (f32 only).

    Returns
    -------
    ndarray of float32, int16 (q15) or int32 (q31), shape of `x`

    Raises
    ------
    TypeError, ValueError
        Naming the field, what was found and expected.

    Notes
    -----
    Runs ``ecm_filter_biquad_f32``, ``_q31`` or ``_q15``.
    """
    if start not in ("rest", "settled"):
        raise ValueError(f"start: found {start!r}, expected 'rest' or 'settled'")
    c = sections.coefficients
    if sections.format == "f32":
        settled = start == "settled"
        f32 = core_filter.BiquadF32(np.array(c, np.float32))

        def run(row: NDArray[np.float32], out: NDArray[np.float32]) -> None:
            f32.start(float(row[0]) if settled and len(row) else 0.0)
            f32.run(row, out)

        return _each_row(as_float32(x, "x", dims=(1, 2)), run)
    if start == "settled":
        raise ValueError(
            f"start: found 'settled' with {sections.format}, expected 'rest'"
        )
    if sections.format == "q31":
        q31 = core_filter.BiquadQ31(
            np.array(c, np.int32), np.array(sections.bits, np.uint32)
        )
        return _each_integer_row(x, np.int32, q31)
    q15 = core_filter.BiquadQ15(
        np.array(c, np.int16), np.array(sections.bits, np.uint16)
    )
    return _each_integer_row(x, np.int16, q15)


def fir_decimate(
    x: ArrayLike, *, factor: int, taps: ArrayLike | None = None
) -> NDArray[np.float32]:
    """Filter signals and keep every `factor`-th sample, as a device does.

    Parameters
    ----------
    x : array_like, shape (n_samples,) or (n_channels, n_samples)
        In any unit, finite; before the first sample is rest.
    factor : int
        1 or more.
    taps : array_like, shape (n_taps,), optional
        FIR filter, 1 ... 4096 taps; by default that of `ecmkit.data.resample`.

    Returns
    -------
    ndarray of float32, shape (..., ceil(n_samples / factor))
        Sample 0 belongs to sample 0 of `x`; delayed by half of the filter's length.

    Raises
    ------
    TypeError, ValueError
        Naming the field, what was found and expected.

    Notes
    -----
    Runs ``ecm_decimate_f32``: only the samples that stay are computed.
    """
    if not isinstance(factor, int) or factor < 1:
        raise ValueError(f"factor: found {factor!r}, expected 1 or more")
    if taps is None:
        taps = decimation_filter(factor) if factor > 1 else [1.0]
    h = as_float32(taps, "taps", dims=(1,))
    if not 1 <= len(h) <= core_decimate.TAPS_MAX:
        raise ValueError(
            f"taps: found {len(h)}, expected 1 ... {core_decimate.TAPS_MAX}"
        )
    rows = as_float32(x, "x", dims=(1, 2))
    state = core_decimate.DecimatorF32(np.ascontiguousarray(h[::-1]), factor)
    n = core_decimate.out_len(rows.shape[-1], factor)
    out = np.empty((*rows.shape[:-1], n), np.float32)
    for row, kept in zip(np.atleast_2d(rows), np.atleast_2d(out), strict=True):
        state.start(0.0)
        state.run(row, kept)
    return out


def differentiate(
    x: ArrayLike, *, fs_hz: float, from_unit: str, to_unit: str
) -> NDArray[np.float32]:
    """First difference of signals, such as velocity to acceleration.

    Parameters
    ----------
    x : array_like, shape (n_samples,) or (n_channels, n_samples)
        In `from_unit`, finite.
    fs_hz : float
        Sampling rate, above 0.
    from_unit, to_unit : str
        Names of `UNITS`, one integration apart.

    Returns
    -------
    ndarray of float32, shape of `x`
        In `to_unit`; half a sample late, the first sample is 0.

    Raises
    ------
    TypeError, ValueError
        Naming the field, what was found and expected.

    Examples
    --------
    >>> differentiate([0, 1, 3], fs_hz=1000, from_unit="mm/s", to_unit="m/s^2").tolist()
    [0.0, 1.0, 2.0]
    """
    times, scale = unit_change(from_unit, to_unit)
    if times != -1:
        raise ValueError(
            f"to_unit: found {to_unit!r} from {from_unit!r}, expected its derivative"
        )
    _check_rate(fs_hz)

    def run(row: NDArray[np.float32], out: NDArray[np.float32]) -> None:
        state = core_integrate.Integrator(float(row[0]) if len(row) else 0.0)
        state.difference_f32(row, fs_hz * scale, out)

    return _each_row(as_float32(x, "x", dims=(1, 2)), run)


def integrate(
    x: ArrayLike, *, fs_hz: float, lo_hz: float, from_unit: str, to_unit: str
) -> NDArray[np.float32]:
    """Integrate signals in time without drift, such as acceleration to velocity.

    Parameters
    ----------
    x : array_like, shape (n_samples,) or (n_channels, n_samples)
        In `from_unit`, finite; before the first sample is its value for ever.
    fs_hz : float
        Sampling rate.
    lo_hz : float
        Lowest frequency that is integrated; the high-pass is 3 dB down there, for each
        integration.
    from_unit, to_unit : str
        Names of `UNITS`, one or two integrations apart.

    Returns
    -------
    ndarray of float32, shape of `x`
        In `to_unit`.

    Raises
    ------
    TypeError, ValueError
        Naming the field, what was found and expected.

    Notes
    -----
    Runs ``ecm_filter_biquad_f32`` with the sections of `integrator`, which see.
    """
    times, scale = unit_change(from_unit, to_unit)
    if times not in (1, 2):
        raise ValueError(
            f"to_unit: found {to_unit!r} from {from_unit!r}, expected its integral"
        )
    sections = integrator(fs_hz=fs_hz, lo_hz=lo_hz, times=times, scale=scale)
    out = apply_filter(x, sections, start="settled")
    return np.asarray(out, np.float32)


def integrate_spectrum(
    spectrum: ArrayLike, *, fs_hz: float, lo_hz: float, from_unit: str, to_unit: str
) -> NDArray[np.float32]:
    """Integrate packed spectra of windows, exact for what is periodic in the window.

    Parameters
    ----------
    spectrum : array_like, shape (n_windows, n_samples)
        As the real transform leaves it: X[0], X[n/2], then real and imaginary part of
        X[1], X[2], ... in `from_unit`.
    fs_hz : float
        Sampling rate, 1e-6 ... 1e9.
    lo_hz : float
        Bins below are set to 0; 0 ... `fs_hz` / 2.
    from_unit, to_unit : str
        Names of `UNITS`, one or two integrations apart.

    Returns
    -------
    ndarray of float32, shape (n_windows, n_samples)
        In `to_unit`.

    Raises
    ------
    TypeError, ValueError
        Naming the field, what was found and expected.

    Notes
    -----
    Runs ``ecm_integrate_spectrum_f32``.
    """
    times, scale = unit_change(from_unit, to_unit)
    if times not in (1, 2):
        raise ValueError(
            f"to_unit: found {to_unit!r} from {from_unit!r}, expected its integral"
        )
    _check_rate(fs_hz)
    if not 0 <= lo_hz <= fs_hz / 2:
        raise ValueError(f"lo_hz: found {lo_hz!r}, expected 0 ... {fs_hz / 2:g}")
    rows = as_float32(spectrum, "spectrum", dims=(2,))
    n = rows.shape[1]
    if n < 4 or n % 2:
        raise ValueError(f"spectrum: found {n} values, expected an even number, 4 up")
    out = rows.copy()
    core_integrate.spectrum_f32(out, fs_hz, lo_hz, times, scale)
    return out


def _check_rate(fs_hz: float) -> None:
    if not 1e-6 <= fs_hz <= 1e9:
        raise ValueError(f"fs_hz: found {fs_hz!r}, expected 1e-6 ... 1e9")


def _each_row(
    x: NDArray[np.float32],
    run: Callable[[NDArray[np.float32], NDArray[np.float32]], None],
) -> NDArray[np.float32]:
    """Run over each channel, from its own start."""
    out = np.empty_like(x)
    for row, made in zip(np.atleast_2d(x), np.atleast_2d(out), strict=True):
        run(row, made)
    return out


def _each_integer_row(
    x: ArrayLike,
    dtype: type[np.int16] | type[np.int32],
    state: core_filter.BiquadQ15 | core_filter.BiquadQ31,
) -> NDArray[np.int16] | NDArray[np.int32]:
    rows = as_integers(x, "x", dtype=dtype, dims=(1, 2))
    out = np.empty_like(rows)
    for row, made in zip(np.atleast_2d(rows), np.atleast_2d(out), strict=True):
        state.start()
        state.run(row, made)
    return out
