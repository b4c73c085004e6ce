import struct
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from ecmkit.evaluate import confusion_figure

MATRIX = np.array([[90, 10, 0], [3, 47, 0], [0, 0, 0]])
CLASSES = ("ball", "inner", "outer")


def test_png_has_a_readable_size() -> None:
    data = confusion_figure(MATRIX, classes=CLASSES)
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", data[16:24])
    assert 400 < width < 1500
    assert 400 < height < 1500


def test_svg_names_classes_counts_and_shares() -> None:
    data = confusion_figure(MATRIX, classes=CLASSES, title="Held out", kind="svg")
    text = " ".join(ET.fromstring(data).itertext())
    for word in (*CLASSES, "90", "94 %", "Held out", "balanced accuracy 0.920"):
        assert word in text
    assert "recall 0.90" in " ".join(text.split())
    assert "recall –" in " ".join(text.split())  # the class without windows


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_same_matrix_gives_the_same_bytes(kind) -> None:
    first = confusion_figure(MATRIX, classes=CLASSES, kind=kind)
    assert confusion_figure(MATRIX, classes=CLASSES, kind=kind) == first


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="2 classes"):
        confusion_figure(MATRIX, classes=("a", "b"))
    with pytest.raises(ValueError, match="pdf"):
        confusion_figure(MATRIX, classes=CLASSES, kind="pdf")
