"""The mel filter bank of a package as C constants."""

import numpy as np

from ecmkit.features.mel import MelBank
from ecmkit.package.transforms import table_c

__all__ = ["mel_bank_c"]


def mel_bank_c(name: str, bank: MelBank) -> str:
    """Write an ``ecm_mel_bank_t`` constant and its tables.

    Parameters
    ----------
    name : str
        Of the constant; its tables are called after it.
    bank : MelBank
        The design.

    Returns
    -------
    str
        C99 with the bits of `MelBank.tables`; needs ``ecm_mel.h``.

    Examples
    --------
    >>> bank = MelBank(fs_hz=8000, n_samples=256, n_mels=20)
    >>> print(mel_bank_c("bank", bank).splitlines()[-2])
    static const ecm_mel_bank_t bank = {20U, 129U, 0U, bank_counts, bank_weights,
    """
    tables = bank.tables()
    words = [f"{count}U," for count in tables.counts]
    lines = [" ".join(words[i : i + 12]) for i in range(0, len(words), 12)]
    counts = "\n".join(f"    {line}" for line in lines)
    return (
        f"static const uint16_t {name}_counts[{len(tables.counts)}] = {{\n"
        f"{counts}\n}};\n\n"
        + table_c(f"{name}_weights", np.asarray(tables.weights))
        + "\n"
        + table_c(f"{name}_norms", np.asarray(tables.norms))
        + f"\nstatic const ecm_mel_bank_t {name} = {{{bank.n_mels}U, {bank.n_bins}U, "
        f"{tables.first}U, {name}_counts, {name}_weights,\n    {name}_norms}};\n"
    )
