# cython: auto_pickle=False
"""Features of windows, described by a plan: ``ecm_feat.h``."""

cimport cython
from cpython.mem cimport PyMem_Calloc, PyMem_Free
from libc.stdint cimport uint16_t, uint32_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

from ecmkit._core cimport ecm
from ecmkit._core.base cimport check, same_length
from ecmkit._core.fft cimport Plan as FftPlan
from ecmkit._core.base import status_name, status_text

cdef extern from *:
    """
    typedef struct {
        uint16_t id;
        const char *name, *unit, *block, *a, *b, *text;
    } feat_entry_t;
    #define FEAT_ENTRY(constant, id, name, unit, block, a, b, text) \
        {id, name, unit, block, a, b, text},
    static const feat_entry_t feat_entries[] = {
        ECM_FEAT_TABLE(FEAT_ENTRY) {0, NULL, NULL, NULL, NULL, NULL, NULL}};
    """
    ctypedef struct feat_entry_t:
        uint16_t id
        const char *name
        const char *unit
        const char *block
        const char *a
        const char *b
        const char *text
    const feat_entry_t *feat_entries

cdef tuple BLOCKS = ("time", "spectrum", "envelope")  # in the order that they run
cdef ecm.ecm_feat_block_fn_t[3] ROUTINES
ROUTINES[0] = ecm.ecm_feat_time_f32
ROUTINES[1] = ecm.ecm_feat_spectrum_f32
ROUTINES[2] = ecm.ecm_feat_envelope_f32


def table() -> list[tuple[int, str, str, str, str, str, str]]:
    """List every feature: (id, name, unit, block, a, b, text)."""
    cdef const feat_entry_t *entry = feat_entries
    rows = []
    while entry.name != NULL:
        rows.append((
            entry.id, entry.name.decode(), entry.unit.decode(), entry.block.decode(),
            entry.a.decode(), entry.b.decode(), entry.text.decode(),
        ))
        entry += 1
    return rows


def window_range() -> tuple[int, int]:
    """Return the shortest and the longest window of a plan."""
    return (ecm.ECM_FEAT_WINDOW_MIN, ecm.ECM_FEAT_WINDOW_MAX)


def work_len(uint32_t window_len) -> int:
    """Return the floats of work memory that a plan needs besides the window."""
    return ecm.ECM_FEAT_WORK_LEN(window_len)


def scale_f32(
    const float[::1] x, const float[::1] mean, const float[::1] inv_sd, float[::1] out
) -> None:
    """Standardise features: (x - mean) * inv_sd."""
    cdef ecm.ecm_status_t status
    cdef uint32_t n = <uint32_t>x.shape[0]
    same_length("mean", mean.shape[0], n)
    same_length("inv_sd", inv_sd.shape[0], n)
    same_length("out", out.shape[0], n)
    if n == 0:
        return
    with nogil:
        status = ecm.ecm_feat_scale_f32(&x[0], &mean[0], &inv_sd[0], n, &out[0])
    check(status)


@cython.final
cdef class Plan:
    """The C description of a feature plan, and its extraction from many windows.

    Parameters
    ----------
    fs_hz : float
        Sampling rate [Hz].
    window_len, hop_len : int
        Samples of a window and from one window to the next.
    env_lo_hz, env_hi_hz : float
        Demodulation band [Hz]; read only if a row is of the block "envelope".
    ids : ndarray of uint16, shape (n_features,)
        Features by the id of the table, in the order of blocks: time, spectrum,
        envelope.
    a, b : ndarray of float32, shape (n_features,)
        Parameters of each feature, 0 where the table names none.

    Raises
    ------
    ValueError
        If an id is unknown or out of order, or the device library refuses the plan.
    """

    cdef ecm.ecm_feat_plan_t _plan
    cdef ecm.ecm_feat_row_t *_rows
    cdef ecm.ecm_feat_block_t[3] _blocks
    cdef list _layout
    cdef FftPlan _fft, _env_c2c, _env_r2c

    def __cinit__(
        self,
        float fs_hz,
        uint32_t window_len,
        uint32_t hop_len,
        float env_lo_hz,
        float env_hi_hz,
        const uint16_t[::1] ids,
        const float[::1] a,
        const float[::1] b,
    ):
        cdef Py_ssize_t i
        same_length("a", a.shape[0], ids.shape[0])
        same_length("b", b.shape[0], ids.shape[0])
        if not 1 <= hop_len <= window_len:
            raise ValueError(f"hop_len is {hop_len}, expected 1 ... {window_len}")
        self._rows = <ecm.ecm_feat_row_t *>PyMem_Calloc(
            ids.shape[0] + 1, sizeof(ecm.ecm_feat_row_t)
        )
        if self._rows == NULL:
            raise MemoryError
        for i in range(ids.shape[0]):
            self._rows[i].id = ids[i]
            self._rows[i].a = a[i]
            self._rows[i].b = b[i]
        self._plan.fs_hz = fs_hz
        self._plan.window_len = window_len
        self._plan.hop_len = hop_len
        self._plan.env_lo_hz = env_lo_hz
        self._plan.env_hi_hz = env_hi_hz
        self._plan.blocks = self._blocks
        self._plan.features_len = <uint32_t>ids.shape[0]
        self._set_blocks()
        self._set_transforms()
        self._try()

    def __dealloc__(self):
        PyMem_Free(self._rows)

    cdef int _set_blocks(self) except -1:
        """Group the rows; an envelope needs a spectrum before it, rows or not."""
        cdef uint32_t i, first = 0, n = self._plan.features_len
        block_of = {row[0]: BLOCKS.index(row[3]) for row in table()}
        found = []
        for i in range(n):
            if self._rows[i].id not in block_of:
                raise ValueError(f"ids[{i}] is {self._rows[i].id}, not in the table")
            found.append(block_of[self._rows[i].id])
        if found != sorted(found):
            raise ValueError(f"ids are not in the order of blocks {', '.join(BLOCKS)}")
        self._layout = []
        for block, name in enumerate(BLOCKS):
            count = found.count(block)
            if count or (name == "spectrum" and BLOCKS.index("envelope") in found):
                self._blocks[self._plan.blocks_len].run = ROUTINES[block]
                self._blocks[self._plan.blocks_len].rows = &self._rows[first]
                self._blocks[self._plan.blocks_len].rows_len = count
                self._plan.blocks_len += 1
                self._layout.append((name, first, count))
                first += count
        return 0

    cdef int _set_transforms(self) except -1:
        """Make what the blocks need; a length that has no transform they refuse."""
        cdef uint32_t n = self._plan.window_len, m
        blocks = [name for name, _, _ in self._layout]
        if "spectrum" in blocks and ecm.ecm_fft_is_length(n // 2):
            self._fft = FftPlan(n // 2, True)
            self._plan.fft = &self._fft.c
        m = ecm.ecm_feat_envelope_len(&self._plan) if "envelope" in blocks else 0
        if m:
            self._env_c2c = FftPlan(m, False)
            self._env_r2c = FftPlan(m // 2, True)
            self._plan.env_c2c = &self._env_c2c.c
            self._plan.env_r2c = &self._env_r2c.c
        return 0

    cdef int _try(self) except -1:
        """Let each block judge its rows on a window of zeros."""
        cdef ecm.ecm_status_t status
        cdef uint32_t i, n = self._plan.window_len
        cdef size_t floats = n + plan_work(n) + self._plan.features_len
        cdef float *memory = <float *>PyMem_Calloc(floats, sizeof(float))
        if memory == NULL:
            raise MemoryError
        try:
            for i in range(self._plan.blocks_len):
                status = self._blocks[i].run(
                    &self._plan, self._blocks[i].rows, self._blocks[i].rows_len, 1.0,
                    memory, memory + n, memory + n + plan_work(n),
                )
                if status < 0:
                    raise ValueError(
                        f"block {self._layout[i][0]} refuses the plan with "
                        f"{status_name(status)}: {status_text(status)}"
                    )
        finally:
            PyMem_Free(memory)
        return 0

    @property
    def n_features(self) -> int:
        """Number of features of a window."""
        return self._plan.features_len

    @property
    def envelope_len(self) -> int:
        """Samples of the decimated envelope, 0 if the plan has none."""
        return self._env_c2c.n if self._env_c2c is not None else 0

    def blocks(self) -> list[tuple[str, int, int]]:
        """List the blocks in the order that they run: (name, first row, rows)."""
        return list(self._layout)

    def extract(
        self, const float[:, ::1] x, const float[::1] speed_hz, float[:, ::1] out
    ) -> None:
        """Fill a row of `out` from each window.

        Parameters
        ----------
        x : ndarray of float32, shape (n_windows, window_len)
            Samples, all finite; not changed.
        speed_hz : ndarray of float32, shape (n_windows,)
            Shaft speed [Hz] of each window; > 0 where a feature needs an order.
        out : ndarray of float32, shape (n_windows, n_features)
            Written.

        Raises
        ------
        ValueError
            If shapes disagree or the device library refuses a window.
        """
        same_length("a window of x", x.shape[1], self._plan.window_len)
        same_length("speed_hz", speed_hz.shape[0], x.shape[0])
        if x.shape[0]:
            self._run(&x[0, 0], self._plan.window_len, x.shape[0], speed_hz, out)

    def extract_frames(
        self, const float[::1] x, const float[::1] speed_hz, float[:, ::1] out
    ) -> None:
        """Fill a row of `out` from each window of one long signal.

        Parameters
        ----------
        x : ndarray of float32, shape (n_samples,)
            Samples, all finite; window i starts at sample i * hop_len.
        speed_hz : ndarray of float32, shape (n_windows,)
            Shaft speed [Hz] of each window.
        out : ndarray of float32, shape (n_windows, n_features)
            Written.

        Raises
        ------
        ValueError
            If `x` is too short for n_windows, shapes disagree or the device library
            refuses a window.
        """
        cdef Py_ssize_t n = speed_hz.shape[0]
        if n == 0:
            return
        needed = (n - 1) * self._plan.hop_len + self._plan.window_len
        if x.shape[0] < needed:
            raise ValueError(
                f"x has {x.shape[0]} samples, expected at least {needed} for {n} windows"
            )
        self._run(&x[0], self._plan.hop_len, n, speed_hz, out)

    cdef int _run(
        self,
        const float *x,
        Py_ssize_t stride,
        Py_ssize_t n_windows,
        const float[::1] speed_hz,
        float[:, ::1] out,
    ) except -1:
        cdef Py_ssize_t i = 0, n = self._plan.window_len
        cdef ecm.ecm_status_t status = ecm.ECM_OK
        cdef float *window
        same_length("out", out.shape[0], n_windows)
        same_length("a row of out", out.shape[1], self._plan.features_len)
        if self._plan.features_len == 0:
            return 0
        window = <float *>malloc((n + plan_work(<uint32_t>n)) * sizeof(float))
        if window == NULL:
            raise MemoryError
        with nogil:
            for i in range(n_windows):
                memcpy(window, x + i * stride, n * sizeof(float))
                status = ecm.ecm_feat_extract_f32(
                    &self._plan, speed_hz[i], window, window + n, &out[i, 0]
                )
                if status < 0:
                    break
            free(window)
        if status < 0:
            raise ValueError(
                f"window {i} (speed_hz {speed_hz[i]:g}): {status_name(status)}: "
                f"{status_text(status)}"
            )
        return 0


cdef inline uint32_t plan_work(uint32_t window_len) noexcept nogil:
    return ecm.ECM_FEAT_WORK_LEN(window_len)
