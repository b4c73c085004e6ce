"""Spectra of many windows at once, with the bits that a device computes."""

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit._core import batch, fft

__all__ = ["RealTransform", "instruction_sets", "power_spectrum", "rfft"]

_FLOAT32 = np.dtype(np.float32)


def instruction_sets() -> tuple[str, ...]:
    """Name the vector instructions that this machine runs, the widest last.

    Returns
    -------
    tuple of str
        ``scalar`` is the C code of the device, window by window; ``base`` what every
        processor of this kind has (SSE2, NEON); further ``avx2`` and ``avx512``. All
        give the same bits.
    """
    return tuple(batch.isa_name(isa) for isa in range(batch.isa() + 1))


class RealTransform:
    """Fourier transforms of real windows of one length.

    Keeps the tables for its length, so make it once for many calls. It has no other
    state: threads may share it.

    Parameters
    ----------
    n_samples : int
        Length of a window [samples]: 16 ... 16384 of the form 2^a 3^b 5^c with a >= 4
        and b, c at most 1.
    instructions : str, optional
        One of `instruction_sets`; the widest if left out.

    Raises
    ------
    ValueError
        If the length is not supported or the instructions do not run here.

    Notes
    -----
    Runs ``ecm_host_fft_r2c_f32`` and ``ecm_host_fft_power_f32``, which give row by row
    the bits of ``ecm_fft_r2c_f32`` and ``ecm_fft_power_f32`` for any number of windows
    and threads. A window with a NaN or an infinity has a spectrum of these; others are
    not touched by it.

    Examples
    --------
    >>> transform = RealTransform(16)
    >>> transform.rfft(np.ones((2, 16)))[:, :2]
    array([[16.+0.j,  0.+0.j],
           [16.+0.j,  0.+0.j]], dtype=complex64)
    """

    __slots__ = ("_plan", "_takes", "n_samples")

    def __init__(self, n_samples: int, *, instructions: str | None = None) -> None:
        if (
            n_samples % 2
            or not 0 < n_samples <= 16384
            or (not fft.is_length(n_samples // 2))
        ):
            raise ValueError(
                f"found windows of {n_samples} samples, expected 16 ... 16384 of the "
                "form 2^a 3^b 5^c with a >= 4 and b, c at most 1"
            )
        known = instruction_sets()
        if instructions is not None and instructions not in known:
            raise ValueError(
                f"found instructions {instructions!r}, expected one of {known}"
            )
        isa = len(known) - 1 if instructions is None else known.index(instructions)
        self._plan = batch.Plan(n_samples // 2, isa)
        self._takes = self._plan.takes
        self.n_samples = n_samples
        """Length of a window [samples]."""

    @property
    def lanes(self) -> int:
        """Numbers that one instruction works on; 1 where the device's code runs."""
        return max(1, self._plan.lanes)

    def rfft(
        self,
        x: ArrayLike,
        *,
        taper: ArrayLike | None = None,
        remove_mean: bool = False,
        threads: int = 1,
        out: NDArray[np.complex64] | None = None,
    ) -> NDArray[np.complex64]:
        """Transform windows, unscaled.

        Parameters
        ----------
        x : array_like of real, shape (n_windows, n_samples) or (n_samples,)
            Windows [u]. Rounded to float32 if they are not yet; overlapping windows of
            ``numpy.lib.stride_tricks.sliding_window_view`` need no copy.
        taper : array_like of real, shape (n_samples,), optional
            Factors [1] of the samples.
        remove_mean : bool
            Subtract the mean of each window before the taper.
        threads : int
            Most threads at work, 1 ... 256; small batches start none.
        out : ndarray of complex64, optional
            Where to write, C order, apart from `x` and `taper`.

        Returns
        -------
        ndarray of complex64, shape (n_windows, n_samples // 2 + 1) or without n_windows
            Bins 0 ... n_samples / 2 [u], `out` if given.

        Raises
        ------
        TypeError
            If `x` or `taper` is complex, or `out` is of another type.
        ValueError
            If a shape does not fit, `threads` is out of range, or `out` overlaps.
        """
        rows = x if self._takes(x) else self._converted(x, "x", (1, 2))
        factors = self._factors(taper, remove_mean)
        if not 1 <= threads <= batch.MAX_THREADS:
            raise _threads(threads)
        if out is not None:
            self._require_out(out, rows, factors, np.complex64)
        return self._plan.r2c_f32(rows, factors, remove_mean, threads, out)

    def power(
        self,
        x: ArrayLike,
        *,
        taper: ArrayLike | None = None,
        remove_mean: bool = False,
        threads: int = 1,
        out: NDArray[np.float32] | None = None,
    ) -> NDArray[np.float32]:
        """Compute the squared magnitudes of the bins of windows, unscaled.

        Parameters
        ----------
        x : array_like of real, shape (n_windows, n_samples) or (n_samples,)
            Windows [u], as for `rfft`.
        taper : array_like of real, shape (n_samples,), optional
            Factors [1] of the samples.
        remove_mean : bool
            Subtract the mean of each window before the taper.
        threads : int
            Most threads at work, 1 ... 256; small batches start none.
        out : ndarray of float32, optional
            Where to write, C order, apart from `x` and `taper`.

        Returns
        -------
        ndarray of float32, shape (n_windows, n_samples // 2 + 1) or without n_windows
            Power [u^2] of bins 0 ... n_samples / 2, `out` if given.

        Raises
        ------
        TypeError
            If `x` or `taper` is complex, or `out` is of another type.
        ValueError
            If a shape does not fit, `threads` is out of range, or `out` overlaps.
        """
        rows = x if self._takes(x) else self._converted(x, "x", (1, 2))
        factors = self._factors(taper, remove_mean)
        if not 1 <= threads <= batch.MAX_THREADS:
            raise _threads(threads)
        if out is not None:
            self._require_out(out, rows, factors, np.float32)
        return self._plan.power_f32(rows, factors, remove_mean, threads, out)

    def _factors(
        self, taper: ArrayLike | None, remove_mean: bool
    ) -> NDArray[np.float32] | None:
        if taper is None:
            return np.ones(self.n_samples, np.float32) if remove_mean else None
        if self._takes(taper) and taper.ndim == 1:
            return taper
        return self._converted(taper, "taper", (1,))

    def _converted(
        self, values: ArrayLike, name: str, axes: tuple[int, ...]
    ) -> NDArray[np.float32]:
        found = np.asarray(values)
        if found.dtype.kind == "c":
            raise TypeError(f"{name}: found complex numbers, expected real ones")
        if found.ndim not in axes or found.shape[-1] != self.n_samples:
            forms = {1: f"({self.n_samples},)", 2: f"(n_windows, {self.n_samples})"}
            expected = " or ".join(forms[n] for n in axes)
            raise ValueError(f"{name}: found shape {found.shape}, expected {expected}")
        return np.ascontiguousarray(found, _FLOAT32)

    def _require_out(
        self,
        out: NDArray[np.generic],
        rows: NDArray[np.float32],
        factors: NDArray[np.float32] | None,
        result: type[np.float32] | type[np.complex64],
    ) -> None:
        shape = (*rows.shape[:-1], self.n_samples // 2 + 1)
        if not isinstance(out, np.ndarray) or out.dtype != result:
            found = getattr(out, "dtype", type(out).__name__)
            raise TypeError(f"out: found {found}, expected {np.dtype(result)}")
        if out.shape != shape or not out.flags.carray:
            raise ValueError(
                f"out: found shape {out.shape}, expected {shape}, writeable and in C "
                "order"
            )
        if np.may_share_memory(rows, out) or (
            factors is not None and np.may_share_memory(factors, out)
        ):
            raise ValueError("out: found in the memory of x or taper, expected apart")


def _threads(found: int) -> ValueError:
    return ValueError(f"found {found} threads, expected 1 ... {batch.MAX_THREADS}")


@cache
def _transform(n_samples: int) -> RealTransform:
    """Keep the tables of each length that was asked for: there are few lengths."""
    return RealTransform(n_samples)


def _for_windows(x: ArrayLike) -> RealTransform:
    shape = x.shape if isinstance(x, np.ndarray) else np.shape(x)
    if len(shape) not in (1, 2):
        raise ValueError(
            f"x: found shape {shape}, expected (n_windows, n_samples) or (n_samples,)"
        )
    return _transform(shape[-1])


def rfft(
    x: ArrayLike,
    *,
    taper: ArrayLike | None = None,
    remove_mean: bool = False,
    threads: int = 1,
) -> NDArray[np.complex64]:
    """Transform real windows; see `RealTransform.rfft`.

    Parameters
    ----------
    x : array_like of real, shape (n_windows, n_samples) or (n_samples,)
        Windows [u], of a length that `RealTransform` supports.
    taper : array_like of real, shape (n_samples,), optional
        Factors [1] of the samples.
    remove_mean : bool
        Subtract the mean of each window before the taper.
    threads : int
        Most threads at work, 1 ... 256.

    Returns
    -------
    ndarray of complex64, shape (n_windows, n_samples // 2 + 1) or without n_windows
        Bins 0 ... n_samples / 2 [u].

    Raises
    ------
    TypeError
        If `x` or `taper` is complex.
    ValueError
        If a shape or `threads` does not fit.

    Examples
    --------
    >>> rfft([0, 1, 0, -1] * 4).imag[4]
    np.float32(-8.0)
    """
    transform = _for_windows(x)
    return transform.rfft(x, taper=taper, remove_mean=remove_mean, threads=threads)


def power_spectrum(
    x: ArrayLike,
    *,
    taper: ArrayLike | None = None,
    remove_mean: bool = False,
    threads: int = 1,
) -> NDArray[np.float32]:
    """Compute the squared magnitudes of `rfft`; see `RealTransform.power`.

    Parameters
    ----------
    x : array_like of real, shape (n_windows, n_samples) or (n_samples,)
        Windows [u], of a length that `RealTransform` supports.
    taper : array_like of real, shape (n_samples,), optional
        Factors [1] of the samples.
    remove_mean : bool
        Subtract the mean of each window before the taper.
    threads : int
        Most threads at work, 1 ... 256.

    Returns
    -------
    ndarray of float32, shape (n_windows, n_samples // 2 + 1) or without n_windows
        Power [u^2] of bins 0 ... n_samples / 2, unscaled.

    Raises
    ------
    TypeError
        If `x` or `taper` is complex.
    ValueError
        If a shape or `threads` does not fit.

    Examples
    --------
    >>> power_spectrum([3, 1] * 8, remove_mean=True)[8]
    np.float32(256.0)
    """
    transform = _for_windows(x)
    return transform.power(x, taper=taper, remove_mean=remove_mean, threads=threads)
