"""Everything stored or sent: settings files, hashes, contracts, frames."""

from ecmkit.formats.contract import FeatureContract
from ecmkit.formats.files import replace_dir, write_atomic
from ecmkit.formats.hashing import content_hash, file_hash
from ecmkit.formats.settings import convert, load_toml

__all__ = [
    "FeatureContract",
    "content_hash",
    "convert",
    "file_hash",
    "load_toml",
    "replace_dir",
    "write_atomic",
]
