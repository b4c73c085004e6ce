# cython: auto_pickle=False
"""Weights as data: ``ecm_weights.h``."""

from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memcpy

from ecmkit._core cimport ecm_update
from ecmkit._core.base cimport check

VERSION = <int>ecm_update.ECM_WEIGHTS_VERSION
HEAD_BYTES = <int>ecm_update.ECM_WEIGHTS_HEAD_BYTES
ID_BYTES = <int>ecm_update.ECM_WEIGHTS_ID_BYTES


cdef ecm_update.ecm_weights_cfg_t settings(
    const uint8_t[::1] contract_id, const uint8_t[::1] layout_id, uint32_t tables_len
) except *:
    cdef ecm_update.ecm_weights_cfg_t cfg
    if contract_id.shape[0] != 16 or layout_id.shape[0] != 16:
        raise ValueError(
            f"ids have {contract_id.shape[0]} and {layout_id.shape[0]} bytes, "
            "expected 16"
        )
    memcpy(cfg.contract_id, &contract_id[0], 16)
    memcpy(cfg.layout_id, &layout_id[0], 16)
    cfg.tables_len = tables_len
    return cfg


def fit(
    const uint8_t[::1] data,
    const uint8_t[::1] contract_id,
    const uint8_t[::1] layout_id,
) -> None:
    """Look at the head alone; ValueError if it does not fit."""
    if data.shape[0] < HEAD_BYTES:
        raise ValueError(f"data has {data.shape[0]} bytes, expected a head")
    cdef ecm_update.ecm_weights_cfg_t cfg = settings(contract_id, layout_id, 0)
    check(ecm_update.ecm_weights_fit(&cfg, &data[0]))


def check_block(
    const uint8_t[::1] data,
    const uint8_t[::1] contract_id,
    const uint8_t[::1] layout_id,
    uint32_t tables_len,
) -> None:
    """Look at all of it: ``ecm_weights_check``; ValueError if it does not fit."""
    cdef const uint8_t *first = &data[0] if data.shape[0] else NULL
    cdef ecm_update.ecm_weights_cfg_t cfg = settings(
        contract_id, layout_id, tables_len
    )
    check(ecm_update.ecm_weights_check(&cfg, first, <uint32_t>data.shape[0]))


def table(const uint8_t[::1] data, uint32_t which) -> int:
    """Offset in a checked block at which a table begins."""
    cdef const uint8_t *body = &data[0] + ecm_update.ECM_WEIGHTS_HEAD_BYTES
    cdef const uint8_t *found = <const uint8_t *>ecm_update.ecm_weights_table(
        body, which
    )
    return found - &data[0]
