"""The filter bank of a package has the bits of the design."""

import re

import numpy as np

from ecmkit.features.mel import MelBank
from ecmkit.package.mel import mel_bank_c


def values(text, name):
    body = re.search(rf"{name}\[\d+\] = \{{(.*?)\}};", text, re.S)[1]
    words = body.replace("U", "").replace("\n", " ").split(",")
    return [w.strip().removesuffix("F") for w in words if w.strip()]


def test_the_constants_are_the_tables():
    bank = MelBank(fs_hz=8000, n_samples=256, n_mels=20, lo_hz=100)
    text, tables = mel_bank_c("bank", bank), bank.tables()
    assert [int(v) for v in values(text, "bank_counts")] == tables.counts.tolist()
    for name in ("weights", "norms"):
        found = [float.fromhex(v) for v in values(text, f"bank_{name}")]
        np.testing.assert_array_equal(np.float32(found), getattr(tables, name))
    assert f"= {{20U, 129U, {tables.first}U, bank_counts, bank_weights," in text
