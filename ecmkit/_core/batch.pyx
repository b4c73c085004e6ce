# cython: auto_pickle=False
"""Transforms of many windows at once: ``ecm_host_fft.h``."""

cimport cython
cimport numpy as cnp
from cpython.mem cimport PyMem_Calloc, PyMem_Free
from libc.stdint cimport int32_t, uint32_t

from ecmkit._core cimport ecm, ecm_host
from ecmkit._core.base cimport check, same_length
from ecmkit._core.fft cimport Plan as FftPlan

cnp.import_array()

MAX_THREADS = ecm_host.ECM_HOST_MAX_THREADS


def isa() -> int:
    """Return the widest instruction set that runs here; all before it run too."""
    return ecm_host.ecm_host_isa()


def isa_name(int32_t isa) -> str:
    """Return the name of an instruction set."""
    if isa == ecm_host.ECM_HOST_ISA_SCALAR:
        return "scalar"
    if isa == ecm_host.ECM_HOST_ISA_BASE:
        return "base"
    if isa == ecm_host.ECM_HOST_ISA_AVX2:
        return "avx2"
    if isa == ecm_host.ECM_HOST_ISA_AVX512:
        return "avx512"
    raise ValueError(f"instruction set {isa} has no name")


cdef inline bint is_rows(object x, cnp.npy_intp x_len) noexcept:
    """Is it an array of native float32 whose last axis is x_len, without gaps?"""
    cdef cnp.ndarray a
    cdef int ndim
    if not cnp.PyArray_Check(x):
        return False
    a = <cnp.ndarray>x
    ndim = cnp.PyArray_NDIM(a)
    return (
        cnp.PyArray_TYPE(a) == cnp.NPY_FLOAT32
        and 1 <= ndim <= 2
        and cnp.PyArray_ISALIGNED(a)
        and cnp.PyArray_ISNOTSWAPPED(a)
        and cnp.PyArray_DIM(a, ndim - 1) == x_len
        and (
            cnp.PyArray_DIM(a, 0) == 0
            or cnp.PyArray_STRIDE(a, ndim - 1) == sizeof(float)
            and cnp.PyArray_STRIDE(a, 0) % <cnp.npy_intp>sizeof(float) == 0
        )
    )


cdef class _Tables:
    """A plan of the engine with the memory that it points to."""

    cdef ecm_host.ecm_host_fft_plan_t c
    cdef FftPlan _device
    cdef float *_memory

    cdef int _make(self, uint32_t n, int32_t kind, int32_t isa) except -1:
        self._device = FftPlan(n, kind == ecm_host.ECM_HOST_FFT_REAL)
        memory_len = ecm_host.ecm_host_fft_plan_len(n)
        self._memory = <float *>PyMem_Calloc(memory_len, sizeof(float))
        if self._memory == NULL:
            raise MemoryError
        check(ecm_host.ecm_host_fft_plan_init(
            &self.c, &self._device.c, kind, isa, self._memory, memory_len
        ))
        return 0

    def __dealloc__(self):
        PyMem_Free(self._memory)

    @property
    def lanes(self) -> int:
        """Floats of a register that it works on; 0: row by row, as the device."""
        return self.c.lanes_len


@cython.final
cdef class Plan(_Tables):
    """How to transform rows of one length; owns its tables.

    Parameters
    ----------
    n : int
        Complex elements; a row has 2 n samples.
    isa : int
        Instruction set, at most `isa()`.

    Raises
    ------
    ValueError
        If the length or the instruction set is not supported.
    """

    def __cinit__(self, uint32_t n, int32_t isa):
        self._make(n, ecm_host.ECM_HOST_FFT_REAL, isa)

    def takes(self, object x) -> bool:
        """Tell whether x is one row or rows of float32 that need no copy."""
        return is_rows(x, 2 * <cnp.npy_intp>self.c.n)

    def r2c_f32(
        self, object x, object taper, bint centre, uint32_t threads, object out
    ) -> cnp.ndarray:
        """Transform rows that it `takes` into complex64, new if out is None."""
        return self._run(x, taper, centre, threads, out, False)

    def power_f32(
        self, object x, object taper, bint centre, uint32_t threads, object out
    ) -> cnp.ndarray:
        """Write the power of the bins of rows that it `takes`, new if out is None."""
        return self._run(x, taper, centre, threads, out, True)

    def packed_f32(
        self,
        const float[:, ::1] x,
        const float[::1] mean,
        uint32_t threads,
        float[:, ::1] out,
    ) -> None:
        """Transform rows, packed as on the device, less a mean each unless None."""
        cdef ecm.ecm_status_t status
        cdef uint32_t rows = <uint32_t>x.shape[0]
        cdef const float *means = NULL
        same_length("a row of x", x.shape[1], 2 * self.c.n)
        same_length("out", out.shape[0], rows)
        same_length("a row of out", out.shape[1], 2 * self.c.n)
        if mean is not None:
            same_length("mean", mean.shape[0], rows)
        if rows == 0:
            return
        if mean is not None:
            means = &mean[0]
        with nogil:
            status = ecm_host.ecm_host_fft_packed_f32(
                &self.c, &x[0, 0], x.shape[1], rows, means, threads, &out[0, 0],
                <size_t>out.shape[1],
            )
        check(status)

    cdef cnp.ndarray _run(
        self, object x, object taper, bint centre, uint32_t threads, object out,
        bint power
    ):
        cdef cnp.ndarray source, result
        cdef const float *data
        cdef const float *weights = NULL
        cdef float *to
        cdef ecm.ecm_status_t status
        cdef int type_number = cnp.NPY_FLOAT32 if power else cnp.NPY_COMPLEX64
        cdef int ndim
        cdef uint32_t rows = 1
        cdef ptrdiff_t stride = 0
        cdef cnp.npy_intp shape[2]
        if not is_rows(x, 2 * <cnp.npy_intp>self.c.n):
            raise TypeError("x is not rows of float32")
        source = <cnp.ndarray>x
        ndim = cnp.PyArray_NDIM(source)
        if ndim == 2:
            if cnp.PyArray_DIM(source, 0) > 0x7FFFFFFF:
                raise ValueError("x has too many rows")
            rows = <uint32_t>cnp.PyArray_DIM(source, 0)
            stride = cnp.PyArray_STRIDE(source, 0) // <ptrdiff_t>sizeof(float)
        shape[0] = rows
        shape[ndim - 1] = self.c.n + 1
        if taper is not None:
            if (
                not is_rows(taper, 2 * <cnp.npy_intp>self.c.n)
                or cnp.PyArray_NDIM(<cnp.ndarray>taper) != 1
            ):
                raise TypeError("taper is not a row of float32")
            weights = <const float *>cnp.PyArray_DATA(<cnp.ndarray>taper)
        if out is None:
            result = <cnp.ndarray>cnp.PyArray_EMPTY(ndim, shape, type_number, 0)
        else:
            result = <cnp.ndarray?>out
            if not (
                cnp.PyArray_TYPE(result) == type_number
                and cnp.PyArray_NDIM(result) == ndim
                and cnp.PyArray_DIM(result, 0) == shape[0]
                and cnp.PyArray_DIM(result, ndim - 1) == shape[ndim - 1]
                and cnp.PyArray_ISCARRAY(result)
            ):
                raise TypeError("out is not an array of the results")
        data = <const float *>cnp.PyArray_DATA(source)
        to = <float *>cnp.PyArray_DATA(result)
        with nogil:
            if power:
                status = ecm_host.ecm_host_fft_power_f32(
                    &self.c, data, stride, rows, weights, centre, threads, to
                )
            else:
                status = ecm_host.ecm_host_fft_r2c_f32(
                    &self.c, data, stride, rows, weights, centre, threads, to
                )
        check(status)
        return result


@cython.final
cdef class ComplexPlan(_Tables):
    """How to transform complex rows of one length; owns its tables.

    Parameters
    ----------
    n : int
        Complex elements of a row.
    inverse : bool
        Whether the exponent is positive; nothing is divided by n.
    isa : int
        Instruction set, at most `isa()`.

    Raises
    ------
    ValueError
        If the length or the instruction set is not supported.
    """

    def __cinit__(self, uint32_t n, bint inverse, int32_t isa):
        if inverse:
            self._make(n, ecm_host.ECM_HOST_FFT_INVERSE, isa)
        else:
            self._make(n, ecm_host.ECM_HOST_FFT_FORWARD, isa)

    def c2c_f32(
        self, const float[:, ::1] x, uint32_t threads, float[:, ::1] out
    ) -> None:
        """Transform rows of n complex numbers, interleaved."""
        cdef ecm.ecm_status_t status
        cdef uint32_t rows = <uint32_t>x.shape[0]
        same_length("a row of x", x.shape[1], 2 * self.c.n)
        same_length("out", out.shape[0], rows)
        same_length("a row of out", out.shape[1], 2 * self.c.n)
        if rows == 0:
            return
        with nogil:
            status = ecm_host.ecm_host_fft_c2c_f32(
                &self.c, &x[0, 0], x.shape[1], rows, threads, &out[0, 0],
                <size_t>out.shape[1],
            )
        check(status)
