# What the bindings of all detectors share.
from libc.stdint cimport uint32_t

from ecmkit._core.ecm_drift cimport ecm_drift_kind_t


cdef class Detector:
    cdef const ecm_drift_kind_t *_kind
    cdef void *_state
    cdef const void *_settings
    cdef uint32_t _what
    cdef uint32_t _since
    cdef int _ready(self) except -1
    cdef int _begin(
        self, const ecm_drift_kind_t *kind, void *state, const void *settings
    ) except -1
