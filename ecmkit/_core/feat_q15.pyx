# cython: auto_pickle=False
"""Features of 16-bit samples in integers: ``ecm_feat_q15.h``."""

cimport cython
from cpython.mem cimport PyMem_Calloc, PyMem_Free
from libc.stdint cimport int16_t, int32_t, uint16_t, uint32_t
from libc.stdlib cimport free, malloc

from ecmkit._core cimport ecm, ecm_machine, ecm_q15
from ecmkit._core.base cimport check, same_length
from ecmkit._core.base import status_name, status_text

FORMATS = {"q30": ecm_q15.ECM_FEAT_Q15_Q30, "q16": ecm_q15.ECM_FEAT_Q15_Q16}


def window_range() -> tuple[int, int]:
    """Return the shortest and the longest window of a plan."""
    return (ecm_q15.ECM_FEAT_Q15_WINDOW_MIN, ecm_q15.ECM_FEAT_Q15_WINDOW_MAX)


def work_len(uint32_t window_len) -> int:
    """Return the words of work memory that a plan needs."""
    return ecm_q15.ECM_FEAT_Q15_WORK_LEN(window_len)


cdef const ecm_q15.ecm_feat_q15_kind_t *kind_of(str name) except NULL:
    if name == "velocity":
        return &ecm_q15.ecm_feat_q15_kind_velocity
    if name == "time":
        return &ecm_q15.ecm_feat_q15_kind_time
    if name == "transform":
        return &ecm_q15.ecm_feat_q15_kind_transform
    if name == "power":
        return &ecm_q15.ecm_feat_q15_kind_power
    if name == "bands":
        return &ecm_q15.ecm_feat_q15_kind_bands
    if name == "moments":
        return &ecm_q15.ecm_feat_q15_kind_moments
    raise ValueError(f"step is {name!r}, not one of the integer profile")


@cython.final
cdef class Velocity:
    """Settings of the step "velocity": ``ecm_velocity_q15_cfg_t``.

    Parameters
    ----------
    c1, c2, c1_shift, c2_shift, b0, b1, a1, a2, up, gain : int
        Of the sections, as ``ecm_velocity_q15.h`` names them.
    factor, settle_len, block_len : int
        Samples for an output; outputs that are left out, and in a block.
    """

    cdef ecm_machine.ecm_velocity_q15_cfg_t c

    def __cinit__(
        self, *, int16_t c1, int16_t c2, uint16_t c1_shift, uint16_t c2_shift,
        int16_t b0, int16_t b1, int16_t a1, int16_t a2, uint16_t up, uint16_t factor,
        uint32_t gain, uint32_t settle_len, uint32_t block_len
    ):
        self.c = ecm_machine.ecm_velocity_q15_cfg_t(
            c1=c1, c2=c2, c1_shift=c1_shift, c2_shift=c2_shift, b0=b0, b1=b1, a1=a1,
            a2=a2, up=up, factor=factor, gain=gain, settle_len=settle_len,
            block_len=block_len
        )


@cython.final
cdef class Plan:
    """A plan of the integer profile, and its extraction from many windows.

    Parameters
    ----------
    window_len, hop_len : int
        Samples of a window and from one to the next.
    steps : list of (str, list of (int, int, int, int), settings)
        Name of each step; its rows (id, format, first, end); its settings: `Velocity`,
        for "moments" the width of a bin [Hz] in Q16.16 (int), else None.

    Raises
    ------
    ValueError
        If a step is unknown or the device library refuses the plan.
    """

    cdef ecm_q15.ecm_feat_q15_plan_t c
    cdef ecm_q15.ecm_feat_q15_step_t *_steps
    cdef ecm_q15.ecm_feat_q15_row_t *_rows
    cdef uint32_t _bin_hz
    cdef list _kept

    def __cinit__(self, uint16_t window_len, uint16_t hop_len, list steps):
        cdef Py_ssize_t i, at = 0
        cdef uint32_t state_len = 0
        cdef Velocity velocity
        total = sum(len(rows) for _, rows, _ in steps)
        self._kept = [settings for _, _, settings in steps]
        self._steps = <ecm_q15.ecm_feat_q15_step_t *>PyMem_Calloc(
            len(steps) + 1, sizeof(ecm_q15.ecm_feat_q15_step_t)
        )
        self._rows = <ecm_q15.ecm_feat_q15_row_t *>PyMem_Calloc(
            total + 1, sizeof(ecm_q15.ecm_feat_q15_row_t)
        )
        if self._steps == NULL or self._rows == NULL:
            raise MemoryError
        for i, (name, rows, settings) in enumerate(steps):
            self._steps[i].kind = kind_of(name)
            self._steps[i].rows = &self._rows[at]
            self._steps[i].rows_len = <uint16_t>len(rows)
            if name == "velocity":
                velocity = settings
                self._steps[i].cfg = &velocity.c
            elif name == "moments":
                self._bin_hz = settings
                self._steps[i].cfg = &self._bin_hz
            elif name == "transform":
                self._steps[i].cfg = ecm_q15.ecm_fft_q15_plan(window_len)
            for number, form, first, end in rows:
                self._rows[at].id = number
                self._rows[at].format = form
                self._rows[at].first = first
                self._rows[at].end = end
                at += 1
        self.c.steps = self._steps
        self.c.steps_len = <uint16_t>len(steps)
        self.c.window_len = window_len
        self.c.hop_len = hop_len
        self.c.features_len = <uint16_t>total
        self._place()

    def __dealloc__(self):
        PyMem_Free(self._steps)
        PyMem_Free(self._rows)

    cdef int _place(self) except -1:
        """Give each step that keeps a state its place."""
        cdef uint32_t i, n = 0, before
        cdef uint16_t steps_len = self.c.steps_len
        self._judge(ecm_q15.ecm_feat_q15_need(&self.c, &n))
        self.c.state_len = <uint16_t>n
        before = ecm_q15.ECM_FEAT_Q15_STATE_HEAD
        for i in range(steps_len):
            self._steps[i].state_at = 0
        # Only one kind of step keeps a state.
        for i in range(steps_len):
            if self._steps[i].kind == &ecm_q15.ecm_feat_q15_kind_velocity:
                self._steps[i].state_at = <uint16_t>before
        self._judge(ecm_q15.ecm_feat_q15_check(&self.c))
        return 0

    cdef int _judge(self, ecm.ecm_status_t status) except -1:
        if status < 0:
            raise ValueError(
                f"the device library refuses the plan with {status_name(status)}: "
                f"{status_text(status)}"
            )
        return 0

    @property
    def n_features(self) -> int:
        """Number of features of a window."""
        return self.c.features_len

    @property
    def state_len(self) -> int:
        """Words of state that are kept from window to window."""
        return self.c.state_len

    def reset(self, uint32_t[::1] state) -> None:
        """Start over, as behind a gap in the signal."""
        same_length("state", state.shape[0], self.c.state_len)
        if self.c.state_len:
            check(ecm_q15.ecm_feat_q15_reset(&state[0], &self.c))

    def extract(
        self, const int16_t[::1] x, uint32_t[::1] state, int32_t[:, ::1] out
    ) -> int:
        """Fill rows of `out` from the windows of a signal that follow each other.

        Parameters
        ----------
        x : ndarray of int16, shape (n_samples,)
            Window i starts at sample i * hop_len.
        state : ndarray of uint32, shape (state_len,)
            As `reset` or the windows before left it.
        out : ndarray of int32, shape (n_windows, n_features)
            Written from the first row on.

        Returns
        -------
        int
            Windows at the start that gave no features; the rows of `out` for the others
            come first.

        Raises
        ------
        ValueError
            If shapes disagree or `x` is too short.
        """
        cdef Py_ssize_t i, row = 0, n = out.shape[0], hop = self.c.hop_len
        cdef ecm.ecm_status_t status = ecm.ECM_OK
        cdef uint32_t *kept = &state[0] if state.shape[0] else NULL
        cdef int32_t *work
        same_length("state", state.shape[0], self.c.state_len)
        same_length("a row of out", out.shape[1], self.c.features_len)
        if n == 0 or self.c.features_len == 0:
            return 0
        needed = (n - 1) * hop + self.c.window_len
        if x.shape[0] < needed:
            raise ValueError(
                f"x has {x.shape[0]} samples, expected at least {needed} for {n} windows"
            )
        work = <int32_t *>malloc(
            ecm_q15.ECM_FEAT_Q15_WORK_LEN(self.c.window_len) * sizeof(int32_t)
        )
        if work == NULL:
            raise MemoryError
        with nogil:
            for i in range(n):
                status = ecm_q15.ecm_feat_q15_extract(
                    kept, &self.c, &x[i * hop], work, &out[row, 0]
                )
                if status < 0:
                    break
                if status == ecm.ECM_OK:
                    row += 1
            free(work)
        check(status)
        return n - row
