"""What a whole device keeps, gives away and is told: ``ecm_node.h`` as settings."""

from typing import Any, Literal

import msgspec

from ecmkit._core import commission, sample, snapshot, spool
from ecmkit.drift.plan_parts import Baseline
from ecmkit.formats import FeatureContract, nearest
from ecmkit.formats.frame import FRAME_MIN_BYTES

__all__ = ["SPEED", "Device", "Learn", "Reports", "Run", "Service", "Snapshot"]

Service = Literal["frames", "snapshot", "learn"]
SPEED = "speed"
"""Input of the run state that is no feature: the shaft speed."""
_FRAME_MAX = 222  # ECM_FRAME_FULL_BYTES
_YEAR_S = 31536000  # ECM_COMMAND_INTERVAL_MAX
_LEN_MAX = 2**22  # ECM_SNAPSHOT_LEN_MAX


class _Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parent of the tables of `Device`."""

    def _in(self, field: str, low: float, high: float) -> None:
        found: Any = getattr(self, field)
        if found is not None and not low <= found <= high:
            raise ValueError(
                f"`{field}`: found {found!r}, expected {low:.10g} ... {high:.10g}"
            )


class Reports(_Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Reports that wait in flash: ``ecm_node_frames``."""

    interval_s: int = 3600
    """From one report to the next [s]; a command changes it."""
    frame_bytes: int = FRAME_MIN_BYTES
    """Of the longest report, 51 ... 222."""
    sectors: int = 8
    """Parts of flash that are erased by themselves; a page each."""

    def __post_init__(self) -> None:
        """Refuse what the device library refuses."""
        self._in("interval_s", 1, _YEAR_S)
        self._in("frame_bytes", FRAME_MIN_BYTES, _FRAME_MAX)
        self._in("sectors", 2, 65535)


class Snapshot(_Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Raw samples around an alarm: ``ecm_node_snapshot``."""

    channel: str | None = None
    """Without: the first one."""
    before_len: int | None = None
    """Samples from before the window that raised the alarm; without: a window."""
    after_len: int | None = None
    """Samples from the first of that window on; without: a window."""
    chunk_bytes: int = 222
    """Of a frame that carries a part of it."""
    slice_bytes: int = 256
    """Read or written in one slice."""

    def __post_init__(self) -> None:
        """Refuse what the device library refuses."""
        self._in("before_len", 0, _LEN_MAX)
        self._in("after_len", 1, _LEN_MAX)
        self._in("chunk_bytes", snapshot.CHUNK_MIN, snapshot.CHUNK_MAX)
        self._in("slice_bytes", 16, 65535)


class Learn(_Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A baseline of the very machine: ``ecm_node_learn``.

    Counters of frames count by it; the reference has 8 bins then. So do monitors, where
    the drift plan has a `Baseline`.
    """

    windows_len: int = 1000
    """Windows to gather."""
    k: int = 64
    """Of the sketches: ranks within 4 % of `windows_len` by 64; memory grows by it."""
    ks_limit: float = 0.2
    """Of the largest difference of shares, from which a relearnt one is refused."""
    shift_limit: float = 0.5
    """Of the difference of the means, in spreads."""
    begin: bool = True
    """Whether to learn from the first window on where there is no baseline."""

    def __post_init__(self) -> None:
        """Refuse what the device library refuses."""
        self._in("windows_len", commission.WINDOWS_MIN, commission.WINDOWS_MAX)
        self._in("k", sample.KLL_K_MIN, sample.KLL_K_MAX)
        if not 0 < self.ks_limit <= 1:
            raise ValueError(
                f"`ks_limit`: found {self.ks_limit}, expected above 0 and at most 1"
            )
        if not 0 < self.shift_limit < float("inf"):
            raise ValueError(
                f"`shift_limit`: found {self.shift_limit}, expected above 0"
            )


class Run(_Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When monitors and learning rest."""

    input: str = SPEED
    """The shaft speed, or the name of a feature that is a level."""
    off_below: float
    """The machine is off below it."""
    change_most: float = 3e38
    """A larger change from one window to the next is a transient."""
    settle_len: int = 0
    """Windows behind it that are transient too."""

    def __post_init__(self) -> None:
        """Refuse what the device library refuses."""
        self._in("off_below", 0, 3e38)
        self._in("change_most", 0, 3e38)
        self._in("settle_len", 0, 2**32 - 1)


class Device(_Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of a whole device; all have a default."""

    page_bytes: int = 2048
    """Of flash that is erased at once, a multiple of 16."""
    flash_bytes: int | None = None
    """What there is for it; more is refused when a package is built."""
    services: tuple[Service, ...] = ("frames", "snapshot", "learn")
    """In the order of the table, in which updates must leave them."""
    record: bool = True
    """Whether there is a record of the device in flash, with its number, and for
    samples that are floats the sensitivity of its sensors: without it it does not
    start."""
    reports: Reports = Reports()
    snapshot: Snapshot = Snapshot()
    learn: Learn = Learn()
    run: Run | None = None
    """Without: the machine always runs."""

    def __post_init__(self) -> None:
        """Refuse what no flash is like."""
        self._in("page_bytes", 64, 2**20)
        if self.page_bytes % 16:
            raise ValueError(
                f"`page_bytes`: found {self.page_bytes}, expected a multiple of 16"
            )
        if len(set(self.services)) != len(self.services):
            raise ValueError(
                f"`services`: found {', '.join(self.services)}, expected each once"
            )

    @property
    def sector_bytes(self) -> int:
        """Bytes of a part of flash for reports: pages for one of them or more."""
        least = spool.frame_bytes(self.reports.frame_bytes) + spool.HEAD_BYTES
        return -(-least // self.page_bytes) * self.page_bytes

    def needs_speed(self, contract: FeatureContract) -> bool:
        """Whether features or the run state ask for the shaft speed."""
        judged = self.run is not None and self.run.input == SPEED
        return contract.needs_speed or judged

    def check(
        self, contract: FeatureContract, *, baseline: Baseline | None = None
    ) -> None:
        """Refuse names that an application does not have, and a baseline it needs.

        Parameters
        ----------
        contract : FeatureContract
            Of the application.
        baseline : Baseline, optional
            From which its monitors count.

        Raises
        ------
        ValueError
            Naming field, found, expected and the nearest name.
        """
        channel, run = self.snapshot.channel, self.run
        given = [("snapshot.channel", channel, contract.channels)]
        if run is not None:
            given.append(("run.input", run.input, (SPEED, *contract.names)))
        for field, found, known in given:
            if found is not None and found not in known:
                raise ValueError(
                    f"package.device.{field}: found {found!r}, expected one of "
                    f"{', '.join(known)}{nearest(found, known)}"
                )
        if baseline is not None:
            self._check_baseline(baseline)
        lengths = self.snapshot_lens(contract)
        if sum(lengths) > _LEN_MAX:
            raise ValueError(
                f"package.device.snapshot.before_len: found {lengths[0]} samples, and "
                f"{lengths[1]} of after_len, expected at most {_LEN_MAX} together"
            )

    def _check_baseline(self, baseline: Baseline) -> None:
        own = self.learn.windows_len
        if "learn" not in self.services:
            raise ValueError(
                f"package.device.services: found {', '.join(self.services) or 'none'}, "
                "expected learn among them: monitors of the drift plan count from a "
                "baseline"
            )
        if own < baseline.windows:
            raise ValueError(
                f"package.device.learn.windows_len: found {own}, expected "
                f"{baseline.windows} or more, `baseline.windows` of the drift plan"
            )

    def snapshot_lens(self, contract: FeatureContract) -> tuple[int, int]:
        """Return the samples of a snapshot from before and after its trigger."""
        own = self.snapshot
        before = contract.window_len if own.before_len is None else own.before_len
        after = contract.window_len if own.after_len is None else own.after_len
        return before, after
