# The C declarations of distances in integers; tests/core/test_ecm_pxd.py holds them
# against the header.
from libc.stdint cimport uint16_t, uint32_t

from ecmkit._core.ecm cimport ecm_status_t
from ecmkit._core.ecm_device cimport ecm_dist_cfg_t, ecm_dist_t

cdef extern from "ecm_dist_q15.h" nogil:
    ctypedef struct ecm_dist_q15_distances_t:
        uint32_t ks
        uint32_t chi2
        uint32_t wasserstein
        uint32_t fraction
        uint32_t jensen_shannon
        uint32_t psi
        uint32_t n
        uint32_t freedom
    ecm_status_t ecm_dist_q15_distances(
        const ecm_dist_t *st, const ecm_dist_cfg_t *cfg, const uint16_t *reference,
        const uint16_t *count, ecm_dist_q15_distances_t *out) noexcept
