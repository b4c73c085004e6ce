# Shared by the bindings: C refusals become exceptions.
from libc.stdint cimport int32_t


cdef inline int check(int32_t status) except -1:
    """Raise ValueError for a refusal, with its C name."""
    if status < 0:
        from ecmkit._core.base import status_name, status_text

        raise ValueError(f"{status_name(status)}: {status_text(status)}")
    return 0


cdef inline int same_length(
    str name, Py_ssize_t found, Py_ssize_t expected
) except -1:
    """Raise ValueError for an array whose length does not fit the others."""
    if found != expected:
        raise ValueError(f"{name} has length {found}, expected {expected}")
    return 0
