# cython: auto_pickle=False
"""A plan of monitors as tables: ``ecm_monitor.h``."""

import numpy as np

from libc.stdint cimport uint16_t, uint32_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy

from ecmkit._core cimport ecm, ecm_drift, ecm_monitor as c, ecm_monitor_data
from ecmkit._core.base cimport check, same_length
from ecmkit._core.drift cimport Detector
from ecmkit._core.state cimport Store

ANY = <int>c.ECM_MONITOR_ANY
NO_DETAIL = <unsigned int>c.ECM_MONITOR_NO_DETAIL
REGIME_MAX = <int>c.ECM_MONITOR_REGIME_MAX
STATE_TYPE = <int>c.ECM_MONITOR_STATE_TYPE
CUSUM = <int>c.ECM_MONITOR_CUSUM
EWMA = <int>c.ECM_MONITOR_EWMA
LIMIT = <int>c.ECM_MONITOR_LIMIT
COUNTS = <int>c.ECM_MONITOR_COUNTS
CLASSES = <int>c.ECM_MONITOR_CLASSES
T2 = <int>c.ECM_MONITOR_T2
KIND = <int>c.ECM_MONITOR_KIND
MEAN = <int>c.ECM_MONITOR_MEAN
SCALE = <int>c.ECM_MONITOR_SCALE
SHAPE = <int>c.ECM_MONITOR_SHAPE
MIX = <int>c.ECM_MONITOR_MIX
TOGETHER = <int>c.ECM_MONITOR_TOGETHER
VALUE = <int>c.ECM_MONITOR_VALUE
KS, CHI2, WASSERSTEIN, JENSEN_SHANNON, PSI = range(5)

# By form, and by distance.
cdef const c.ecm_monitor_form_t *FORMS[7]
FORMS[c.ECM_MONITOR_CUSUM] = &c.ecm_monitor_form_cusum
FORMS[c.ECM_MONITOR_EWMA] = &c.ecm_monitor_form_ewma
FORMS[c.ECM_MONITOR_LIMIT] = &c.ecm_monitor_form_limit
FORMS[c.ECM_MONITOR_COUNTS] = &c.ecm_monitor_form_counts
FORMS[c.ECM_MONITOR_CLASSES] = &c.ecm_monitor_form_classes
FORMS[c.ECM_MONITOR_T2] = &c.ecm_monitor_form_t2
FORMS[c.ECM_MONITOR_KIND] = &c.ecm_monitor_form_kind
cdef const c.ecm_dist_kind_t *DISTANCES[5]
DISTANCES[0] = &c.ecm_dist_kind_ks
DISTANCES[1] = &c.ecm_dist_kind_chi2
DISTANCES[2] = &c.ecm_dist_kind_wasserstein
DISTANCES[3] = &c.ecm_dist_kind_jensen_shannon
DISTANCES[4] = &c.ecm_dist_kind_psi

ALARM = np.dtype(
    [("at", "<u4")]
    + [
        (name, "<u4")
        for name in ("group", "level", "row", "what", "direction", "detail", "since")
    ]
    + [("ratio", "<f4")]
)
"""An alarm with the window at which it was raised."""

# Settings of a row, of whichever form.
cdef union settings_t:
    ecm_drift.ecm_drift_cusum_cfg_t cusum
    ecm_drift.ecm_drift_ewma_cfg_t ewma
    float limit
    c.ecm_monitor_counts_t counts
    c.ecm_monitor_t2_t t2
    c.ecm_monitor_kind_t kind


cdef class Monitors:
    """Tables of monitors, and their state.

    Parameters
    ----------
    id : int
        Of the tables; a state of others is refused.
    inputs_len : int
        Values of a window.
    scores : list of tuple
        (input, regime, center, scale, floor, phi, edges, scores, spread), those before
        the last ndarrays of float32.
    rows : list of tuple
        (form, what, group, regime, score, up_only, top, settings); settings are (k, h),
        (lambda, limit), (limit,), (edges or None, reference, reference_n, window_len,
        form, distance, limit), (mean, whiten, lambda, limit, scores), or (detector,),
        of which the kind and the settings are taken, as the form asks for.
    groups : list of tuple
        (persist or None, hold_off), persist (on, band, k, n, holdoff).
    regime : tuple or None
        (inputs, edges of the first, of the second, centres or None, far, dwell, center
        or None, factor or None).

    Raises
    ------
    ValueError
        If tables contradict each other.
    """

    cdef c.ecm_monitor_cfg_t _cfg
    cdef c.ecm_monitor_score_t *_scores
    cdef c.ecm_monitor_row_t *_rows
    cdef c.ecm_monitor_group_t *_groups
    cdef settings_t *_settings
    cdef ecm_drift.ecm_persist_cfg_t *_persists
    cdef ecm_drift.ecm_regime_cfg_t _regime
    cdef ecm_drift.ecm_kmeans_t _model
    cdef c.ecm_monitor_alarm_t *_alarms
    cdef uint32_t *_state
    cdef Py_ssize_t _inputs
    cdef list _kept
    cdef c.ecm_monitor_cfg_t _firmware
    cdef const c.ecm_monitor_score_t *_known
    cdef c.ecm_monitor_score_t *_rebased
    cdef ecm_monitor_data.ecm_monitor_tables_t _tables

    def __cinit__(
        self, uint32_t id, uint32_t inputs_len, list scores, list rows, list groups,
        tuple regime,
    ):
        cdef Py_ssize_t n = max(1, len(scores), len(rows), len(groups))
        cdef Py_ssize_t i
        if n > 0xfffe:
            raise ValueError(f"found {n} rows, expected at most 65534")
        self._kept = []
        self._inputs = inputs_len
        self._scores = <c.ecm_monitor_score_t *>calloc(n, sizeof(self._scores[0]))
        self._rows = <c.ecm_monitor_row_t *>calloc(n, sizeof(self._rows[0]))
        self._groups = <c.ecm_monitor_group_t *>calloc(n, sizeof(self._groups[0]))
        self._settings = <settings_t *>calloc(n, sizeof(self._settings[0]))
        self._persists = <ecm_drift.ecm_persist_cfg_t *>calloc(
            n, sizeof(self._persists[0])
        )
        self._alarms = <c.ecm_monitor_alarm_t *>calloc(n, sizeof(self._alarms[0]))
        if not (
            self._scores and self._rows and self._groups and self._settings
            and self._persists and self._alarms
        ):
            raise MemoryError
        for i in range(len(scores)):
            self._score(i, scores[i])
        for i in range(len(rows)):
            self._row(i, rows[i], len(scores))
        for i in range(len(groups)):
            self._group(i, groups[i])
        if regime is not None:
            self._take_regime(regime)
        self._cfg.id = id
        self._cfg.scores = self._scores
        self._cfg.scores_len = <uint16_t>len(scores)
        self._cfg.rows = self._rows
        self._cfg.rows_len = <uint16_t>len(rows)
        self._cfg.groups = self._groups
        self._cfg.groups_len = <uint16_t>len(groups)
        self._cfg.log = ecm.ecm_math_log_f32
        self._cfg.persist_update = ecm_drift.ecm_persist_update_f32
        self._cfg.regime_update = ecm_drift.ecm_regime_update_f32
        self._firmware = self._cfg
        self._known = self._scores
        self._state = <uint32_t *>calloc(max(1, self.words), 4)
        if not self._state:
            raise MemoryError
        self.reset()

    def __dealloc__(self):
        free(self._scores)
        free(self._rows)
        free(self._groups)
        free(self._settings)
        free(self._persists)
        free(self._alarms)
        free(self._state)
        free(self._rebased)
        free(self._tables.scores)
        free(self._tables.rows)
        free(self._tables.counts)
        free(self._tables.t2)

    cdef const float *_floats(self, object array) except? NULL:
        cdef const float[::1] view = array
        self._kept.append(array)
        return &view[0] if view.shape[0] else NULL

    cdef const uint16_t *_indices(self, object array, Py_ssize_t end) except? NULL:
        cdef const uint16_t[::1] view = array
        cdef Py_ssize_t i
        for i in range(view.shape[0]):
            if view[i] >= end:
                raise ValueError(f"index {view[i]}, expected below {end}")
        self._kept.append(array)
        return &view[0] if view.shape[0] else NULL

    cdef int _score(self, Py_ssize_t i, tuple given) except -1:
        cdef c.ecm_monitor_score_t *own = &self._scores[i]
        cdef const float[::1] phi
        source, regime, center, scale, floor, phi, edges, scores, own.spread = given
        if source >= self._inputs:
            raise ValueError(f"input {source}, expected below {self._inputs}")
        if phi.shape[0] > 4:
            raise ValueError(f"phi has {phi.shape[0]} weights, expected at most 4")
        own.input = source
        own.regime = regime
        own.floor = floor
        own.score.center = center
        own.score.scale = scale
        own.score.order = <uint16_t>phi.shape[0]
        for j in range(phi.shape[0]):
            own.score.phi[j] = phi[j]
        if len(edges):
            same_length("scores", len(scores), 2 * len(edges) + 1)
            own.score.edges = self._floats(edges)
            own.score.scores = self._floats(scores)
            own.score.edges_len = <uint16_t>len(edges)
        return 0

    cdef int _row(self, Py_ssize_t i, tuple given, Py_ssize_t scores_len) except -1:
        cdef c.ecm_monitor_row_t *own = &self._rows[i]
        cdef settings_t *settings = &self._settings[i]
        form, what, group, regime, score, up_only, top, cfg = given
        if not CUSUM <= form <= KIND:
            raise ValueError(f"form {form}, expected {CUSUM} to {KIND}")
        own.form = FORMS[<int>form]
        own.what, own.group, own.regime = what, group, regime
        own.score, own.up_only, own.top = score, up_only, top
        own.cfg = settings
        if form == CUSUM:
            settings.cusum.k, settings.cusum.h = cfg
        elif form == EWMA:
            settings.ewma.weight, settings.ewma.limit = cfg
        elif form == LIMIT:
            settings.limit = cfg[0]
        elif form == KIND:
            self._detector(settings, cfg[0])
        elif form == T2:
            mean, whiten, weight, limit, members = cfg
            same_length("whiten", len(whiten), len(mean) * (len(mean) + 1) // 2)
            same_length("scores", len(members), len(mean))
            settings.t2.t2.mean = self._floats(mean)
            settings.t2.t2.whiten = self._floats(whiten)
            settings.t2.t2.features_len = <uint32_t>len(mean)
            settings.t2.t2.weight = weight
            settings.t2.t2.limit = limit
            settings.t2.scores = self._indices(members, scores_len)
        else:
            edges, reference, n, window_len, kept, distance, limit = cfg
            if edges is not None:
                same_length("reference", len(reference), len(edges) + 1)
                settings.counts.dist.edges = self._floats(edges)
            settings.counts.dist.reference = self._floats(reference)
            settings.counts.dist.reference_n = n
            settings.counts.dist.bins = <uint16_t>len(reference)
            settings.counts.dist.form = kept
            settings.counts.dist.window_len = window_len
            if not KS <= distance <= PSI:
                raise ValueError(f"distance {distance}, expected {KS} to {PSI}")
            settings.counts.distance = DISTANCES[<int>distance]
            settings.counts.limit = limit
        return 0

    cdef int _detector(self, settings_t *settings, Detector one) except -1:
        if one is None:
            raise TypeError("settings are None, expected a detector")
        one._ready()
        settings.kind.kind = one._kind
        settings.kind.cfg = one._settings
        self._kept.append(one)
        return 0

    cdef int _group(self, Py_ssize_t i, tuple given) except -1:
        cdef ecm_drift.ecm_persist_cfg_t *own = &self._persists[i]
        cdef const float[::1] on
        persist, self._groups[i].hold_off = given
        if persist is None:
            return 0
        on, own.band, own.k, own.n, own.holdoff = persist
        if on.shape[0] > 4:
            raise ValueError(f"on has {on.shape[0]} levels, expected at most 4")
        own.levels_len = <uint32_t>on.shape[0]
        for j in range(on.shape[0]):
            own.on[j] = on[j]
        self._groups[i].persist = own
        return 0

    cdef int _take_regime(self, tuple given) except -1:
        cdef const float[:, ::1] centres
        inputs, first, second, centres, far, dwell, center, factor = given
        if centres is not None:
            same_length("centres", centres.shape[1], len(inputs))
            self._model.centroids = &centres[0, 0]
            self._model.clusters_len = <uint16_t>centres.shape[0]
            self._model.features_len = <uint16_t>centres.shape[1]
            self._regime.model = &self._model
            self._kept.append(centres)
        self._regime.edges[0] = self._floats(first)
        self._regime.edges[1] = self._floats(second)
        self._regime.edges_len[0] = <uint16_t>len(first)
        self._regime.edges_len[1] = <uint16_t>len(second)
        self._regime.far = far
        self._regime.dwell = dwell
        self._cfg.regime = &self._regime
        self._cfg.regime_len = <uint16_t>len(inputs)
        self._cfg.regime_inputs = self._indices(inputs, self._inputs)
        if center is not None:
            same_length("center", len(center), len(inputs))
            same_length("factor", len(factor), len(inputs))
            self._cfg.regime_center = self._floats(center)
            self._cfg.regime_factor = self._floats(factor)
        return 0

    def reset(self) -> None:
        """Start again, as after construction."""
        check(c.ecm_monitor_init(self._state, &self._cfg))

    def run_f32(self, const float[:, ::1] x, const uint32_t[::1] class_id):
        """Take windows one after another.

        Parameters
        ----------
        x : ndarray of float32, shape (n, inputs_len)
            Values; not finite: not known.
        class_id : ndarray of uint32, shape (n,)
            Class of each window; too large: not known.

        Returns
        -------
        alarms : ndarray of `ALARM`
            In order.
        ratios : ndarray of float32, shape (n, groups)
            Largest statistic of each group over its limit, as last known.
        regimes : ndarray of uint32, shape (n,)
            As `ecm_regime`; none: 2^32 - 1.
        """
        cdef Py_ssize_t i, j, n = x.shape[0]
        cdef uint32_t found = 0, group
        cdef c.ecm_monitor_alarm_t *alarm
        cdef const c.ecm_monitor_head_t *head = <c.ecm_monitor_head_t *>self._state
        same_length("x[0]", x.shape[1], self._inputs)
        same_length("class_id", class_id.shape[0], n)
        ratios = np.zeros((n, self._cfg.groups_len), np.float32)
        regimes = np.empty(n, np.uint32)
        cdef float[:, ::1] ratio = ratios
        cdef uint32_t[::1] active = regimes
        told = []
        for i in range(n):
            check(
                c.ecm_monitor_update_f32(
                    self._state, &self._cfg, &x[i, 0], class_id[i], self._alarms,
                    max(1, self._cfg.rows_len), &found,
                )
            )
            active[i] = head.active
            for group in range(self._cfg.groups_len):
                ratio[i, group] = c.ecm_monitor_ratio_f32(
                    self._state, &self._cfg, group
                )
            for j in range(found):
                alarm = &self._alarms[j]
                told.append((
                    i, alarm.group, alarm.level, alarm.row, alarm.what,
                    alarm.direction, alarm.detail, alarm.since, alarm.ratio,
                ))
        return np.array(told, ALARM), ratios, regimes

    def raised(self, uint32_t group) -> int:
        """Return the level of a group's alarm in the last window; 0: none."""
        return c.ecm_monitor_raised(self._state, &self._cfg, group)

    def to_bytes(self) -> bytes:
        """Return the state as a device stores it, little-endian."""
        return (<const char *>self._state)[: 4 * self.words]

    def load(self, const unsigned char[::1] state) -> None:
        """Go on from a state of the same tables, in the middle of a stream."""
        same_length("state", state.shape[0], 4 * self.words)
        cdef bytearray own = bytearray(state)
        if c.ecm_monitor_check(<char *>own, &self._cfg) < 0:
            raise ValueError("the state is of other tables")
        memcpy(self._state, &state[0], 4 * self.words)

    def data(self) -> bytes:
        """Return the numbers of the tables: ``ecm_monitor_data_get``."""
        cdef bytearray made = bytearray(
            4 * ecm_monitor_data.ecm_monitor_data_len(&self._firmware)
        )
        cdef unsigned char[::1] view = made
        check(
            ecm_monitor_data.ecm_monitor_data_get(
                &self._cfg, <uint32_t *>&view[0]
            )
        )
        return bytes(made)

    def adopt(self, const unsigned char[::1] data) -> None:
        """Start again with other numbers in the same tables, of `data`.

        Parameters
        ----------
        data : bytes-like
            Of tables with the same structure.

        Raises
        ------
        ValueError
            If it has another length, or the tables refuse a number: the monitors go on
            as they were.
        """
        cdef const uint32_t[::1] words
        cdef size_t n = max(1, self._cfg.scores_len, self._cfg.rows_len)
        same_length(
            "data", data.shape[0],
            4 * ecm_monitor_data.ecm_monitor_data_len(&self._firmware),
        )
        if self._tables.scores == NULL:
            self._tables.scores = <c.ecm_monitor_score_t *>calloc(
                n, sizeof(self._scores[0])
            )
            self._tables.rows = <c.ecm_monitor_row_t *>calloc(n, sizeof(self._rows[0]))
            self._tables.counts = <c.ecm_monitor_counts_t *>calloc(
                n, sizeof(c.ecm_monitor_counts_t)
            )
            self._tables.t2 = <c.ecm_monitor_t2_t *>calloc(
                n, sizeof(c.ecm_monitor_t2_t)
            )
            if not (
                self._tables.scores and self._tables.rows and self._tables.counts
                and self._tables.t2
            ):
                raise MemoryError
            self._tables.counts_len = self._tables.t2_len = <uint16_t>n
        words = np.frombuffer(bytes(data), "<u4").copy()
        check(ecm_monitor_data.ecm_monitor_data_check(&self._firmware, &words[0]))
        self._kept.append(words)
        try:
            check(
                ecm_monitor_data.ecm_monitor_data_set(
                    &self._firmware, &words[0], &self._tables, &self._cfg
                )
            )
            self._known = self._tables.scores
            self.reset()
        except ValueError:
            self._cfg = self._firmware
            self._known = self._scores
            self.reset()
            raise

    def rebase(self, const float[::1] means, const float[::1] spreads) -> None:
        """Start again, counting from a machine's own baseline.

        Parameters
        ----------
        means, spreads : ndarray of float32, shape (n,)
            Of the first n values of a window: ``ecm_monitor_rebase_f32``.

        Raises
        ------
        ValueError
            If lengths do not match.
        """
        cdef Py_ssize_t n = max(1, self._cfg.scores_len)
        same_length("spreads", spreads.shape[0], means.shape[0])
        if self._rebased == NULL:
            self._rebased = <c.ecm_monitor_score_t *>calloc(n, sizeof(self._scores[0]))
            if not self._rebased:
                raise MemoryError
        check(
            ecm_monitor_data.ecm_monitor_rebase_f32(
                self._known, self._cfg.scores_len,
                &means[0] if means.shape[0] else NULL,
                &spreads[0] if means.shape[0] else NULL,
                <uint32_t>means.shape[0], self._rebased,
            )
        )
        self._cfg.scores = self._rebased
        self.reset()

    def save(self, Store store) -> None:
        """Save the state, so that it survives a power cut."""
        check(c.ecm_monitor_save(self._state, &self._cfg, &store._store))

    def resume(self, Store store) -> None:
        """Go on from a state that was saved, with windows missing in between."""
        check(c.ecm_monitor_load(self._state, &self._cfg, &store._store))

    @property
    def words(self) -> int:
        """Of the state."""
        return c.ecm_monitor_words(&self._cfg)
