# cython: auto_pickle=False
"""Distances from a reference in integers: ``ecm_dist_q15.h``."""

import struct

from libc.stdint cimport int32_t, uint16_t, uint32_t

import numpy as np

from ecmkit._core cimport ecm_device, ecm_dist_q15
from ecmkit._core.base cimport check, same_length

_HEADER = struct.Struct("<2If2H")


def distances(
    bytes state,
    const uint16_t[::1] reference,
    const int32_t[::1] edges,
    *,
    uint32_t reference_n,
    uint32_t window_len,
) -> dict[str, int]:
    """All five distances of counters from a reference.

    Parameters
    ----------
    state : bytes
        Of `dist.Dist.to_bytes`.
    reference : ndarray of uint16, shape (bins,)
        Shares of the reference in 2^-15, sum 2^15.
    edges : ndarray of int32, shape (bins - 1,), or None
        Of the counters; None: classes.
    reference_n : int
        Values of the reference, 1 ... 2^31.
    window_len : int
        Of the counters.

    Returns
    -------
    dict
        The fields of ``ecm_dist_q15_distances_t``.

    Raises
    ------
    ValueError
        If a value or a length is outside its range.
    """
    cdef ecm_device.ecm_dist_t st
    cdef ecm_device.ecm_dist_cfg_t cfg
    cdef ecm_dist_q15.ecm_dist_q15_distances_t out
    cdef const uint16_t[::1] count
    bins = reference.shape[0]
    same_length("state", len(state), _HEADER.size + 2 * bins)
    st.left, st.kept, st.squares, st.windows, st.reserved = _HEADER.unpack_from(state)
    if st.left > window_len:
        raise ValueError(f"window_len is {window_len}, expected >= {st.left}")
    count = np.frombuffer(state, np.uint16, offset=_HEADER.size)
    cfg.edges = NULL
    cfg.reference = NULL
    cfg.edges_s32 = NULL
    if edges is not None:
        same_length("edges", edges.shape[0], bins - 1)
        cfg.edges_s32 = &edges[0] if bins > 1 else NULL
    cfg.reference_n = reference_n
    cfg.bins = min(bins, 0xffff)
    cfg.form = ecm_device.ECM_DIST_FILL
    cfg.window_len = window_len
    check(
        ecm_dist_q15.ecm_dist_q15_distances(
            &st, &cfg, &reference[0] if bins else NULL, &count[0] if bins else NULL,
            &out
        )
    )
    return {
        "ks": out.ks,
        "chi2": out.chi2,
        "wasserstein": out.wasserstein,
        "fraction": out.fraction,
        "jensen_shannon": out.jensen_shannon,
        "psi": out.psi,
        "n": out.n,
        "freedom": out.freedom,
    }
