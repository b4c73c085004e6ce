# cython: auto_pickle=False
"""Features of windows, described by a plan: ``ecm_feat.h`` and the steps of its table."""

cimport cython
from cpython.mem cimport PyMem_Calloc, PyMem_Free
from libc.stdint cimport UINT32_MAX, int32_t, uint8_t, uint16_t, uint32_t

from ecmkit._core cimport ecm, ecm_host
from ecmkit._core cimport ecm_feat as c_feat
from ecmkit._core.base cimport check, same_length
from ecmkit._core.ecm_condition cimport ecm_filter_biquad_f32_t
from ecmkit._core.ecm_device cimport ecm_feat_encode_cfg_t, ecm_project_t
from ecmkit._core.ecm_machine cimport (
    ecm_envelope_analytic_f32, ecm_envelope_log_f32, ecm_envelope_magnitude_f32,
    ecm_envelope_squared_f32, ecm_envelope_white_f32, ecm_velocity_cfg_f32_t,
)
from ecmkit._core.ecm_spectral cimport (
    ECM_SPECTRUM_TERMS_MAX, ecm_dct_plan_t, ecm_spectrum_taper_t,
)
from ecmkit._core.ecm_track cimport ecm_feat_mfcc_cfg_t, ecm_feat_track_cfg_t
from ecmkit._core.fft cimport Plan as FftPlan
from ecmkit._core.ecm_nn cimport ecm_nn_dense_s8_t
from ecmkit._core.mel cimport Bank
from ecmkit._core.nn_tables cimport dense_of

import numpy as np

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

PAIRS_MAX = <int>c_feat.ECM_FEAT_PAIRS_MAX
"""Pairs of sidebands of a row."""
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
    cdef list _arrays  # kept alive, since the settings point into them

    cdef const float *floats(self, const float[::1] values) except? NULL:
        """Copy an array and keep it; NULL for an empty one."""
        if values.shape[0] == 0:
            return NULL
        cdef float[::1] mine = np.array(values, np.float32)
        if self._arrays is None:
            self._arrays = []
        self._arrays.append(mine)
        return &mine[0]

    cdef const ecm_filter_biquad_f32_t *sections(
        self, const float[:, ::1] values
    ) except? NULL:
        """Copy sections of a filter, five coefficients each."""
        same_length("a row of sections", values.shape[1], 5)
        cdef const float *flat = self.floats(np.ravel(values))
        return <const ecm_filter_biquad_f32_t *>flat


@cython.final
cdef class Filter(Settings):
    """Settings of the step "filter".

    Parameters
    ----------
    sections : ndarray of float32, shape (n_sections, 5)
        b0, b1, b2, a1 and a2 of each.
    settle_len : int
        Samples at the start that are spoilt.
    """

    cdef c_feat.ecm_feat_filter_cfg_t _cfg

    def __cinit__(self, const float[:, ::1] sections, uint32_t settle_len):
        self._cfg.sections = self.sections(sections)
        self._cfg.sections_len = <uint32_t>sections.shape[0]
        self._cfg.settle_len = settle_len
        self.c = &self._cfg


@cython.final
cdef class Velocity(Settings):
    """Settings of the step "velocity": the fields of ``ecm_velocity_cfg_f32_t``."""

    cdef ecm_velocity_cfg_f32_t _cfg

    def __cinit__(
        self,
        float c1,
        float c2,
        float a1,
        float a2,
        float b1,
        float gain,
        uint32_t factor,
        uint32_t settle_len,
        uint32_t block_len,
    ):
        self._cfg = ecm_velocity_cfg_f32_t(
            c1=c1, c2=c2, a1=a1, a2=a2, b1=b1, gain=gain, factor=factor,
            settle_len=settle_len, block_len=block_len
        )
        self.c = &self._cfg


@cython.final
cdef class Transform(Settings):
    """Settings of the step "transform" for windows of n samples."""

    cdef FftPlan _fft

    def __cinit__(self, uint32_t n):
        self._fft = FftPlan(n // 2, True)
        self.c = &self._fft.c


@cython.final
cdef class Taper(Settings):
    """Settings of the step "taper": weights of its cosines, 1 to 5 of them."""

    cdef ecm_spectrum_taper_t _cfg

    def __cinit__(self, const float[::1] weights):
        cdef Py_ssize_t i, n = weights.shape[0]
        if not 1 <= n <= ECM_SPECTRUM_TERMS_MAX:
            raise ValueError(
                f"weights has length {n}, expected 1 ... {ECM_SPECTRUM_TERMS_MAX}"
            )
        self._cfg.terms_len = <uint32_t>n
        for i in range(n):
            self._cfg.weight[i] = weights[i]
        self.c = &self._cfg


@cython.final
cdef class Welch(Settings):
    """Settings of the step "welch": windows that the power is averaged over."""

    cdef c_feat.ecm_feat_welch_cfg_t _cfg

    def __cinit__(self, uint32_t span_len):
        self._cfg.span_len = span_len
        self.c = &self._cfg


@cython.final
cdef class LineSearch(Settings):
    """Settings of the step "lines": how far off a line may be, as a share of where."""

    cdef c_feat.ecm_feat_line_cfg_t _cfg

    def __cinit__(self, float halfwidth):
        self._cfg.halfwidth = halfwidth
        self.c = &self._cfg


@cython.final
cdef class Mel(Settings):
    """Settings of the step "mel".

    Parameters
    ----------
    bank : mel.Bank
        For the bins of the plan's windows.
    scale : float
        Factor of the power.
    floor : float
        Least power after it, 1e-37 ... 1e37.
    """

    cdef c_feat.ecm_feat_mel_cfg_t _cfg
    cdef Bank _bank

    def __cinit__(self, Bank bank not None, float scale, float floor):
        self._bank = bank
        self._cfg.bank = &bank.c
        self._cfg.scale = scale
        self._cfg.floor = floor
        self.c = &self._cfg


@cython.final
cdef class Mfcc(Settings):
    """Settings of the step "mfcc".

    Parameters
    ----------
    n : int
        Samples of a window.
    keep : bool
        Whether the bins of the transform stay for a step behind it.
    twiddle : ndarray of float32, shape (n_levels,)
        Factors of the cosine transform of the levels, see ``ecm_dct.h``.
    """

    cdef ecm_feat_mfcc_cfg_t _cfg
    cdef ecm_dct_plan_t _dct
    cdef FftPlan _fft

    def __cinit__(self, uint32_t n, bint keep, const float[::1] twiddle):
        self._fft = FftPlan(<uint32_t>twiddle.shape[0] // 2, True)
        self._dct.fft = &self._fft.c
        self._dct.twiddle = self.floats(twiddle)
        self._cfg.dct = &self._dct
        self._cfg.scratch_at = n if keep else 0
        self.c = &self._cfg


@cython.final
cdef class Track(Settings):
    """Settings of the step "track".

    Parameters
    ----------
    per_turn, turns : int
        Outputs in a turn; turns that a spectrum spans.
    taps : ndarray of float32, shape (n_taps,)
        Low-pass before the resampling; empty: none.
    factor : int
        Of its decimation.
    halfwidth : float
        Of a line, as a share of its order.
    """

    cdef ecm_feat_track_cfg_t _cfg
    cdef FftPlan _fft

    def __cinit__(
        self,
        uint32_t per_turn,
        uint32_t turns,
        const float[::1] taps,
        uint32_t factor,
        float halfwidth,
    ):
        self._fft = FftPlan(per_turn * turns // 2, True)
        self._cfg.history.len = per_turn * turns
        self._cfg.history.fft = &self._fft.c
        self._cfg.low.taps = self.floats(taps)
        self._cfg.low.taps_len = <uint32_t>taps.shape[0]
        self._cfg.low.factor = factor
        self._cfg.per_turn = per_turn
        self._cfg.halfwidth = halfwidth
        self.c = &self._cfg


@cython.final
cdef class Cepstrum(Settings):
    """Settings of the step "cepstrum".

    Parameters
    ----------
    n : int
        Samples of a window.
    keep : bool
        Whether the bins of the transform stay for a step behind it.
    """

    cdef c_feat.ecm_feat_cepstrum_cfg_t _cfg
    cdef FftPlan _fft

    def __cinit__(self, uint32_t n, bint keep):
        self._fft = FftPlan(n // 2, True)
        self._cfg.fft = &self._fft.c
        self._cfg.scratch_at = n if keep else 0
        self.c = &self._cfg


@cython.final
cdef class Lines(Settings):
    """History and lines of an envelope, a part of its settings.

    Parameters
    ----------
    length : int
        Samples of the history.
    taps : ndarray of float32, shape (n_taps,)
        Of the decimation before it; empty: none.
    factor : int
        Of that decimation.
    bin_hz, halfwidth : float
        From bin to bin [Hz]; of a line, as a share of its frequency.
    """

    cdef c_feat.ecm_feat_lines_cfg_t _cfg
    cdef FftPlan _fft

    def __cinit__(
        self,
        uint32_t length,
        const float[::1] taps,
        uint32_t factor,
        float bin_hz,
        float halfwidth,
    ):
        self._fft = FftPlan(length // 2, True)
        self._cfg.history.len = length
        self._cfg.history.fft = &self._fft.c
        self._cfg.history.low.taps = self.floats(taps)
        self._cfg.history.low.taps_len = <uint32_t>taps.shape[0]
        self._cfg.history.low.factor = factor
        self._cfg.bin_hz = bin_hz
        self._cfg.halfwidth = halfwidth
        self.c = &self._cfg


@cython.final
cdef class Envelope(Settings):
    """Settings of the step "envelope".

    Parameters
    ----------
    lines : Lines
        Behind the detector.
    window_len, bin, bins_len, m : int
        Samples of a window; first bin and number of bins of the band; elements of the
        inverse transform.
    whiten : bool
        Whether bins are divided by their magnitude.
    form : str
        "magnitude", "squared" or "log".
    """

    cdef c_feat.ecm_feat_envelope_cfg_t _cfg
    cdef Lines _lines
    cdef FftPlan _inverse

    def __cinit__(
        self,
        Lines lines not None,
        uint32_t window_len,
        uint32_t bin,
        uint32_t bins_len,
        uint32_t m,
        bint whiten,
        str form,
    ):
        self._lines = lines
        self._inverse = FftPlan(m, False)
        self._cfg.lines = lines._cfg
        self._cfg.band.window_len = window_len
        self._cfg.band.bin = bin
        self._cfg.band.bins_len = bins_len
        self._cfg.band.inverse = &self._inverse.c
        self._cfg.detect = ecm_envelope_analytic_f32
        if whiten:
            self._cfg.detect = ecm_envelope_white_f32
        if form == "magnitude":
            self._cfg.form = ecm_envelope_magnitude_f32
        elif form == "squared":
            self._cfg.form = ecm_envelope_squared_f32
        elif form == "log":
            self._cfg.form = ecm_envelope_log_f32
        else:
            raise ValueError(f"form is {form!r}, expected magnitude, squared or log")
        self.c = &self._cfg


@cython.final
cdef class Rectified(Settings):
    """Settings of the step "rectified".

    Parameters
    ----------
    lines : Lines
        Behind the detector.
    sections : ndarray of float32, shape (n_sections, 5)
        Band-pass.
    taps : ndarray of float32, shape (n_taps,)
        Low-pass behind the rectification.
    factor : int
        Of its decimation.
    """

    cdef c_feat.ecm_feat_rectified_cfg_t _cfg
    cdef Lines _lines

    def __cinit__(
        self,
        Lines lines not None,
        const float[:, ::1] sections,
        const float[::1] taps,
        uint32_t factor,
    ):
        self._lines = lines
        self._cfg.lines = lines._cfg
        self._cfg.rectifier.sections = self.sections(sections)
        self._cfg.rectifier.sections_len = <uint32_t>sections.shape[0]
        self._cfg.rectifier.low.taps = self.floats(taps)
        self._cfg.rectifier.low.taps_len = <uint32_t>taps.shape[0]
        self._cfg.rectifier.low.factor = factor
        self.c = &self._cfg


@cython.final
cdef class Scale(Settings):
    """Settings of the step "scale": offset and factor of each feature of the plan."""

    cdef c_feat.ecm_feat_scale_cfg_t _cfg
    cdef Py_ssize_t n

    def __cinit__(self, const float[::1] offset, const float[::1] factor):
        same_length("factor", factor.shape[0], offset.shape[0])
        self.n = offset.shape[0]
        self._cfg.offset = self.floats(offset)
        self._cfg.factor = self.floats(factor)
        self.c = &self._cfg


@cython.final
cdef class Project(Settings):
    """Settings of the step "project".

    Parameters
    ----------
    mean : ndarray of float32, shape (n_features,)
        Subtracted first.
    components : ndarray of float32, shape (n_components, n_features)
        Weights.
    """

    cdef ecm_project_t _cfg

    def __cinit__(self, const float[::1] mean, const float[:, ::1] components):
        same_length("mean", mean.shape[0], components.shape[1])
        self._cfg.mean = self.floats(mean)
        self._cfg.components = self.floats(np.ascontiguousarray(components).reshape(-1))
        self._cfg.features_len = <uint16_t>components.shape[1]
        self._cfg.components_len = <uint16_t>components.shape[0]
        self.c = &self._cfg


@cython.final
cdef class Encode(Settings):
    """Settings of the step "encode".

    Parameters
    ----------
    layers : list of (weights, bias, multiplier, shift, inputs_len, output)
        Tables of each dense layer, as `nn_dense.dense_s8` takes them.
    input_scale : float
        Of the features.
    input_zero : int
        Their zero point.
    output_scale : float
        Of the last layer's outputs.
    """

    cdef ecm_feat_encode_cfg_t _cfg
    cdef ecm_nn_dense_s8_t *_layers

    def __cinit__(
        self, list layers, float input_scale, int32_t input_zero, float output_scale
    ):
        cdef Py_ssize_t i
        self._layers = <ecm_nn_dense_s8_t *>PyMem_Calloc(
            len(layers) + 1, sizeof(ecm_nn_dense_s8_t)
        )
        if self._layers == NULL:
            raise MemoryError
        for i, (weights, bias, multiplier, shift, inputs_len, output) in enumerate(
            layers
        ):
            dense_of(
                &self._layers[i],
                weights,
                None,
                bias,
                multiplier,
                shift,
                inputs_len,
                1,
                output,
            )
        self._arrays = list(layers)  # the tables of layers point into them
        self._cfg.layers = self._layers
        self._cfg.layers_len = <uint32_t>len(layers)
        self._cfg.input_scale = input_scale
        self._cfg.input_zero = input_zero
        self._cfg.output_scale = output_scale
        self.c = &self._cfg

    def __dealloc__(self):
        PyMem_Free(self._layers)


cdef const c_feat.ecm_feat_kind_t *kind_of(str name) except NULL:
    cdef const feat_step_entry_t *entry = feat_steps
    while entry.name != NULL:
        if entry.name.decode() == name:
            return entry.kind
        entry += 1
    raise ValueError(f"step {name!r} is not in the table")


cdef class _Engine:
    """A plan made ready for many windows: ``ecm_host_feat.h``."""

    cdef ecm_host.ecm_host_feat_t c
    cdef float *_tables

    def __dealloc__(self):
        PyMem_Free(self._tables)


cdef _Engine engine_of(const c_feat.ecm_feat_plan_t *plan, int32_t isa):
    """Make an engine; the plan must outlive it."""
    cdef _Engine engine = _Engine()
    cdef uint32_t tables_len = ecm_host.ecm_host_feat_len(plan)
    engine._tables = <float *>PyMem_Calloc(tables_len, sizeof(float))
    if engine._tables == NULL:
        raise MemoryError
    check(ecm_host.ecm_host_feat_init(
        &engine.c, plan, isa, engine._tables, tables_len
    ))
    return engine


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
    cdef _Engine _engine

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
        self._engine = engine_of(&self._plan, ecm_host.ecm_host_isa())

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
            if isinstance(settings, Scale):
                same_length("offset", (<Scale>settings).n, at)
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
        cdef c_feat.ecm_feat_plan_t bare = self._plan
        bare.steps_len = bare.features_len = 0
        check(c_feat.ecm_feat_need(&bare, &need))
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
        cdef Runner runner
        same_length("a window of x", x.shape[1], self._plan.window_len)
        same_length("speed_hz", speed_hz.shape[0], x.shape[0])
        if self._plan.state_len:
            raise ValueError("the plan keeps a state, expected a Runner")
        if x.shape[0]:
            runner = Runner(self)
            done = np.ones(x.shape[0], np.uint8)
            runner._run(&x[0, 0], self._plan.window_len, speed_hz, out, done)


@cython.final
cdef class Runner:
    """A plan at work on one signal: the memory of a device.

    Parameters
    ----------
    plan : Plan
        May be shared; a runner may not.
    isa : int, optional
        Instruction set, at most `batch.isa`; that by default. The bits are the same.
    """

    cdef Plan _plan
    cdef _Engine _engine
    cdef float *_memory
    cdef float *_state

    def __cinit__(self, Plan plan not None, isa=None):
        self._plan = plan
        self._engine = plan._engine
        if isa is not None:
            self._engine = engine_of(&plan._plan, isa)
        work_len = ecm_host.ecm_host_feat_work_len(&self._engine.c)
        self._memory = <float *>PyMem_Calloc(
            work_len + plan._plan.state_len + 1, sizeof(float)
        )
        if self._memory == NULL:
            raise MemoryError
        self._state = self._memory + <uint32_t>work_len

    def __dealloc__(self):
        PyMem_Free(self._memory)

    def reset(self) -> None:
        """Start over, as behind a gap in the signal."""
        check(c_feat.ecm_feat_reset_f32(self._state, &self._plan._plan))

    def frames(
        self,
        const float[::1] x,
        const float[::1] speed_hz,
        float[:, ::1] out,
        uint8_t[::1] done,
    ) -> None:
        """Go on with the next windows of a signal.

        Parameters
        ----------
        x : ndarray of float32, shape (n_samples,)
            Window i starts at sample i * hop_len; the first one hop_len samples behind
            the one before this call.
        speed_hz : ndarray of float32, shape (n_windows,)
            Shaft speed [Hz] of each window.
        out : ndarray of float32, shape (n_windows, n_features)
            Rows of windows that are done are written; others may be.
        done : ndarray of uint8, shape (n_windows,)
            In: 1 for windows whose samples are all finite; others are a gap. Out: 1
            for windows with features, which lack behind the start and gaps.

        Raises
        ------
        ValueError
            If `x` is too short for n_windows, shapes disagree or the plan does not take
            a speed; then the runner is reset.
        """
        cdef Py_ssize_t n = speed_hz.shape[0]
        cdef Py_ssize_t needed
        same_length("done", done.shape[0], n)
        if n == 0:
            return
        needed = (n - 1) * self._plan._plan.hop_len + self._plan._plan.window_len
        if x.shape[0] < needed:
            raise ValueError(
                f"x has {x.shape[0]} samples, expected at least {needed} for {n} windows"
            )
        self._run(&x[0], self._plan._plan.hop_len, speed_hz, out, done)

    cdef int _run(
        self,
        const float *x,
        Py_ssize_t stride,
        const float[::1] speed_hz,
        float[:, ::1] out,
        uint8_t[::1] done,
    ) except -1:
        cdef const c_feat.ecm_feat_plan_t *c = &self._plan._plan
        cdef ecm_host.ecm_host_feat_piece_t piece
        cdef ecm.ecm_status_t status
        cdef Py_ssize_t i, n_windows = speed_hz.shape[0]
        same_length("out", out.shape[0], n_windows)
        same_length("a row of out", out.shape[1], c.features_len)
        if n_windows > UINT32_MAX:
            raise ValueError(f"found {n_windows} windows, expected at most 2^32 - 1")
        if c.features_len == 0:
            return 0
        piece.x = x
        piece.stride = stride
        piece.windows = <uint32_t>n_windows
        piece.speed_hz = &speed_hz[0]
        piece.done = &done[0]
        piece.state = self._state
        piece.work = self._memory
        piece.out = &out[0, 0]
        with nogil:
            status = ecm_host.ecm_host_feat_extract_f32(&self._engine.c, &piece)
        if status < 0:
            c_feat.ecm_feat_reset_f32(self._state, c)
            for i in range(n_windows):
                if done[i] and not c_feat.ecm_feat_takes_speed(c, speed_hz[i]):
                    break
            raise ValueError(
                f"window {i} (speed_hz {speed_hz[i]:g}): {status_name(status)}: "
                f"{status_text(status)}"
            )
        return 0
