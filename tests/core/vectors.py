"""What tests of the core share with `tests/vectors`: its noise, and how it writes."""

import numpy as np


def vector_noise(seed, n, dtype=np.float32):
    """Values in -1 ... 1 that the vectors are made of; exact in both precisions."""
    x = np.empty(n, dtype)
    for i in range(n):
        seed = (seed * 1664525 + 1013904223) % 2**32
        x[i] = ((seed >> 8) - 0x800000) / 2**23
    return x


def real_and_q15(n, seed=None):
    """Noise of the vectors, in float32 and in Q15."""
    x = vector_noise(seed or n, n, float)
    return x.astype(np.float32), np.floor(x * 2**15).astype(np.int16)


def decoded(values):
    """Floats from their hexadecimal text."""
    if isinstance(values, dict):
        return {name: decoded(value) for name, value in values.items()}
    if isinstance(values, list):
        return [decoded(value) for value in values]
    return float.fromhex(values)
