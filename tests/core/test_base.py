"""Version and status of the device library."""

from ecmkit._core import base


def test_every_status_has_a_name_and_a_text():
    names = [base.status_name(status) for status in range(-6, 2)]
    assert len(set(names)) == 8
    assert all(name.startswith("ECM_") for name in names)
    assert len({base.status_text(status) for status in range(-6, 2)}) == 8
    assert base.status_name(-99) == "status -99"
    assert base.status_text(-99) == "unknown"
