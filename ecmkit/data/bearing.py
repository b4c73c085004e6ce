"""Geometry of rolling bearings and the orders at which their defects are heard."""

import math

import msgspec

__all__ = ["BearingGeometry", "Orders"]


class Orders(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Kinematic frequencies over the shaft speed (outer race stands, no slip)."""

    BPFO: float
    """Balls passing a point of the outer race."""
    BPFI: float
    """Balls passing a point of the inner race."""
    BSF: float
    """Spin of a ball; a defect on it meets a race twice per turn."""
    FTF: float
    """Cage."""


class BearingGeometry(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """A rolling bearing; by default the deep groove ball bearing 6205.

    Examples
    --------
    >>> round(BearingGeometry().orders.BPFI, 4)
    5.4152
    """

    balls: int = 9
    """Number of balls or rollers, 3 or more."""
    ball_diameter: float = 7.94
    """In mm, below the pitch diameter."""
    pitch_diameter: float = 39.04
    """In mm."""
    contact_angle_deg: float = 0.0
    """0 up to below 90."""

    def __post_init__(self) -> None:
        """Refuse what no bearing can be."""
        if self.balls < 3:
            raise ValueError(f"balls: found {self.balls}, expected 3 or more")
        if not 0 < self.ball_diameter < self.pitch_diameter < math.inf:
            raise ValueError(
                f"ball_diameter: found {self.ball_diameter:g} mm on a pitch diameter "
                f"of {self.pitch_diameter:g} mm, expected above 0 and below it"
            )
        if not 0 <= self.contact_angle_deg < 90:
            raise ValueError(
                f"contact_angle_deg: found {self.contact_angle_deg:g}, expected 0 to 90"
            )

    @property
    def orders(self) -> Orders:
        """Orders of the defects.

        With r = d / D cos(angle): FTF = (1 - r) / 2, BPFO = n FTF, BPFI = n (1 - FTF),
        BSF = D / (2 d) (1 - r^2).
        """
        d, pitch = self.ball_diameter, self.pitch_diameter
        r = d / pitch * math.cos(math.radians(self.contact_angle_deg))
        ftf = (1 - r) / 2
        return Orders(
            BPFO=self.balls * ftf,
            BPFI=self.balls * (1 - ftf),
            BSF=pitch / (2 * d) * (1 - r * r),
            FTF=ftf,
        )
