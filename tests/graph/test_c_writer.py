"""C text: exact, on the page, and comments that stay comments."""

import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ecmkit.graph.c_writer import comment, float_literal, wrapped


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_float_literals_are_exact(value: float) -> None:
    text = float_literal(value)
    assert re.fullmatch(r"-?0x[01](\.[0-9a-f]+)?p[+-]\d+F", text)
    assert np.float32(float.fromhex(text[:-1])).tobytes() == np.float32(value).tobytes()


@given(st.text())
def test_a_comment_cannot_end_or_begin_another(text: str) -> None:
    made = comment(f"*/ {text} /* ??/ \\")
    assert not set(made) & set('*/?\\\n\r"')


def test_initialisers_keep_to_the_page() -> None:
    lines = wrapped([str(n) for n in range(1000)])
    assert max(map(len, lines)) <= 88
    assert "".join(lines).replace(" ", "").split(",")[:-1] == list(
        map(str, range(1000))
    )
