"""The client of the GDB protocol against a stub that misbehaves.

`test_gdb_runner.py` has real ones.
"""

import itertools
import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecmkit.bench.gdb_client import GdbClient
from ecmkit.errors import DeviceError
from tests.bench import gdb_stub
from tests.bench.gdb_stub import Stub

FAULTS = ("split", "late", "twice", "lost", "damaged", "cut", "noise")
BREAK = bytes.fromhex("00be")


def client(stub: Stub) -> GdbClient:
    # An answer that is not there never comes, so that nobody waits for so long.
    return GdbClient(stub.stream, timeout_s=600.0, name="stub")


def test_memory_and_registers_of_a_stub_that_behaves() -> None:
    stub = Stub()
    with client(stub) as gdb:
        assert gdb.read(0x10, 4) == bytes([0x10, 0x11, 0x12, 0x13])
        data = bytes(itertools.islice(itertools.cycle(range(7)), 1000))
        gdb.write(0x100, data)
        assert gdb.read(0x100, 1000) == data
        assert gdb.read(0x100, 0) == b""
        gdb.set_register(15, 0x20000101)
        assert gdb.register(15) == 0x20000101
        assert gdb.monitor("reset halt") == "halted\n"
        with gdb.breakpoint(0x40, instruction=BREAK):
            stop = gdb.resume(timeout_s=600)
        assert (stop.signal, stop.reason, stop.output) == (5, "breakpoint", b"")
        assert not stop.late
        assert gdb.step().signal == 5
    assert stub.requests[-1] == b"D"
    longest = max(len(request) for request in stub.requests)
    assert longest <= 0x100, "packets keep to the size that the stub takes"


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("at", range(6))
def test_one_fault_anywhere_changes_no_answer(fault: str, at: int) -> None:
    stub = Stub(*[None] * at, getattr(gdb_stub, fault))
    with client(stub) as gdb:
        gdb.write(0x20, b"abcd")
        assert gdb.read(0x20, 4) == b"abcd"
        assert gdb.read(0x24, 2) == b"\x24\x25"
        assert gdb.register(3) == 3
        with gdb.breakpoint(0x40, instruction=BREAK):
            assert gdb.resume(timeout_s=600).signal == 5
    assert stub.requests.count(b"c") == 1, "running twice is another program"


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.sampled_from(("", "split", "twice", "damaged", "noise")), max_size=9)
)
def test_faults_one_after_another(names: list[str]) -> None:
    stub = Stub(*(getattr(gdb_stub, name) if name else None for name in names))
    given_up = ""
    try:
        gdb = client(stub)
        assert gdb.read(0, 3) == b"\0\1\2"
        assert gdb.read(3, 3) == b"\3\4\5"
    except DeviceError as error:
        given_up = str(error)
    finally:
        stub.stream.close()
    # Three damaged in a row may be given up, but never believed.
    assert not given_up or ("damaged" in names and "no answer" in given_up)


def test_requests_that_are_lost_are_sent_again() -> None:
    stub = Stub(acks=3)
    with client(stub) as gdb:
        assert gdb.read(0, 2) == b"\0\1"
        assert gdb.read(2, 2) == b"\2\3"


def test_a_stub_that_is_gone_is_named() -> None:
    stub = Stub(None, None, gdb_stub.gone)
    gdb = client(stub)
    with pytest.raises(DeviceError, match=r"stub: connection"):
        gdb.read(0, 4)
    gdb.close()
    gdb.close()


def test_a_stub_that_goes_while_it_runs_is_named() -> None:
    stub = Stub(None, None, None, gdb_stub.gone)
    gdb = client(stub)
    with (
        pytest.raises(DeviceError, match=r"stub: connection"),
        gdb.breakpoint(0x40, instruction=BREAK),
    ):
        gdb.resume(timeout_s=600)
    gdb.close()


def test_answers_that_never_come_are_given_up() -> None:
    stub = Stub(None, None, *[gdb_stub.lost] * 9)
    with (
        pytest.raises(DeviceError, match=r"no answer within 600 s"),
        client(stub) as gdb,
    ):
        gdb.read(0, 4)


def test_a_server_that_says_nothing_is_given_up() -> None:
    ours, theirs = socket.socketpair()
    with (
        ours,
        theirs,
        pytest.raises(DeviceError, match="was not acknowledged, sent 3 times"),
    ):
        GdbClient(ours, timeout_s=0.01, name="stub")


def test_a_target_that_hangs_is_interrupted() -> None:
    stub = Stub(runs_to=None)
    with client(stub) as gdb:
        stop = gdb.resume(timeout_s=600)
        assert (stop.late, stop.reason) == (True, "interrupted")
        assert gdb.read(0, 1) == b"\0"
    assert stub.interrupts == 1


def test_a_server_may_take_longer_than_a_target_may_run() -> None:
    """The request to run was sent again: what is slow would have run twice."""
    stub = Stub(runs_to=None)
    stub.stream.least_s = 0.1
    with client(stub) as gdb:
        assert gdb.resume(timeout_s=0.001).late
    assert stub.requests.count(b"c") == 1


def test_a_target_that_cannot_be_interrupted_is_given_up() -> None:
    stub = Stub(None, None, gdb_stub.lost, runs_to=None)
    with (
        client(stub) as gdb,
        pytest.raises(DeviceError, match=r"after 600 s, and it cannot be interrupted"),
    ):
        gdb.resume(timeout_s=600)


def test_a_refusal_says_what_was_asked() -> None:
    with client(Stub()) as gdb:
        with pytest.raises(DeviceError, match=r"read of 4 bytes at 0xffff: .*'E14'"):
            gdb.read(0xFFFF, 4)
        with pytest.raises(DeviceError, match=r"write of 1 bytes at 0xffff: .*'E14'"):
            gdb.write(0xFFFF, b"x")


def test_without_breakpoints_an_instruction_is_written() -> None:
    stub = Stub(breakpoints=b"")
    with client(stub) as gdb:
        with gdb.breakpoint(0x40, instruction=BREAK):
            assert stub.memory[0x40:0x42] == BREAK
        assert stub.memory[0x40:0x42] == b"\x40\x41"


def test_run_lengths_and_escapes_are_undone() -> None:
    def packed(stub: Stub, packet: bytes) -> bool:
        body = b"0* 1}\x12"  # 0, three more of it, 1, an escaped 2
        stub.raw(b"$" + body + b"#%02x" % (sum(body) & 0xFF))
        return True

    with client(Stub(None, None, packed)) as gdb:
        assert gdb.read(0, 3) == b"\x00\x00\x12"


def test_a_stub_that_wants_no_acknowledgements_gets_none() -> None:
    stub = Stub(offers=b"PacketSize=100;QStartNoAckMode+")
    with client(stub) as gdb:
        gdb.write(0x20, b"abcd")
        assert gdb.read(0x20, 4) == b"abcd"
        with gdb.breakpoint(0x40, instruction=BREAK):
            assert gdb.resume(timeout_s=600).signal == 5
    assert b"QStartNoAckMode" in stub.requests


@pytest.mark.parametrize("fault", ["damaged", "lost"])
def test_without_acknowledgements_a_bad_packet_is_the_end(fault: str) -> None:
    stub = Stub(None, None, None, getattr(gdb_stub, fault), offers=b"QStartNoAckMode+")
    with client(stub) as gdb, pytest.raises(DeviceError, match=r"damaged|no answer"):
        gdb.read(0, 4)


def test_bytes_are_written_as_they_are_where_the_stub_takes_them() -> None:
    stub = Stub(binary=True)
    data = bytes(range(256))
    with client(stub) as gdb:
        gdb.write(0x300, data)
        assert gdb.read(0x300, 256) == data
    assert not any(request.startswith(b"M") for request in stub.requests)
    assert max(len(request) for request in stub.requests) <= 0x100


def test_flash_is_erased_by_blocks_and_burnt_once() -> None:
    stub = Stub(
        offers=b"PacketSize=100;qXfer:memory-map:read+", flash=0x800, breakpoints=b"1"
    )
    parts = [(0x90, b"code#$}*" * 20), (0x700, b"end"), (0xA00, b"data")]
    with client(stub) as gdb:
        gdb.load(parts)
        for at, data in parts:
            assert stub.memory[at : at + len(data)] == data
        assert stub.memory[0x200:0x280] == bytes(range(128)), "no other block"
        burnt = len(stub.requests)
        gdb.load(parts)
    erased = [r for r in stub.requests if r.startswith(b"vFlashErase")]
    assert erased == [b"vFlashErase:80,100", b"vFlashErase:700,80"]
    assert not any(r.startswith(b"vFlash") for r in stub.requests[burnt:])


def test_an_image_that_does_not_read_back_is_refused() -> None:
    class Worn(Stub):
        def _special(self, body: bytes) -> bytes:
            done = super()._special(body)
            if body == b"vFlashDone":
                self.memory[0x100] = 0
            return done

    stub = Worn(offers=b"qXfer:memory-map:read+", flash=0x800)
    with client(stub) as gdb, pytest.raises(DeviceError, match="do not read back"):
        gdb.load([(0x100, b"abc")])


def test_a_target_is_chosen_where_the_server_wants_it() -> None:
    stub = Stub(there=b"W00")
    with client(stub) as gdb:
        assert gdb.monitor("swdp_scan") == "halted\n"
        gdb.attach(1)
        assert gdb.read(0, 1) == b"\0"
    assert b"vAttach;1" in stub.requests


@pytest.mark.parametrize("address", ["localhost", "localhost:0", "a:b", "", "x:70000"])
def test_addresses_that_are_none(address: str) -> None:
    with pytest.raises(ValueError, match="expected host:port or unix:PATH"):
        GdbClient.connect(address)


def test_nobody_listens(tmp_path) -> None:
    with pytest.raises(DeviceError, match="is the debug server running"):
        GdbClient.connect(f"unix:{tmp_path}/none")
    with socket.socket() as taken:  # a port that is had, and not listened at
        taken.bind(("localhost", 0))
        address = f"localhost:{taken.getsockname()[1]}"
        with pytest.raises(DeviceError, match=f"{address}: nobody answers"):
            GdbClient.connect(address, timeout_s=0.5)


@settings(deadline=None, max_examples=40)
@given(st.binary(max_size=60))
def test_any_bytes_end_in_an_error_or_an_answer(data: bytes) -> None:
    def rubbish(stub: Stub, packet: bytes) -> bool:
        stub.raw(data)
        return True

    stub = Stub(rubbish, rubbish, rubbish, rubbish, rubbish, rubbish)
    try:
        client(stub).read(0, 4)
    except DeviceError:
        pass
    finally:
        stub.stream.close()
