"""Tapers of windows: what they are, their gains, and windows under them."""

import math
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit._core import stats, taper, window
from ecmkit.features.samples import as_float32

__all__ = ["Taper", "taper_windows"]

_KINDS = {
    "hann": taper.HANN,
    "hamming": taper.HAMMING,
    "blackman_harris": taper.BLACKMAN_HARRIS,
    "flat_top": taper.FLAT_TOP,
    "kaiser": taper.KAISER,
}
_FORMS = {"periodic": taper.PERIODIC, "symmetric": taper.SYMMETRIC}


class Taper(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A taper by its name; the C core computes its values.

    Examples
    --------
    >>> hann = Taper(kind="hann", length=8)
    >>> hann.values()[:5].round(3)
    array([0.   , 0.146, 0.5  , 0.854, 1.   ], dtype=float32)
    >>> hann.enbw
    1.5
    """

    kind: Literal["hann", "hamming", "blackman_harris", "flat_top", "kaiser"]
    length: int
    """Samples of the window, 1 ... 16384."""
    form: Literal["periodic", "symmetric"] = "periodic"
    """Periodic for spectra, symmetric for filter design."""
    beta: float = 0.0
    """Of Kaiser, 0 ... 20: side lobes fall as it rises. 0 for all others."""

    def __post_init__(self) -> None:
        """Check the fields."""
        _expect(self.kind in _KINDS, "kind", self.kind, " or ".join(_KINDS))
        _expect(self.form in _FORMS, "form", self.form, " or ".join(_FORMS))
        longest = taper.LEN_MAX
        _expect(1 <= self.length <= longest, "length", self.length, f"1 ... {longest}")
        if self.kind == "kaiser":
            fits = 0 <= self.beta <= taper.BETA_MAX
            _expect(fits, "beta", self.beta, f"0 ... {taper.BETA_MAX:g}")
        else:
            _expect(self.beta == 0, "beta", self.beta, f"0 for {self.kind}")

    @property
    def half_len(self) -> int:
        """Values that a device keeps, the others mirror them."""
        return taper.half_len(self.length, _FORMS[self.form])

    def half(self) -> NDArray[np.float32]:
        """Table for a device, shape (half_len,)."""
        out = np.empty(self.half_len, np.float32)
        taper.fill_f32(*self._settings(), out)
        return out

    def half_q15(self) -> NDArray[np.int16]:
        """Table for a device in Q15, shape (half_len,); 1 is 32767."""
        out = np.empty(self.half_len, np.int16)
        taper.fill_q15(*self._settings(), out)
        return out

    def values(self) -> NDArray[np.float32]:
        """All values, shape (length,)."""
        i = np.arange(self.length)
        return self.half()[np.minimum(i, self.length - _FORMS[self.form] - i)]

    @property
    def coherent_gain(self) -> float:
        """Mean [1]: divide amplitudes of a spectrum by it."""
        return self._gains()["coherent"]

    @property
    def energy_gain(self) -> float:
        """Mean square [1]: divide powers of a spectrum by it."""
        return self._gains()["energy"]

    @property
    def enbw(self) -> float:
        """Equivalent noise bandwidth [bins]."""
        return self._gains()["enbw"]

    def _settings(self) -> tuple[int, int, int, float]:
        return self.length, _KINDS[self.kind], _FORMS[self.form], self.beta

    def _gains(self) -> dict[str, float]:
        return taper.gain_f32(*self._settings(), self.half())


def taper_windows(
    x: ArrayLike, shape: Taper, *, remove_mean: bool = True
) -> NDArray[np.float32]:
    """Multiply windows by a taper, without their means.

    Parameters
    ----------
    x : array_like, shape (n_windows, n_samples)
        Samples in any unit, finite.
    shape : Taper
        Of the length n_samples.
    remove_mean : bool
        Subtract the mean of each window first.

    Returns
    -------
    ndarray of float32, shape (n_windows, n_samples)

    Raises
    ------
    TypeError, ValueError
        Naming the field, what was found and expected.

    Notes
    -----
    Runs ``ecm_window_apply_f32``: one pass, two roundings a sample.

    Examples
    --------
    >>> taper_windows([[3, 3, 5, 5]], Taper(kind="hann", length=4)).tolist()
    [[-0.0, -0.5, 1.0, 0.5]]
    """
    rows = as_float32(x, "x", dims=(2,))
    if rows.shape[1] != shape.length:
        raise ValueError(
            f"x: found windows of {rows.shape[1]} samples, expected {shape.length}, "
            "the length of the taper"
        )
    mean = np.zeros(len(rows), np.float32)
    if remove_mean:
        mean[:] = [stats.mean_f32(row) for row in rows]
    out = np.empty_like(rows)
    window.apply_f32(rows, mean, shape.half(), _FORMS[shape.form], out)
    return out


def _expect(fits: bool, field: str, found: object, expected: str) -> None:
    if isinstance(found, float) and not math.isfinite(found):
        fits = False
    if not fits:
        raise ValueError(f"{field}: found {found!r}, expected {expected}")
