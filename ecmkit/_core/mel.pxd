# Mel filter banks, for other bindings.
from ecmkit._core.ecm_spectral cimport ecm_mel_bank_t


cdef class Bank:
    cdef ecm_mel_bank_t c
    cdef void *_memory
