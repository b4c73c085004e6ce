from libc.stdint cimport uint32_t

from ecmkit._core.ecm cimport ecm_fft_plan_t


cdef class Plan:
    cdef ecm_fft_plan_t c
    cdef float *_memory
    cdef uint32_t _memory_len
