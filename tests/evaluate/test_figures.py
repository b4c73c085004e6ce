import struct
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from ecmkit.evaluate import (
    Importance,
    confusion_figure,
    curve_figure,
    importance_figure,
    saliency,
    saliency_figure,
)

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


def worth(n: int = 20) -> list[Importance]:
    return [
        Importance(name=f"f_{i}", drop=0.5 - 0.02 * i, lower=0.4 - 0.02 * i,
                   upper=0.6 - 0.02 * i)
        for i in range(n)
    ]  # fmt: skip


def test_importance_shows_the_first_so_many() -> None:
    svg = importance_figure(worth(), most=4, kind="svg").decode()
    for i in range(4):
        assert f">f_{i}<" in svg
    assert ">f_4<" not in svg
    assert svg == importance_figure(worth(), most=4, kind="svg").decode()
    assert importance_figure(worth()).startswith(b"\x89PNG")


def test_curves_are_named() -> None:
    curves = {"loss": [0.9, 0.4, 0.2], "val_loss": [1.0, 0.6]}
    svg = curve_figure(curves, kind="svg").decode()
    for name in (*curves, "epoch"):
        assert f">{name}<" in svg
    assert curve_figure(curves).startswith(b"\x89PNG")


def test_saliency_is_drawn_over_time_and_over_lines() -> None:
    x = np.random.default_rng(1).normal(size=(2, 3, 32))
    found = saliency(lambda v: v.square().mean((1, 2))[:, None], x, fs_hz=64.0)
    drawn = saliency_figure(found, row=1, channel=2, kind="svg")
    text = " ".join(ET.fromstring(drawn).itertext())
    assert "time [s]" in text
    assert "frequency [Hz]" in text
    assert drawn != saliency_figure(found, row=1, channel=1, kind="svg")
    assert saliency_figure(found).startswith(b"\x89PNG")
    with pytest.raises(ValueError, match="'gif'"):
        saliency_figure(found, kind="gif")


def test_nothing_is_not_drawn() -> None:
    with pytest.raises(ValueError, match="importance of 0 features"):
        importance_figure([])
    with pytest.raises(ValueError, match="found no value"):
        curve_figure({"loss": []})
    for draw in (lambda: importance_figure(worth(), kind="gif"),
                 lambda: curve_figure({"loss": [1.0]}, kind="gif")):  # fmt: skip
        with pytest.raises(ValueError, match="kind 'gif'"):
            draw()
