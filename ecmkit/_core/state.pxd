from libc.stdint cimport uint8_t

from ecmkit._core cimport ecm_watch


cdef class Store:
    cdef ecm_watch.ecm_state_store_t _store
    cdef uint8_t[::1] _memory
    cdef readonly bytearray image
