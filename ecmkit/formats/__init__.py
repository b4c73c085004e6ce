"""Everything stored or sent: settings, hashes, contracts, frames, commands."""

from ecmkit.formats import minisign
from ecmkit.formats.command import (
    AckAlarms,
    AckFrames,
    AskChunks,
    Command,
    Rearm,
    Relearn,
    SetInterval,
    ask_for,
    encode_command,
)
from ecmkit.formats.contract import (
    DenseLayer,
    EncodeStep,
    EnvelopeStep,
    FeatureContract,
    FeatureRow,
    FilterStep,
    LineStep,
    MelStep,
    ProjectStep,
    ScaleStep,
    TrackStep,
    VelocityIntegerStep,
    VelocityStep,
)
from ecmkit.formats.files import replace_dir, replace_file, write_atomic
from ecmkit.formats.frame import JoinFrame, StatusFrame
from ecmkit.formats.frame import decode as decode_frame
from ecmkit.formats.hashing import content_hash, file_hash
from ecmkit.formats.settings import convert, load_toml
from ecmkit.formats.snapshot import (
    Snapshot,
    SnapshotChunk,
    decode_chunk,
    join_chunks,
    missing_chunks,
)
from ecmkit.formats.update import (
    Ed25519,
    KeyedHash,
    Signer,
    Update,
    read_update,
    update_block,
)

__all__ = [
    "AckAlarms",
    "AckFrames",
    "AskChunks",
    "Command",
    "DenseLayer",
    "Ed25519",
    "EncodeStep",
    "EnvelopeStep",
    "FeatureContract",
    "FeatureRow",
    "FilterStep",
    "JoinFrame",
    "KeyedHash",
    "LineStep",
    "MelStep",
    "ProjectStep",
    "Rearm",
    "Relearn",
    "ScaleStep",
    "SetInterval",
    "Signer",
    "Snapshot",
    "SnapshotChunk",
    "StatusFrame",
    "TrackStep",
    "Update",
    "VelocityIntegerStep",
    "VelocityStep",
    "ask_for",
    "content_hash",
    "convert",
    "decode_chunk",
    "decode_frame",
    "encode_command",
    "file_hash",
    "join_chunks",
    "load_toml",
    "minisign",
    "missing_chunks",
    "read_update",
    "replace_dir",
    "replace_file",
    "update_block",
    "write_atomic",
]
