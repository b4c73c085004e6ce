"""Sizes of a whole device; it runs in tests/package/test_device.py and tests/c."""

from ecmkit._core import app, commission, node


def test_sizes() -> None:
    assert (node.STATE_BYTES, node.EVENT_BYTES) == (64, app.EVENT_BYTES + 4)
    sizes = (node.FRAMES_BYTES, node.SNAPSHOT_BYTES, node.LEARN_BYTES)
    assert sizes == (76, 128, 76)
    learn = commission.learn_words(2, 8)
    words = 19 + 56 + 16 + learn
    rest = app.STATE_BYTES + node.STATE_BYTES + 64 * node.SERVICES_MAX
    assert node.slot_bytes(56, 16, learn) == 4 * words + rest + 20
