# Blobs of loadable forests: csrc/ecm_tree.h.
from libc.stdint cimport uint32_t

from ecmkit._core.ecm cimport ecm_status_t

cdef extern from "ecm_tree.h" nogil:
    ecm_status_t ecm_tree_blob_check(
        const uint32_t *blob, uint32_t blob_len, uint32_t layout,
        uint32_t features_len) noexcept
