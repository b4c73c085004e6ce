"""New weights in the field: they count at once, or all stays as it was."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecmkit._core import app_update, weights
from ecmkit.graph.weights import weights_blob

LAYOUT, CONTRACT = bytes(range(16)), "ab" * 16


def blob(value: int, *, length: int = 30, layout: bytes = LAYOUT) -> bytes:
    return weights_blob(
        [bytes([value]) * length], layout_id=layout, contract_id=CONTRACT
    )


FIRMWARE = blob(1)
SLOT = app_update.slot_bytes(len(FIRMWARE))


def device(image: bytes = b"\xff" * 2 * SLOT) -> app_update.Updates:
    return app_update.Updates(FIRMWARE, 1, image)


def send(
    updates: app_update.Updates, data: bytes, cuts: list[int] | None = None
) -> None:
    updates.begin(len(data))
    edges = sorted({0, *(cuts or []), len(data)})
    for start, end in itertools.pairwise(edges):
        updates.write(data[start:end])
    updates.commit()


def value(updates: app_update.Updates) -> int:
    """Byte of the table that counts."""
    which = updates.weights()
    block = FIRMWARE if which < 0 else bytes(updates.image[which * SLOT :][:SLOT])
    return block[weights.table(block, 0)]


@given(st.lists(st.lists(st.integers(0, len(FIRMWARE)), max_size=5), max_size=6))
def test_updates_take_turns_in_any_chunks(chunks: list[list[int]]) -> None:
    updates = device()
    for number, cuts in enumerate(chunks):
        send(updates, blob(number + 2), cuts)
        assert updates.weights() == number % 2
        assert value(updates) == number + 2
        seal = updates.image[(number % 2 + 1) * SLOT - 16 :][:16]
        count = number + 1
        assert seal == b"SEAL" + b"".join(
            n.to_bytes(4, "little") for n in (count, 2**32 - 1 - count, 0)
        )
    # After a reset the flash is all there is.
    assert value(device(bytes(updates.image))) == value(updates)


@given(st.binary(max_size=2 * SLOT), st.integers(0, 255))
def test_damaged_weights_never_count(noise: bytes, bit: int) -> None:
    updates = device()
    send(updates, blob(2))
    before = bytes(updates.image)
    wrong = bytearray(blob(3))
    wrong[bit % len(wrong)] ^= 1 << bit % 8
    with pytest.raises(ValueError, match="ECM_ERR_"):
        send(updates, wrong)
    assert value(updates) == 2
    with pytest.raises(ValueError, match="ECM_ERR_"):
        send(updates, noise)
    assert value(updates) == 2
    assert bytes(updates.image[:SLOT]) == before[:SLOT]
    assert not updates.start()


def test_the_firmwares_own_come_back() -> None:
    updates = device()
    send(updates, blob(2))
    send(updates, blob(3))
    updates.revert()
    assert value(updates) == 2
    updates.revert()
    assert updates.weights() == -1
    with pytest.raises(ValueError, match="ECM_ERR_STATE"):
        updates.revert()


def test_slots_of_other_firmware_do_not_count() -> None:
    updates = device()
    send(updates, blob(2))
    newer = app_update.Updates(blob(1, layout=bytes(16)), 1, bytes(updates.image))
    assert newer.weights() == -1
    assert newer.start()
    assert not newer.start()


def test_flash_that_forgets_is_found_after_a_reset() -> None:
    updates = device()
    send(updates, blob(2))
    image = bytearray(updates.image)
    image[70] ^= 1
    later = device(bytes(image))
    assert later.start()
    assert later.weights() == -1


@pytest.mark.parametrize(
    ("length", "status"), [(SLOT - 15, "LENGTH"), (48, "LENGTH"), (0, "LENGTH")]
)
def test_weights_that_do_not_fit_are_refused_before_anything_is_erased(
    length: int, status: str
) -> None:
    updates = device(bytes(2 * SLOT))
    with pytest.raises(ValueError, match=f"ECM_ERR_{status}"):
        updates.begin(length)
    assert updates.image == bytes(2 * SLOT)


def test_calls_out_of_turn_are_refused() -> None:
    updates = device()
    for call in (updates.commit, lambda: updates.write(b"1")):
        with pytest.raises(ValueError, match="ECM_ERR_STATE"):
            call()
    updates.begin(len(FIRMWARE))
    with pytest.raises(ValueError, match="ECM_ERR_LENGTH"):
        updates.write(bytes(len(FIRMWARE) + 1))
    with pytest.raises(ValueError, match="ECM_ERR_LENGTH"):
        updates.commit()
    with pytest.raises(ValueError, match="expected more"):
        app_update.Updates(b"short", 1, bytes(2 * SLOT))
    with pytest.raises(ValueError, match="two slots"):
        app_update.Updates(FIRMWARE, 1, bytes(65))
    assert app_update.UNIT_BYTES == 16
    odd = app_update.Updates(FIRMWARE, 1, bytes(2 * (SLOT + 8)))
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        odd.begin(len(FIRMWARE))
