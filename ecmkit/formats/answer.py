"""Answers: what became of a command, as a device tells it in a frame of its own."""

import msgspec

from ecmkit.formats.cbor import Reader
from ecmkit.formats.command import Command, command_of

__all__ = ["RESULTS", "AnswerFrame", "read_answer"]

ANSWER_ITEMS = 9
"""Of the frame, without a code."""
RESULTS = {
    0: "obeyed",
    1: "null",
    2: "argument",
    3: "length",
    4: "full",
    5: "state",
    6: "format",
}
"""Of a device; any other one is a refusal of its flash."""
_RESULT_MAX = 23  # ECM_FRAME_RESULT_MAX
_U32 = 0xFFFFFFFF


class AnswerFrame(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """What became of a command: ``ecm_frame_answer_t``."""

    version: int = 3
    device_id: int
    contract_id: int
    """First 32 bits of the feature contract's SHA-256."""
    model_id: int
    """First 32 bits of the model's SHA-256."""
    seq: int
    """Number of the frame, modulo 65536: counted with status frames."""
    uptime_s: int
    """Seconds since the device started."""
    command: int
    """Number of the command: `seq` of `encode_command`."""
    kind: int
    values: tuple[int, int]
    """As they came, 0 where the command had none."""
    result: int
    """0: obeyed; else why not, see `RESULTS`."""
    mac: bytes = b""
    """Authentication code; empty without one."""

    @property
    def obeyed(self) -> bool:
        """Whether the device did what it was told."""
        return self.result == 0

    @property
    def order(self) -> Command | None:
        """The command; None if it is of no kind that there is."""
        return command_of(self.kind, self.values)

    @property
    def reason(self) -> str:
        """One of `RESULTS`, or "flash"."""
        return RESULTS.get(self.result, "flash")

    @property
    def what(self) -> str:
        """The command as text, such as ``AskChunks(first=5, count=1)``."""
        order = self.order
        return f"of kind {self.kind}" if order is None else repr(order)


def read_answer(reader: Reader, version: int) -> AnswerFrame:
    """Read the items behind the version, but for a code."""
    raw = reader.octets("ids", 12)
    device, contract, model = (
        int.from_bytes(raw[at : at + 4], "big") for at in (0, 4, 8)
    )
    return AnswerFrame(
        version=version,
        device_id=device,
        contract_id=contract,
        model_id=model,
        seq=reader.integer("seq", 0xFFFF),
        uptime_s=reader.integer("uptime_s", _U32),
        command=reader.integer("command", _U32),
        kind=reader.integer("kind", _U32),
        values=(reader.integer("values", _U32), reader.integer("values", _U32)),
        result=reader.integer("result", _RESULT_MAX),
    )
