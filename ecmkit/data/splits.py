"""Splits into training and test by what the recordings share, never by luck.

Windows of one recording are alike in everything that does not matter: the bearing, its
mounting, the temperature of the day. If some are learnt and others tested, the score
says how well a recording is recognised, not a fault. So a split is made of whole
recordings, grouped by machine or by size of the fault.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from ecmkit.data.recording import Dataset, RecordingInfo
from ecmkit.errors import DataError

__all__ = ["By", "Split", "leave_one_out", "require_no_leak", "split"]

By = Literal["machine", "fault_size", "load", "recording", "random-window"]
_GROUPED = ("machine", "fault_size", "load", "recording")


class Split(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which recordings are learnt from and which are tested on."""

    version: int = 1
    name: str
    """For reports, such as ``fault_size 0.007 held out``."""
    by: By
    train: tuple[str, ...]
    """Ids of recordings."""
    test: tuple[str, ...]
    """Ids of recordings; the same as `train` if windows are drawn at random."""
    leaky: bool
    """Whether a machine or a recording is on both sides: the score is too good."""
    holdout: float = 0.0
    """Share of windows that is tested, where windows are drawn at random."""
    seed: int = 0

    def masks(
        self, recording: NDArray[np.str_]
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Rows of a table of windows on each side.

        Parameters
        ----------
        recording : ndarray of str, shape (n_windows,)
            Id of the recording of each window, as in ``FeatureTable.recording``.

        Returns
        -------
        train, test : ndarray of bool, shape (n_windows,)
            No window is on both sides; one of a recording that the split does not know
            is on neither.

        Raises
        ------
        DataError
            If a side has no windows.
        """
        train, test = np.isin(recording, self.train), np.isin(recording, self.test)
        if self.by == "random-window":
            drawn = np.random.default_rng(self.seed).random(len(recording))
            train, test = train & (drawn >= self.holdout), test & (drawn < self.holdout)
        for side, mask in (("train", train), ("test", test)):
            if not mask.any():
                raise DataError(
                    f"split {self.name!r}: found no windows in {side}, expected some"
                )
        return train, test


def split(
    dataset: Dataset,
    *,
    by: By = "machine",
    holdout: float = 0.3,
    test: Sequence[str | float] = (),
    seed: int = 0,
    allow_leakage: bool = False,
) -> Split:
    """Hold out whole groups for the test.

    Parameters
    ----------
    dataset : Dataset
        Labelled recordings.
    by : str
        What stays together: ``machine``, ``fault_size``, ``load``, ``recording``; or
        ``random-window``, which leaks and is refused unless `allow_leakage`.
    holdout : float
        Share of the groups to hold out, above 0 and below 1; at least one group. Within
        each combination of labels it is met as closely as whole groups allow, and every
        label stays in training.
    test : sequence of str or float
        The groups to hold out by name, such as ``(0.007,)``; then `holdout` and `seed`
        are not used.
    seed : int
        Decides which groups are drawn.
    allow_leakage : bool
        Draw single windows after all, to show what leakage does to a score.

    Returns
    -------
    Split
        ``leaky`` says whether a machine is on both sides.

    Raises
    ------
    DataError
        If there are too few groups to hold one out, or a named one does not exist.
    ValueError
        For ``random-window`` without `allow_leakage`, or a share outside 0 ... 1.
    """
    if not 0 < holdout < 1:
        raise ValueError(f"holdout: found {holdout}, expected above 0 and below 1")
    if by == "random-window":
        return _random_windows(dataset, holdout, seed, allow_leakage)
    groups = _groups(dataset, by)
    if test:
        held = {_name(value) for value in test}
        unknown = sorted(held - groups.keys())
        if unknown:
            raise DataError(
                f"split by {by}: found {unknown[0]!r} to hold out, expected one of "
                f"{', '.join(groups)}"
            )
    else:
        held = _draw(groups, by, holdout, seed)
    return _make(dataset, by, groups, held, seed)


def leave_one_out(dataset: Dataset, *, by: By = "fault_size") -> tuple[Split, ...]:
    """One split per group, with that group held out.

    Parameters
    ----------
    dataset : Dataset
        Labelled recordings.
    by : str
        As in `split`, but not ``random-window``. By ``fault_size``, recordings of
        healthy machines (size 0) are learnt from in every split: leaving out all that
        is healthy would test a class that was never seen.

    Returns
    -------
    tuple of Split
        In the order of the groups' names.

    Raises
    ------
    DataError
        If there is only one group.
    ValueError
        For ``random-window``.
    """
    if by == "random-window":
        raise ValueError("leave_one_out: found by='random-window', expected a group")
    groups = _groups(dataset, by)
    names = [g for g in groups if not (by == "fault_size" and g == "0")]
    if len(names) < 2:
        raise DataError(
            f"leave one {by} out: found {len(names)} group(s), expected two or more"
        )
    return tuple(_make(dataset, by, groups, {name}, 0) for name in names)


def require_no_leak(made: Split, dataset: Dataset, *, by: By = "machine") -> None:
    """Refuse a split that has a group on both sides.

    Raises
    ------
    DataError
        Naming the split, the kind of group and the groups.
    """
    by = "recording" if by == "random-window" else by
    infos = {r.info.id: r.info for r in dataset}
    unknown = sorted({*made.train, *made.test} - infos.keys())
    if unknown:
        raise DataError(
            f"split {made.name!r}: found recording {unknown[0]!r}, expected one of the "
            "dataset"
        )
    both = _shared(infos, made.train, made.test, by)
    if both:
        raise DataError(
            f"split {made.name!r}: found {by} {', '.join(both)} in training and test, "
            "expected no group on both sides"
        )


def _random_windows(
    dataset: Dataset, holdout: float, seed: int, allow_leakage: bool
) -> Split:
    if not allow_leakage:
        raise ValueError(
            "split: found by='random-window', expected a group such as 'machine': "
            "windows of one recording on both sides leak, the score would show how "
            "well recordings are recognised and not how well faults are; to show just "
            "that, pass allow_leakage=True"
        )
    ids = tuple(r.info.id for r in dataset)
    return Split(
        name="random windows (leaky)",
        by="random-window",
        train=ids,
        test=ids,
        leaky=True,
        holdout=holdout,
        seed=seed,
    )


def _name(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def _group(info: RecordingInfo, by: str) -> str:
    return _name(getattr(info, "id" if by == "recording" else by))


def _groups(dataset: Dataset, by: str) -> dict[str, list[RecordingInfo]]:
    """Collect the recordings of each group, groups sorted by name."""
    if by not in _GROUPED:
        raise ValueError(f"by: found {by!r}, expected one of {', '.join(_GROUPED)}")
    groups = defaultdict(list)
    for recording in dataset:
        groups[_group(recording.info, by)].append(recording.info)
    return dict(sorted(groups.items()))


def _draw(
    groups: dict[str, list[RecordingInfo]], by: str, holdout: float, seed: int
) -> set[str]:
    """Draw groups to hold out: a share of each kind, at least one in all."""
    if len(groups) < 2:
        raise DataError(
            f"split by {by}: found {len(groups)} group(s), expected two or more"
        )
    kinds = defaultdict(list)
    for name, infos in groups.items():
        kinds[tuple(sorted({info.label for info in infos}))].append(name)
    rng = np.random.default_rng(seed)
    held: set[str] = set()
    spare: list[str] = []
    for _, names in sorted(kinds.items()):
        order = [names[i] for i in rng.permutation(len(names))]
        count = min(round(holdout * len(names)), len(names) - 1)
        held.update(order[:count])
        spare.extend(order[count:])
    if not held:
        held = set(_first_that_leaves_all_labels(groups, spare, by))
    return held


def _first_that_leaves_all_labels(
    groups: dict[str, list[RecordingInfo]], names: Sequence[str], by: str
) -> list[str]:
    """Return one group without which every label is still there."""
    labels = {info.label for infos in groups.values() for info in infos}
    for name in names:
        rest = (i.label for g, infos in groups.items() if g != name for i in infos)
        if set(rest) == labels:
            return [name]
    raise DataError(
        f"split by {by}: found no group that can be held out with every label left in "
        f"training, expected two groups of some label; groups: {', '.join(groups)}"
    )


def _make(
    dataset: Dataset,
    by: By,
    groups: dict[str, list[RecordingInfo]],
    held: set[str],
    seed: int,
) -> Split:
    test_ids = {info.id for name in held for info in groups[name]}
    ids = [r.info.id for r in dataset]
    train = tuple(i for i in ids if i not in test_ids)
    test = tuple(i for i in ids if i in test_ids)
    if not train or not test:
        raise DataError(
            f"split by {by}: found {len(train)} recordings in training and {len(test)} "
            "in test, expected some in both"
        )
    infos = {r.info.id: r.info for r in dataset}
    return Split(
        name=f"{by} {', '.join(sorted(held))} held out",
        by=by,
        train=train,
        test=test,
        leaky=bool(_shared(infos, train, test, "machine")),
        seed=seed,
    )


def _shared(
    infos: dict[str, RecordingInfo],
    train: Iterable[str],
    test: Iterable[str],
    by: str,
) -> list[str]:
    """Names of the groups that are on both sides."""
    left = {_group(infos[i], by) for i in train}
    right = {_group(infos[i], by) for i in test}
    return sorted(left & right)
