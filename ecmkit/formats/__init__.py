"""Everything stored or sent: settings files, hashes, contracts, frames."""

from ecmkit.formats import minisign
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

__all__ = [
    "DenseLayer",
    "EncodeStep",
    "EnvelopeStep",
    "FeatureContract",
    "FeatureRow",
    "FilterStep",
    "JoinFrame",
    "LineStep",
    "MelStep",
    "ProjectStep",
    "ScaleStep",
    "StatusFrame",
    "TrackStep",
    "VelocityIntegerStep",
    "VelocityStep",
    "content_hash",
    "convert",
    "decode_frame",
    "file_hash",
    "load_toml",
    "minisign",
    "replace_dir",
    "replace_file",
    "write_atomic",
]
