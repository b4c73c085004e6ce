"""Recordings: what a sensor heard, with everything needed to interpret it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np
from numpy.typing import NDArray

from ecmkit.formats import content_hash

__all__ = ["ChannelInfo", "Dataset", "Recording", "RecordingInfo"]


class ChannelInfo(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """What is known about the sensor of a channel."""

    unit: str
    """Unit of its samples, such as ``A``."""
    range: float = 0.0
    """Its full scale in `unit`; 0 if unknown."""


class RecordingInfo(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """What is known about a recording besides its samples."""

    id: str
    """Unique within a dataset, such as ``105_IR007_0``."""
    machine: str
    """Physical machine or bearing: what may not be on both sides of a split."""
    label: str
    """Class, such as ``inner``; empty if unknown."""
    unit: str
    """Unit of the samples, such as ``g``."""
    fs_hz: float
    """Sampling rate."""
    speed_hz: float = 0.0
    """Shaft speed in revolutions per second; 0 if unknown."""
    load: float = 0.0
    """Load as the source gives it (CWRU: horsepower)."""
    fault_size: float = 0.0
    """Size of the defect as the source gives it (CWRU: inches); 0 if healthy."""
    range: float = 0.0
    """Full scale of the sensor in `unit`; 0 if unknown."""
    sensors: dict[str, ChannelInfo] = {}
    """Channels whose unit and full scale are others than these, by name."""
    source: str = ""
    """File name, or ``simulator``."""

    def sensor(self, channel: str) -> ChannelInfo:
        """Return unit and full scale of a channel."""
        every = ChannelInfo(unit=self.unit, range=self.range)
        return self.sensors.get(channel, every)


@dataclass(frozen=True, kw_only=True)
class Recording:
    """Samples of one or more channels that were taken together."""

    info: RecordingInfo
    channels: tuple[str, ...]
    x: NDArray[np.float32]
    """Shape (n_channels, n_samples), C order, each row in the unit of its channel."""

    def __post_init__(self) -> None:
        """Check the shape against the channel names."""
        if self.x.ndim != 2 or self.x.shape[0] != len(self.channels):
            raise ValueError(
                f"{self.info.id}: x has shape {self.x.shape}, expected "
                f"({len(self.channels)}, n_samples)"
            )

    def channel(self, name: str) -> NDArray[np.float32]:
        """Return the samples of one channel, shape (n_samples,).

        Raises
        ------
        ValueError
            If there is no such channel; the message lists those that are there.
        """
        if name not in self.channels:
            raise ValueError(
                f"{self.info.id}: no channel {name!r}; it has "
                f"{', '.join(self.channels)}"
            )
        samples: NDArray[np.float32] = self.x[self.channels.index(name)]
        return samples

    def samples(self, channels: Sequence[str]) -> NDArray[np.float32]:
        """Return the samples of some channels, shape (n_channels, n_samples).

        Raises
        ------
        ValueError
            If there is no such channel; the message lists those that are there.
        """
        if tuple(channels) == self.channels:
            return self.x
        return np.stack([self.channel(name) for name in channels])


@dataclass(frozen=True)
class Dataset:
    """Recordings in a fixed order."""

    recordings: tuple[Recording, ...]
    hash: str = field(init=False)
    """SHA-256 over all samples and all that is known about them."""

    def __post_init__(self) -> None:
        """Refuse two recordings of one name; compute the hash."""
        ids = [recording.info.id for recording in self.recordings]
        if len(set(ids)) != len(ids):
            twice = sorted({i for i in ids if ids.count(i) > 1})
            raise ValueError(f"recordings with the same id: {', '.join(twice)}")
        parts: list[object] = []
        for recording in self.recordings:
            parts += [recording.info, recording.channels, recording.x]
        object.__setattr__(self, "hash", content_hash(*parts))

    def __len__(self) -> int:
        return len(self.recordings)

    def __iter__(self) -> Iterator[Recording]:
        return iter(self.recordings)

    def select(self, ids: Sequence[str]) -> "Dataset":
        """Return the recordings with these ids, in the order of the dataset."""
        wanted = set(ids)
        return Dataset(tuple(r for r in self.recordings if r.info.id in wanted))
