"""The charge that a package takes a day: cycles, currents, and how much it samples."""

import math

import msgspec

from ecmkit.targets import Target

__all__ = ["Charge", "Supply", "charge_of"]

_HOURS = 24.0


class Supply(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Currents of a product, and how much of the day it samples.

    Raises
    ------
    ValueError
        Naming field, found and expected.
    """

    active_ma: float | None = None
    """While the core computes; that of the target's file if not given."""
    idle_ma: float | None = None
    """While it samples and the core waits; `sleep_ma` if not given."""
    sleep_ma: float | None = None
    """In the rest of the day; that of the target's file if not given."""
    duty: float = 1.0
    """Share of the day in which it samples, above 0 ... 1."""

    def __post_init__(self) -> None:
        """Refuse what is no current or share."""
        for name in ("active_ma", "idle_ma", "sleep_ma"):
            found = getattr(self, name)
            if found is not None and not 0.0 <= found < math.inf:
                raise ValueError(f"`{name}`: found {found}, expected 0 or more")
        if not 0.0 < self.duty <= 1.0:
            raise ValueError(f"`duty`: found {self.duty}, expected above 0 ... 1")


class Charge(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Charge of a day: *estimated*, never measured."""

    duty: float
    active_ma: float | None
    idle_ma: float | None
    sleep_ma: float | None
    mah_per_day: tuple[float, float] | None
    """Least and most, as the cycles; None if something is missing."""
    missing: str = ""
    """What it cannot be told without; empty if it is told."""


def charge_of(
    cpu_percent: tuple[float, float] | None, supply: Supply, target: Target
) -> Charge:
    """Estimate the charge of a day.

    Parameters
    ----------
    cpu_percent : tuple of float, or None
        Least and most share of the processor while it samples [%]; None: not known.
    supply : Supply
        What the project says.
    target : Target
        Whose file may name currents.

    Returns
    -------
    Charge
        Of 24 hours; without a figure where a current is not known, and which one.

    Examples
    --------
    >>> from ecmkit.targets import load_target
    >>> supply = Supply(active_ma=10.0, sleep_ma=0.05, duty=0.1)
    >>> found = charge_of((10.0, 12.0), supply, load_target("mps2-an386"))
    >>> [round(mah, 2) for mah in found.mah_per_day]
    [3.59, 4.07]
    """
    board = target.power
    active, sleep = supply.active_ma, supply.sleep_ma
    if board is not None:
        active = board.active_ma if active is None else active
        sleep = board.sleep_ma if sleep is None else sleep
    idle = sleep if supply.idle_ma is None else supply.idle_ma
    missing = _missing(cpu_percent, active, idle, sleep, supply.duty, target)
    told = None
    if not missing:
        low, high = (
            _day(percent / 100.0, active or 0.0, idle or 0.0, sleep or 0.0, supply.duty)
            for percent in cpu_percent or (0.0, 0.0)
        )
        told = low, high
    return Charge(
        duty=supply.duty,
        active_ma=active,
        idle_ma=idle,
        sleep_ma=sleep,
        mah_per_day=told,
        missing=missing,
    )


def _missing(
    cpu_percent: tuple[float, float] | None,
    active: float | None,
    idle: float | None,
    sleep: float | None,
    duty: float,
    target: Target,
) -> str:
    """Name what is not known, or what cannot be."""
    if cpu_percent is None:
        return f"cycles of the core: `cpu.cycles` in {target.cpu.name}.toml"
    if cpu_percent[1] > 100.0:
        return (
            "a faster core: its windows take "
            f"{cpu_percent[1]:.0f} % of the processor's time"
        )
    names = []
    if active is None:
        names.append("active_ma")
    if idle is None or (sleep is None and duty < 1.0):
        names.append("sleep_ma")
    fields = " and ".join(f"`power.{name}`" for name in names)
    return f"{fields} in {target.name}.toml or the project file" if names else ""


def _day(share: float, active: float, idle: float, sleep: float, duty: float) -> float:
    """Charge of a day [mAh]."""
    sampling = share * active + (1.0 - share) * idle
    return _HOURS * (duty * sampling + (1.0 - duty) * sleep)
