"""Real recordings: int8 tells bearings apart as float does. All of it: benchmarks."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.int8_loss import models

pytestmark = pytest.mark.data


def test_a_cnn_keeps_its_answers_on_recordings_of_another_load(real_data: Path) -> None:
    dataset = models.recordings(real_data)
    windows = models.raw_windows(dataset)
    # A sixth of what was learnt, all of what was not.
    test = windows.load == 3
    some = test | (np.arange(len(test)) % 6 == 0)
    fewer = models.Windows(
        windows.x[some], windows.label[some], windows.size[some], windows.load[some]
    )
    real, whole = models.convolutions(fewer, test[some], epochs=4, seed=0)
    assert real > 0.5
    assert real - whole <= 0.005
