"""Alarms in a row are one; each knows where it was and what its features were."""

import numpy as np

from ecmkit.flow.alarms import GAP, MOST, Alarms


def add(alarms: Alarms, bits: list[int], *, stretch: int = 0, name: str = "r") -> None:
    features = np.arange(2 * len(bits), dtype=np.float32).reshape(-1, 2)
    alarms.add(stretch, name, np.array(bits, np.uint32), features)


def test_windows_near_each_other_are_one_alarm() -> None:
    alarms = Alarms()
    add(alarms, [0, 1, 2, 0, 4, *[0] * GAP, 1])
    first, second = alarms.found
    assert (first.first_window, first.last_window, first.windows) == (1, 4, 3)
    assert first.bits == 7
    assert (second.first_window, second.windows) == (5 + GAP, 1)
    # The mean of windows 1, 2 and 4.
    assert first.features == ((2 + 4 + 8) / 3, (3 + 5 + 9) / 3)


def test_each_recording_and_each_stretch_has_its_own() -> None:
    alarms = Alarms()
    add(alarms, [0, 0, 1], name="a")
    add(alarms, [1, 0, 0], name="b")
    add(alarms, [1, 1], name="b", stretch=1)
    found = [(a.stretch, a.recording, a.first_window, a.windows) for a in alarms.found]
    assert found == [(0, "a", 2, 1), (0, "b", 3, 1), (1, "b", 6, 2)]


def test_windows_that_were_not_valid_have_no_part_in_the_mean() -> None:
    alarms = Alarms()
    features = np.array([[1, 2], [np.nan, np.nan], [3, 4]], np.float32)
    alarms.add(0, "r", np.array([1, 1, 1], np.uint32), features)
    assert alarms.found[0].features == (2.0, 3.0)
    alarms = Alarms()
    alarms.add(0, "r", np.array([1], np.uint32), features[1:2])
    assert alarms.found[0].features == ()


def test_of_many_alarms_the_first_of_each_stretch_are_kept() -> None:
    alarms = Alarms()
    one = [1, *[0] * (GAP + 1)]
    add(alarms, one * (MOST + 5))
    add(alarms, one * 3, stretch=1)
    assert len(alarms.found) == MOST + 3
    assert alarms.found[-1].stretch == 1
