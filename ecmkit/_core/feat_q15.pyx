# cython: auto_pickle=False
"""Features of 16-bit samples in integers: ``ecm_feat_q15.h``."""

cimport cython
from cpython.mem cimport PyMem_Calloc, PyMem_Free
from libc.stdint cimport int16_t, int32_t, uint8_t, uint16_t, uint32_t
from libc.stdlib cimport free, malloc

from ecmkit._core cimport ecm, ecm_feat as c_feat, ecm_machine, ecm_q15
from ecmkit._core.base cimport check, same_length

import numpy as np

from ecmkit._core.base import status_name, status_text

cdef extern from *:
    """
    typedef struct {
        const ecm_feat_q15_kind_t *kind;
        const char *name, *module, *needs;
    } feat_q15_step_entry_t;
    #define FEAT_Q15_STEP(name, module, needs) \
        {&ecm_feat_q15_kind_##name, #name, module, needs},
    static const feat_q15_step_entry_t feat_q15_steps[] = {
        ECM_FEAT_Q15_STEP_TABLE(FEAT_Q15_STEP) {NULL, NULL, NULL, NULL}};
    typedef struct {
        uint16_t id, format;
    } feat_q15_entry_t;
    #define FEAT_Q15_ENTRY(id, format) {id, ECM_FEAT_Q15_##format},
    static const feat_q15_entry_t feat_q15_entries[] = {
        ECM_FEAT_Q15_TABLE(FEAT_Q15_ENTRY) {0, 0}};
    """
    ctypedef struct feat_q15_step_entry_t:
        const ecm_q15.ecm_feat_q15_kind_t *kind
        const char *name
        const char *module
        const char *needs
    const feat_q15_step_entry_t *feat_q15_steps
    ctypedef struct feat_q15_entry_t:
        uint16_t id
        uint16_t format
    const feat_q15_entry_t *feat_q15_entries

FORMATS = {"q30": ecm_q15.ECM_FEAT_Q15_Q30, "q16": ecm_q15.ECM_FEAT_Q15_Q16}


def step_table() -> list[tuple[str, str, tuple[str, ...]]]:
    """List every step in the order that they run: (name, module, needs)."""
    cdef const feat_q15_step_entry_t *entry = feat_q15_steps
    rows = []
    while entry.name != NULL:
        needs = tuple(entry.needs.decode().split())
        rows.append((entry.name.decode(), entry.module.decode(), needs))
        entry += 1
    return rows


def table() -> dict[int, int]:
    """List every feature of the profile: format by id."""
    cdef const feat_q15_entry_t *entry = feat_q15_entries
    rows = {}
    while entry.id != 0:
        rows[entry.id] = entry.format
        entry += 1
    return rows


def window_range() -> tuple[int, int]:
    """Return the shortest and the longest window of a plan."""
    return (ecm_q15.ECM_FEAT_Q15_WINDOW_MIN, ecm_q15.ECM_FEAT_Q15_WINDOW_MAX)


def work_len(uint32_t window_len) -> int:
    """Return the words of work memory that a plan needs."""
    return ecm_q15.ECM_FEAT_Q15_WORK_LEN(window_len)


def samples_f32(const float[::1] x, float range, int16_t[::1] out) -> None:
    """Turn samples in a unit into the profile's: range becomes 2^15, saturated."""
    cdef ecm.ecm_status_t status
    same_length("out", out.shape[0], x.shape[0])
    if x.shape[0] == 0:
        return
    with nogil:
        status = ecm_q15.ecm_feat_q15_samples_f32(
            &x[0], <uint32_t>x.shape[0], range, &out[0]
        )
    check(status)


cdef const ecm_q15.ecm_feat_q15_kind_t *kind_of(str name) except NULL:
    cdef const feat_q15_step_entry_t *entry = feat_q15_steps
    while entry.name != NULL:
        if entry.name.decode() == name:
            return entry.kind
        entry += 1
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
    cdef uint32_t _warm_len
    cdef list _layout
    cdef list _kept

    def __cinit__(self, uint16_t window_len, uint16_t hop_len, list steps):
        cdef Py_ssize_t i, at = 0
        cdef Velocity velocity
        total = sum(len(rows) for _, rows, _ in steps)
        self._kept = [settings for _, _, settings in steps]
        self._layout = []
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
            self._layout.append((name, at, len(rows)))
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
        cdef uint32_t i, before
        cdef uint16_t steps_len = self.c.steps_len
        cdef ecm_q15.ecm_feat_q15_need_t need = ecm_q15.ecm_feat_q15_need_t(0, 0)
        self._judge(ecm_q15.ecm_feat_q15_need(&self.c, &need))
        self._warm_len = need.warm_len
        self.c.state_len = <uint16_t>need.state_len
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

    @property
    def work_len(self) -> int:
        """Words of work memory of a device."""
        return work_len(self.c.window_len)

    @property
    def warm_len(self) -> int:
        """Windows at the start, and behind a gap, that give no features."""
        return self._warm_len

    def steps(self) -> list[tuple[str, int, int, int]]:
        """List each step: (name, first feature, features, first word of its state)."""
        return [
            (name, first, count, self._steps[i].state_at)
            for i, (name, first, count) in enumerate(self._layout)
        ]

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


@cython.final
cdef class Runner:
    """A plan at work on one signal, with its features in physical units.

    Parameters
    ----------
    plan : Plan
        May be shared; a runner may not.
    range : float
        Full scale of the sensor, in its unit.
    offset, factor : ndarray of float32, shape (n_features,), optional
        Scaler of the features, as ``ecm_feat_scale_f32`` takes it.
    """

    cdef Plan _plan
    cdef float _range
    cdef bint _scales
    cdef float[::1] _offset
    cdef float[::1] _factor
    cdef int32_t *_work
    cdef uint32_t *_state

    def __cinit__(self, Plan plan not None, float range, offset=None, factor=None):
        cdef uint32_t n = ecm_q15.ECM_FEAT_Q15_WORK_LEN(plan.c.window_len)
        self._plan = plan
        self._range = range
        self._scales = offset is not None
        if self._scales:
            self._offset = np.array(offset, np.float32)
            self._factor = np.array(factor, np.float32)
            same_length("offset", self._offset.shape[0], plan.c.features_len)
            same_length("factor", self._factor.shape[0], plan.c.features_len)
        self._work = <int32_t *>PyMem_Calloc(
            n + plan.c.features_len + plan.c.state_len + 1, sizeof(int32_t)
        )
        if self._work == NULL:
            raise MemoryError
        self._state = <uint32_t *>(self._work + n + plan.c.features_len)

    def __dealloc__(self):
        PyMem_Free(self._work)

    def reset(self) -> None:
        """Start over, as behind a gap in the signal."""
        check(ecm_q15.ecm_feat_q15_reset(self._state, &self._plan.c))

    def frames(
        self, const int16_t[::1] x, float[:, ::1] out, uint8_t[::1] done
    ) -> None:
        """Go on with the next windows of a signal.

        Parameters
        ----------
        x : ndarray of int16, shape (n_samples,)
            Window i starts at sample i * hop_len; the first one hop_len samples behind
            the one before this call.
        out : ndarray of float32, shape (n_windows, n_features)
            Rows of windows that are done are written; others may be.
        done : ndarray of uint8, shape (n_windows,)
            In: 0 for windows that are a gap. Out: 1 for windows with features, which
            lack behind the start and gaps.

        Raises
        ------
        ValueError
            If `x` is too short for n_windows or shapes disagree.
        """
        cdef const ecm_q15.ecm_feat_q15_plan_t *c = &self._plan.c
        cdef Py_ssize_t i, n = done.shape[0], hop = c.hop_len
        cdef ecm.ecm_status_t status = ecm.ECM_OK
        cdef int32_t *features = self._work + ecm_q15.ECM_FEAT_Q15_WORK_LEN(c.window_len)
        cdef const float *offset = NULL
        cdef const float *factor = NULL
        same_length("out", out.shape[0], n)
        same_length("a row of out", out.shape[1], c.features_len)
        if n == 0 or c.features_len == 0:
            return
        if x.shape[0] < (n - 1) * hop + c.window_len:
            raise ValueError(
                f"x has {x.shape[0]} samples, expected at least "
                f"{(n - 1) * hop + c.window_len} for {n} windows"
            )
        if self._scales:
            offset, factor = &self._offset[0], &self._factor[0]
        with nogil:
            for i in range(n):
                if not done[i]:
                    ecm_q15.ecm_feat_q15_reset(self._state, c)
                    continue
                status = ecm_q15.ecm_feat_q15_extract(
                    self._state, c, &x[i * hop], self._work, features
                )
                done[i] = status == ecm.ECM_OK
                if status == ecm.ECM_OK:
                    status = ecm_q15.ecm_feat_q15_real_f32(
                        c, self._range, features, &out[i, 0]
                    )
                if status == ecm.ECM_OK and factor != NULL:
                    status = c_feat.ecm_feat_scale_f32(
                        &out[i, 0], offset, factor, c.features_len, &out[i, 0]
                    )
                if status < 0:
                    break
        check(status if status < 0 else ecm.ECM_OK)
