"""New data in the field: they count at once, or all stays as it was, with a reason."""

import itertools
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecmkit._core import app_update
from ecmkit.formats import KeyedHash, update_block
from ecmkit.graph.weights import weights_blob

IDS = {"contract_id": "ab" * 16, "layout_id": "cd" * 16, "model_id": "ef" * 16}
LAYOUT = bytes(range(16))
SIGNER = KeyedHash(bytes(range(32)))
OTHER = 12
REASONS = {code: name for name, code in app_update.REASONS.items()}


def weights(value: int) -> bytes:
    return weights_blob(
        [bytes([value]) * 30], layout_id=LAYOUT, contract_id=IDS["contract_id"]
    )


def blob(
    value: int, *, version: int, signer: KeyedHash | None = SIGNER, **ids: str
) -> bytes:
    return update_block(
        [weights(value), bytes([value]) * OTHER],
        version=version,
        signer=signer,
        **{**IDS, **ids},
    )


FIRMWARE = blob(1, version=3, signer=None)
SLOT = app_update.slot_bytes(len(blob(1, version=3)))
PARTS = [(bytes.fromhex(IDS["contract_id"]) + LAYOUT, 1), (None, OTHER)]


def device(image: bytes = b"\xff" * 2 * SLOT) -> app_update.Updates:
    return app_update.Updates(FIRMWARE, PARTS, image)


def send(
    updates: app_update.Updates, data: bytes, cuts: list[int] | None = None
) -> None:
    updates.begin(len(data))
    edges = sorted({0, *(cuts or []), len(data)})
    for start, end in itertools.pairwise(edges):
        updates.write(data[start:end])
    updates.commit(SIGNER.verify)


def refused(updates: app_update.Updates, data: bytes) -> str:
    """Why an update was refused."""
    with pytest.raises(ValueError, match="ECM_ERR_"):
        send(updates, data)
    return REASONS[updates.reason]


def value(updates: app_update.Updates) -> int:
    """Byte of both parts that count."""
    other = updates.part(1, OTHER)
    assert updates.part(0, len(weights(1))) == weights(other[0])
    assert other == bytes([other[0]]) * OTHER
    return other[0]


@given(st.lists(st.lists(st.integers(0, len(FIRMWARE)), max_size=5), max_size=6))
def test_updates_take_turns_in_any_chunks(chunks: list[list[int]]) -> None:
    updates = device()
    for number, cuts in enumerate(chunks):
        send(updates, blob(number + 2, version=10 * number + 4), cuts)
        assert updates.place() == number % 2
        assert value(updates) == number + 2
        assert updates.version == 10 * number + 4
        assert REASONS[updates.reason] == "done"
        seal = updates.image[(number % 2 + 1) * SLOT - 16 :][:16]
        version = updates.version
        assert seal == b"SEAL" + struct.pack("<3I", version, 2**32 - 1 - version, 0)
    # After a reset the flash is all there is.
    assert value(device(bytes(updates.image))) == value(updates)


def test_ten_thousand_corruptions_never_count() -> None:
    """Bits, bytes, stretches and lengths, with the checksum mended and without."""
    rng = np.random.default_rng(0)
    updates = device()
    send(updates, blob(2, version=4))
    good, found = blob(3, version=5), set()
    for i in range(10_000):
        raw = bytearray(good)
        if i % 3 == 0:
            raw[rng.integers(len(raw))] ^= 1 << int(rng.integers(8))
        elif i % 3 == 1:
            at = int(rng.integers(len(raw)))
            raw[at : at + int(rng.integers(1, 9))] = rng.bytes(int(rng.integers(1, 9)))
        else:
            at = rng.integers(0, len(raw), 3)
            for place in at:
                raw[place] = int(rng.integers(256))
        if i % 2 and len(raw) > 60:
            raw[24:28] = struct.pack("<I", zlib.crc32(bytes(raw[28 : len(raw) - 16])))
        if bytes(raw) == good:
            continue
        found.add(refused(updates, bytes(raw)))
        assert value(updates) == 2
        assert updates.version == 4
    assert found >= {"format", "contract", "layout", "length", "old", "signature"}
    send(updates, good)
    assert value(updates) == 3


def test_an_older_or_equal_block_is_refused_by_its_reason() -> None:
    updates = device()
    assert refused(updates, blob(2, version=3)) == "old"  # the firmware's own
    send(updates, blob(2, version=4))
    send(updates, blob(3, version=9))
    for version in (0, 4, 8, 9):
        before = bytes(updates.image)
        assert refused(updates, blob(2, version=version)) == "old"
        assert value(updates) == 3
        assert bytes(updates.image) == before  # the data of before stay at hand
    updates.revert()
    assert (value(updates), updates.version) == (2, 4)
    for version in (5, 9):  # the version that was taken back is not forgotten
        assert refused(device(bytes(updates.image)), blob(3, version=version)) == "old"
    send(updates, blob(4, version=10))
    assert value(updates) == 4


def test_each_refusal_has_its_reason() -> None:
    updates = device()
    assert refused(updates, blob(2, version=4, contract_id="00" * 16)) == "contract"
    assert refused(updates, blob(2, version=4, layout_id="00" * 16)) == "layout"
    assert refused(updates, blob(2, version=4, signer=None)) == "signature"
    forged = KeyedHash(bytes(32))
    assert refused(updates, blob(2, version=4, signer=forged)) == "signature"
    assert refused(updates, b"x" * 200) == "format"
    updates.begin(len(blob(2, version=4)))
    updates.write(blob(2, version=4)[:100])
    with pytest.raises(ValueError, match="ECM_ERR_LENGTH"):
        updates.commit(SIGNER.verify)
    assert REASONS[updates.reason] == "incomplete"
    assert (value(updates), updates.place()) == (1, -1)


def test_what_verify_raises_is_raised() -> None:
    updates = device()
    updates.begin(len(blob(2, version=4)))
    updates.write(blob(2, version=4))

    def fails(data: bytes, signature: bytes) -> bool:
        raise OSError("no key")

    with pytest.raises(OSError, match="no key"):
        updates.commit(fails)
    assert REASONS[updates.reason] == "signature"
    assert value(updates) == 1


def test_the_firmwares_own_come_back() -> None:
    updates = device()
    send(updates, blob(2, version=4))
    send(updates, blob(3, version=5))
    updates.revert()
    assert value(updates) == 2
    updates.revert()
    assert (updates.place(), updates.version) == (-1, 3)
    with pytest.raises(ValueError, match="ECM_ERR_STATE"):
        updates.revert()


def test_slots_of_other_firmware_do_not_count() -> None:
    updates = device()
    send(updates, blob(2, version=4))
    other = blob(1, version=1, signer=None, layout_id="12" * 16)
    newer = app_update.Updates(other, PARTS, bytes(updates.image))
    assert newer.place() == -1
    assert not newer.start()  # nor are they erased: that one may come back
    later = device(bytes(newer.image))
    assert value(later) == 2
    assert refused(later, blob(2, version=4)) == "old"
    # An update of the other firmware takes the empty slot, then the older of the two.
    ids = {"layout_id": "12" * 16}
    send(newer, blob(5, version=2, **ids))
    assert newer.place() == 1
    assert value(device(bytes(newer.image))) == 2
    send(newer, blob(6, version=3, **ids))
    assert newer.place() == 0


def test_of_two_slots_of_other_firmware_the_newer_stays() -> None:
    updates = device()
    send(updates, blob(2, version=5))
    send(updates, blob(3, version=9))
    send(updates, blob(4, version=10))
    other = blob(1, version=0, signer=None, layout_id="12" * 16)
    newer = app_update.Updates(other, PARTS, bytes(updates.image))
    send(newer, blob(5, version=1, layout_id="12" * 16))
    later = device(bytes(newer.image))
    assert (value(later), later.version) == (4, 10)
    assert refused(later, blob(3, version=9)) == "old"


def test_damage_of_other_firmwares_data_is_found() -> None:
    updates = device()
    send(updates, blob(2, version=4))
    other = blob(1, version=1, signer=None, layout_id="12" * 16)
    total = len(blob(2, version=4))
    for at in (0, 5, 8, 12, 16, 25, 40, 50, 70, 90, 130, total - 17, SLOT - 12):
        image = bytearray(updates.image)
        image[at] ^= 1
        newer = app_update.Updates(other, PARTS, bytes(image))
        assert newer.start(), at
        assert bytes(newer.image[:SLOT]) == b"\xff" * SLOT


def test_flash_that_forgets_is_found_after_a_reset() -> None:
    updates = device()
    send(updates, blob(2, version=4))
    for at in (30, 90, 130, 190):
        image = bytearray(updates.image)
        image[at] ^= 1
        later = device(bytes(image))
        assert later.start()
        assert later.place() == -1
    assert not device(bytes(updates.image)).start()


@pytest.mark.parametrize("length", [SLOT - 31, 95, 0])
def test_data_that_do_not_fit_are_refused_before_anything_is_erased(
    length: int,
) -> None:
    updates = device(bytes(2 * SLOT))
    with pytest.raises(ValueError, match="ECM_ERR_LENGTH"):
        updates.begin(length)
    assert REASONS[updates.reason] == "length"
    assert updates.image == bytes(2 * SLOT)


def test_calls_out_of_turn_are_refused() -> None:
    updates = device()
    for call in (lambda: updates.commit(SIGNER.verify), lambda: updates.write(b"1")):
        with pytest.raises(ValueError, match="ECM_ERR_STATE"):
            call()
    updates.begin(len(FIRMWARE))
    with pytest.raises(ValueError, match="ECM_ERR_LENGTH"):
        updates.write(bytes(len(FIRMWARE) + 1))
    with pytest.raises(ValueError, match="part is 2, expected below 2"):
        updates.part(2, 1)
    with pytest.raises(ValueError, match="expected more"):
        app_update.Updates(b"short", PARTS, bytes(2 * SLOT))
    with pytest.raises(ValueError, match="two slots"):
        app_update.Updates(FIRMWARE, PARTS, bytes(65))
    with pytest.raises(ValueError, match="parts has length 9"):
        app_update.Updates(FIRMWARE, [(None, 1)] * 9, bytes(2 * SLOT))
    odd = app_update.Updates(FIRMWARE, PARTS, bytes(2 * (SLOT + 8)))
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        odd.begin(len(FIRMWARE))


def test_constants() -> None:
    assert app_update.UNIT_BYTES == 16
    assert app_update.HEAD_BYTES == 80
    assert app_update.ID_BYTES == 16
    assert (app_update.SIGNATURE_MIN, app_update.SIGNATURE_MAX) == (16, 128)
    assert app_update.VERSION == 1
    assert sorted(REASONS) == list(range(12))
