# cython: auto_pickle=False
"""Features of windows, described by a plan: ``ecm_feat.h`` and the steps of its table."""

cimport cython
from cpython.mem cimport PyMem_Calloc, PyMem_Free
from libc.stdint cimport uint8_t, uint16_t, uint32_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy

from ecmkit._core cimport ecm
from ecmkit._core cimport ecm_feat as c_feat
from ecmkit._core.base cimport check, same_length
from ecmkit._core.fft cimport Plan as FftPlan
from ecmkit._core.base import status_name, status_text

cdef extern from *:
    """
    typedef struct {
        const ecm_feat_kind_t *kind;
        const char *name, *module, *needs, *text;
    } feat_step_entry_t;
    #define FEAT_STEP(name, module, needs, text) \
        {&ecm_feat_kind_##name, #name, module, needs, text},
    static const feat_step_entry_t feat_steps[] = {
        ECM_FEAT_STEP_TABLE(FEAT_STEP) {NULL, NULL, NULL, NULL, NULL}};
    typedef struct {
        uint16_t id;
        const char *name, *unit, *step, *n, *a, *b, *text, *formula, *source;
    } feat_entry_t;
    #define FEAT_ENTRY(constant, id, name, unit, step, n, a, b, text, formula, source) \
        {id, name, unit, step, n, a, b, text, formula, source},
    static const feat_entry_t feat_entries[] = {ECM_FEAT_TABLE(FEAT_ENTRY)
        {0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL}};
    """
    ctypedef struct feat_step_entry_t:
        const c_feat.ecm_feat_kind_t *kind
        const char *name
        const char *module
        const char *needs
        const char *text
    const feat_step_entry_t *feat_steps
    ctypedef struct feat_entry_t:
        uint16_t id
        const char *name
        const char *unit
        const char *step
        const char *n
        const char *a
        const char *b
        const char *text
        const char *formula
        const char *source
    const feat_entry_t *feat_entries

DETREND = {
    "none": <int>c_feat.ECM_FEAT_DETREND_NONE,
    "mean": <int>c_feat.ECM_FEAT_DETREND_MEAN,
    "line": <int>c_feat.ECM_FEAT_DETREND_LINE,
}


def step_table() -> list[tuple[str, str, tuple[str, ...], str]]:
    """List every step in the order that they run: (name, module, needs, text)."""
    cdef const feat_step_entry_t *entry = feat_steps
    rows = []
    while entry.name != NULL:
        needs = tuple(entry.needs.decode().split())
        rows.append(
            (entry.name.decode(), entry.module.decode(), needs, entry.text.decode())
        )
        entry += 1
    return rows


def table() -> list[tuple[int, str, str, str, str, str, str, str, str, str]]:
    """List every feature.

    Each is (id, name, unit, step, n, a, b, text, formula, source).
    """
    cdef const feat_entry_t *entry = feat_entries
    rows = []
    while entry.name != NULL:
        rows.append((
            entry.id, entry.name.decode(), entry.unit.decode(), entry.step.decode(),
            entry.n.decode(), entry.a.decode(), entry.b.decode(), entry.text.decode(),
            entry.formula.decode(), entry.source.decode(),
        ))
        entry += 1
    return rows


def window_range() -> tuple[int, int]:
    """Return the shortest and the longest window of a plan."""
    return (c_feat.ECM_FEAT_WINDOW_MIN, c_feat.ECM_FEAT_WINDOW_MAX)


def envelope_len(float fs_hz, uint32_t window_len, float lo_hz, float hi_hz) -> int:
    """Return the samples of the decimated envelope of a band, 0 if it has no bin."""
    cdef c_feat.ecm_feat_plan_t plan
    plan.fs_hz = fs_hz
    plan.window_len = window_len
    return c_feat.ecm_feat_envelope_len(&plan, lo_hz, hi_hz)


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
        status = c_feat.ecm_feat_scale_f32(&x[0], &mean[0], &inv_sd[0], n, &out[0])
    check(status)


cdef class Settings:
    """Settings of a step, as its header names them; a parent of the classes below."""

    cdef const void *c


@cython.final
cdef class Transform(Settings):
    """Settings of the step "transform" for windows of n samples."""

    cdef FftPlan _fft

    def __cinit__(self, uint32_t n):
        self._fft = FftPlan(n // 2, True)
        self.c = &self._fft.c


@cython.final
cdef class Envelope(Settings):
    """Settings of the step "envelope": a band [Hz] and its `envelope_len`."""

    cdef c_feat.ecm_feat_envelope_cfg_t _cfg
    cdef FftPlan _c2c, _r2c

    def __cinit__(self, float lo_hz, float hi_hz, uint32_t length):
        self._c2c = FftPlan(length, False)
        self._r2c = FftPlan(length // 2, True)
        self._cfg.lo_hz = lo_hz
        self._cfg.hi_hz = hi_hz
        self._cfg.c2c = &self._c2c.c
        self._cfg.r2c = &self._r2c.c
        self.c = &self._cfg


cdef const c_feat.ecm_feat_kind_t *kind_of(str name) except NULL:
    cdef const feat_step_entry_t *entry = feat_steps
    while entry.name != NULL:
        if entry.name.decode() == name:
            return entry.kind
        entry += 1
    raise ValueError(f"step {name!r} is not in the table")


@cython.final
cdef class Plan:
    """The C description of a feature plan, and its extraction from many windows.

    Parameters
    ----------
    fs_hz : float
        Sampling rate [Hz].
    window_len, hop_len : int
        Samples of a window and from one window to the next.
    detrend : int
        A value of `DETREND`.
    speed_hz : tuple of float
        Least and largest shaft speed [Hz]; zeros if no feature needs it.
    steps : list of (str, list of (int, int, float, float), Settings or None)
        Each step with its rows, id, n, a and b of the table, and its settings.

    Raises
    ------
    ValueError
        If a step is unknown, or the device library refuses the plan.
    """

    cdef c_feat.ecm_feat_plan_t _plan
    cdef c_feat.ecm_feat_row_t *_rows
    cdef c_feat.ecm_feat_step_t *_steps
    cdef uint32_t _warm_len
    cdef list _layout
    cdef list _settings  # kept alive, since the plan points into them

    def __cinit__(
        self,
        float fs_hz,
        uint32_t window_len,
        uint32_t hop_len,
        uint32_t detrend,
        tuple speed_hz,
        list steps,
    ):
        self._plan.fs_hz = fs_hz
        self._plan.window_len = window_len
        self._plan.hop_len = hop_len
        self._plan.detrend = detrend
        self._plan.speed_lo_hz, self._plan.speed_hi_hz = speed_hz
        self._plan.features_len = sum(len(rows) for _, rows, _ in steps)
        self._plan.steps_len = len(steps)
        self._rows = <c_feat.ecm_feat_row_t *>PyMem_Calloc(
            self._plan.features_len + 1, sizeof(c_feat.ecm_feat_row_t)
        )
        self._steps = <c_feat.ecm_feat_step_t *>PyMem_Calloc(
            self._plan.steps_len + 1, sizeof(c_feat.ecm_feat_step_t)
        )
        if self._rows == NULL or self._steps == NULL:
            raise MemoryError
        self._plan.steps = self._steps
        self._settings = [settings for _, _, settings in steps]
        self._set_steps(steps)
        self._place()

    def __dealloc__(self):
        PyMem_Free(self._rows)
        PyMem_Free(self._steps)

    cdef int _set_steps(self, list steps) except -1:
        cdef uint32_t i, at = 0
        cdef Settings settings
        self._layout = []
        for i, (name, rows, settings) in enumerate(steps):
            self._layout.append((name, at, len(rows)))
            self._steps[i].kind = kind_of(name)
            self._steps[i].rows = &self._rows[at]
            self._steps[i].rows_len = len(rows)
            self._steps[i].cfg = settings.c if settings is not None else NULL
            for number, n, a, b in rows:
                self._rows[at].id = number
                self._rows[at].n = n
                self._rows[at].a = a
                self._rows[at].b = b
                at += 1
        return 0

    cdef int _place(self) except -1:
        """Let each step judge itself, and lay their states one behind the other."""
        cdef c_feat.ecm_feat_need_t need
        cdef ecm.ecm_status_t status
        cdef uint32_t i
        cdef uint32_t at = c_feat.ECM_FEAT_STATE_HEAD
        for i in range(self._plan.steps_len):
            need.work_len = need.state_len = need.warm_len = 0
            status = self._steps[i].kind.check(&self._plan, &self._steps[i], &need)
            if status < 0:
                raise ValueError(
                    f"step {self._layout[i][0]} refuses the plan with "
                    f"{status_name(status)}: {status_text(status)}"
                )
            if need.state_len:
                self._steps[i].state_at = at
                at += need.state_len
        check(c_feat.ecm_feat_need(&self._plan, &need))
        self._plan.work_len = need.work_len
        self._plan.state_len = need.state_len
        self._warm_len = need.warm_len
        check(c_feat.ecm_feat_check(&self._plan))
        return 0

    @property
    def n_features(self) -> int:
        """Number of features of a window."""
        return self._plan.features_len

    @property
    def speed_hz(self) -> tuple[float, float]:
        """Least and largest shaft speed [Hz]; zeros if no feature needs it."""
        return (self._plan.speed_lo_hz, self._plan.speed_hi_hz)

    @property
    def work_len(self) -> int:
        """Floats of work memory besides the window."""
        return self._plan.work_len

    @property
    def state_len(self) -> int:
        """Floats that are kept from window to window."""
        return self._plan.state_len

    @property
    def warm_len(self) -> int:
        """Windows at the start, and behind a gap, that give no features."""
        return self._warm_len

    def steps(self) -> list[tuple[str, int, int, int]]:
        """List the steps: (name, first row, rows, first float of the state)."""
        return [
            (name, first, count, self._steps[i].state_at)
            for i, (name, first, count) in enumerate(self._layout)
        ]

    def takes_speed(self, float speed_hz) -> bool:
        """Tell whether windows with this shaft speed may be given."""
        return c_feat.ecm_feat_takes_speed(&self._plan, speed_hz)

    def extract(
        self, const float[:, ::1] x, const float[::1] speed_hz, float[:, ::1] out
    ) -> None:
        """Fill a row of `out` from each window, by itself.

        Parameters
        ----------
        x : ndarray of float32, shape (n_windows, window_len)
            Samples, all finite; not changed.
        speed_hz : ndarray of float32, shape (n_windows,)
            Shaft speed [Hz] of each window.
        out : ndarray of float32, shape (n_windows, n_features)
            Written.

        Raises
        ------
        ValueError
            If shapes disagree, the plan keeps a state or does not take a speed.
        """
        same_length("a window of x", x.shape[1], self._plan.window_len)
        same_length("speed_hz", speed_hz.shape[0], x.shape[0])
        if self._plan.state_len:
            raise ValueError("the plan keeps a state, expected extract_frames")
        if x.shape[0]:
            self._run(&x[0, 0], self._plan.window_len, speed_hz, out, None)

    def extract_frames(
        self,
        const float[::1] x,
        const float[::1] speed_hz,
        float[:, ::1] out,
        uint8_t[::1] done,
    ) -> None:
        """Fill a row of `out` from each window of one long signal.

        Parameters
        ----------
        x : ndarray of float32, shape (n_samples,)
            Window i starts at sample i * hop_len.
        speed_hz : ndarray of float32, shape (n_windows,)
            Shaft speed [Hz] of each window.
        out : ndarray of float32, shape (n_windows, n_features)
            Rows of windows that are done are written.
        done : ndarray of uint8, shape (n_windows,)
            In: 1 for windows whose samples are all finite; others are a gap. Out: 1
            for windows with features, which lack behind the start and gaps.

        Raises
        ------
        ValueError
            If `x` is too short for n_windows, shapes disagree or the plan does not take
            a speed.
        """
        cdef Py_ssize_t n = speed_hz.shape[0]
        same_length("done", done.shape[0], n)
        if n == 0:
            return
        needed = (n - 1) * self._plan.hop_len + self._plan.window_len
        if x.shape[0] < needed:
            raise ValueError(
                f"x has {x.shape[0]} samples, expected at least {needed} for {n} windows"
            )
        self._run(&x[0], self._plan.hop_len, speed_hz, out, done)

    cdef int _run(
        self,
        const float *x,
        Py_ssize_t stride,
        const float[::1] speed_hz,
        float[:, ::1] out,
        uint8_t[::1] done,
    ) except -1:
        cdef Py_ssize_t i = 0, n = self._plan.window_len
        cdef Py_ssize_t n_windows = speed_hz.shape[0]
        cdef ecm.ecm_status_t status = ecm.ECM_OK
        cdef float *window
        cdef float *work
        cdef float *state
        same_length("out", out.shape[0], n_windows)
        same_length("a row of out", out.shape[1], self._plan.features_len)
        if self._plan.features_len == 0:
            return 0
        window = <float *>calloc(
            n + self._plan.work_len + self._plan.state_len, sizeof(float)
        )
        if window == NULL:
            raise MemoryError
        work = window + n
        state = work + self._plan.work_len
        with nogil:
            for i in range(n_windows):
                if done is not None and not done[i]:
                    c_feat.ecm_feat_reset_f32(state, &self._plan)
                    continue
                memcpy(window, x + i * stride, n * sizeof(float))
                status = c_feat.ecm_feat_extract_f32(
                    state, &self._plan, speed_hz[i], window, work, &out[i, 0]
                )
                if status < 0:
                    break
                if done is not None:
                    done[i] = status == ecm.ECM_OK
            free(window)
        if status < 0:
            raise ValueError(
                f"window {i} (speed_hz {speed_hz[i]:g}): {status_name(status)}: "
                f"{status_text(status)}"
            )
        return 0
