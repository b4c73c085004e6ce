"""Everything stored or sent: settings files, hashes, contracts, frames."""

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
from ecmkit.formats.update import (
    Ed25519,
    KeyedHash,
    Signer,
    Update,
    read_update,
    update_block,
)

__all__ = [
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
    "ScaleStep",
    "Signer",
    "StatusFrame",
    "TrackStep",
    "Update",
    "VelocityIntegerStep",
    "VelocityStep",
    "content_hash",
    "convert",
    "decode_frame",
    "file_hash",
    "load_toml",
    "read_update",
    "replace_dir",
    "replace_file",
    "update_block",
    "write_atomic",
]
