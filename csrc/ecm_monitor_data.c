/* ecm_monitor_data.c - see ecm_monitor_data.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_monitor_data.h"
#include "ecm_math.h"

/* Goes over the numbers: it writes them to `out`, takes them from `in`, or, where both
 * are NULL, counts them. */
typedef struct {
    uint32_t *out;
    const uint32_t *in;
    uint32_t at;
    bool refused; /* a number that no tables can have */
} data_walk_t;

static void data_word(data_walk_t *w, uint32_t *word) {
    if (w->out != NULL) {
        w->out[w->at] = *word;
    } else if (w->in != NULL) {
        *word = w->in[w->at];
    }
    w->at++;
}

static void data_number(data_walk_t *w, float *x) {
    uint32_t word;
    memcpy(&word, x, sizeof word);
    data_word(w, &word);
    memcpy(x, &word, sizeof word);
}

/* An array that is pointed to. */
static void data_array(data_walk_t *w, const float **x, uint32_t x_len) {
    if (w->out != NULL && x_len != 0U) {
        memcpy(&w->out[w->at], *x, sizeof **x * (size_t)x_len);
    } else if (w->in != NULL && x_len != 0U) {
        *x = (const float *)(const void *)&w->in[w->at];
    }
    w->at += x_len;
}

static void data_score(data_walk_t *w, ecm_monitor_score_t *own) {
    ecm_score_cfg_t *score = &own->score;
    uint32_t i, order = score->order;
    data_number(w, &score->center);
    data_number(w, &score->scale);
    data_number(w, &own->floor);
    data_number(w, &own->spread);
    for (i = 0; i < (uint32_t)ECM_SCORE_ORDER_MAX; i++) {
        data_number(w, &score->phi[i]);
    }
    data_word(w, &order);
    score->order = (uint16_t)(order < 0xffffU ? order : 0xffffU);
    w->refused = w->refused || order > (uint32_t)ECM_SCORE_ORDER_MAX;
    if (score->edges_len != 0U) {
        data_array(w, &score->edges, score->edges_len);
        data_array(w, &score->scores, 2U * (uint32_t)score->edges_len + 1U);
    }
}

static void data_counts(data_walk_t *w, ecm_monitor_counts_t *own) {
    data_number(w, &own->limit);
    data_word(w, &own->dist.reference_n);
    if (own->dist.edges != NULL) {
        data_array(w, &own->dist.edges, own->dist.bins - 1U);
    }
    data_array(w, &own->dist.reference, own->dist.bins);
}

static void data_t2(data_walk_t *w, ecm_monitor_t2_t *own) {
    uint32_t n = own->t2.features_len;
    data_number(w, &own->t2.lambda);
    data_number(w, &own->t2.limit);
    data_array(w, &own->t2.mean, n);
    data_array(w, &own->t2.whiten, n * (n + 1U) / 2U);
}

/* Is this a row that ecm_monitor_init takes? Where numbers are read, but not kept. */
static void data_judge(data_walk_t *w, const ecm_monitor_cfg_t *cfg,
                       const ecm_monitor_row_t *row, const void *settings,
                       const ecm_monitor_tables_t *tables) {
    if (w->in != NULL && tables == NULL) {
        ecm_monitor_row_t tried = *row;
        tried.cfg = settings;
        w->refused = w->refused || !(tried.top >= 1.0f) ||
                     tried.form->check(&tried, cfg->scores_len, NULL) != ECM_OK;
    }
}

/* A row; its settings go to the next free ones of `tables`. */
static void data_row(data_walk_t *w, const ecm_monitor_cfg_t *cfg,
                     ecm_monitor_row_t *row, const ecm_monitor_tables_t *tables,
                     uint32_t *counts, uint32_t *t2) {
    const float *floats = (const float *)row->cfg;
    data_number(w, &row->top);
    if (row->form->id == ECM_MONITOR_COUNTS || row->form->id == ECM_MONITOR_CLASSES) {
        ecm_monitor_counts_t own = *(const ecm_monitor_counts_t *)row->cfg;
        data_counts(w, &own);
        data_judge(w, cfg, row, &own, tables);
        if (tables != NULL) {
            tables->counts[*counts] = own;
            row->cfg = &tables->counts[*counts];
        }
        (*counts)++;
    } else if (row->form->id == ECM_MONITOR_T2) {
        ecm_monitor_t2_t own = *(const ecm_monitor_t2_t *)row->cfg;
        data_t2(w, &own);
        data_judge(w, cfg, row, &own, tables);
        if (tables != NULL) {
            tables->t2[*t2] = own;
            row->cfg = &tables->t2[*t2];
        }
        (*t2)++;
    } else {
        if (row->form->id != ECM_MONITOR_KIND) {
            /* k and h, weight and limit, or a limit: floats one behind the other */
            data_array(w, &floats, row->form->id == ECM_MONITOR_LIMIT ? 1U : 2U);
            row->cfg = floats;
        }
        data_judge(w, cfg, row, row->cfg, tables);
    }
}

static void data_walk(data_walk_t *w, const ecm_monitor_cfg_t *cfg, uint32_t *id,
                      const ecm_monitor_tables_t *tables) {
    uint32_t i, counts = 0, t2 = 0;
    data_word(w, id);
    for (i = 0; i < cfg->scores_len; i++) {
        ecm_monitor_score_t own = cfg->scores[i];
        data_score(w, &own);
        w->refused = w->refused || !ecm_monitor_score_fits(&own) ||
                     (own.floor > 0.0f && cfg->log == NULL);
        if (tables != NULL) {
            tables->scores[i] = own;
        }
    }
    for (i = 0; i < cfg->rows_len; i++) {
        ecm_monitor_row_t own = cfg->rows[i];
        data_row(w, cfg, &own, tables, &counts, &t2);
        if (tables != NULL) {
            tables->rows[i] = own;
        }
    }
}

uint32_t ecm_monitor_data_len(const ecm_monitor_cfg_t *cfg) {
    data_walk_t w = {NULL, NULL, 0, false};
    uint32_t id = 0;
    if (ecm_monitor_words(cfg) == 0U) {
        return 0;
    }
    data_walk(&w, cfg, &id, NULL);
    return w.at;
}

/* Is there something behind every pointer? */
static bool data_is_there(const ecm_monitor_cfg_t *cfg) {
    uint32_t i;
    if (ecm_monitor_words(cfg) == 0U) {
        return false;
    }
    for (i = 0; i < cfg->scores_len; i++) {
        const ecm_score_cfg_t *score = &cfg->scores[i].score;
        if (score->edges_len != 0U && (score->edges == NULL || score->scores == NULL)) {
            return false;
        }
    }
    for (i = 0; i < cfg->rows_len; i++) {
        const ecm_monitor_t2_t *t2 = (const ecm_monitor_t2_t *)cfg->rows[i].cfg;
        if (cfg->rows[i].form->id == ECM_MONITOR_T2 &&
            (t2->t2.mean == NULL || t2->t2.whiten == NULL)) {
            return false;
        }
    }
    return true;
}

ecm_status_t ecm_monitor_data_get(const ecm_monitor_cfg_t *cfg, uint32_t *data) {
    data_walk_t w = {NULL, NULL, 0, false};
    uint32_t id;
    ECM_REQUIRE(data_is_there(cfg) && data != NULL, ECM_ERR_NULL);
    w.out = data;
    id = cfg->id;
    data_walk(&w, cfg, &id, NULL);
    return ECM_OK;
}

/* Is there memory for the tables? */
static ecm_status_t data_room(const ecm_monitor_cfg_t *cfg,
                              const ecm_monitor_tables_t *tables) {
    uint32_t i, counts = 0, t2 = 0;
    ECM_REQUIRE(tables->scores != NULL || cfg->scores_len == 0U, ECM_ERR_NULL);
    ECM_REQUIRE(tables->rows != NULL || cfg->rows_len == 0U, ECM_ERR_NULL);
    for (i = 0; i < cfg->rows_len; i++) {
        uint32_t form = cfg->rows[i].form->id;
        counts += form == ECM_MONITOR_COUNTS || form == ECM_MONITOR_CLASSES ? 1U : 0U;
        t2 += form == ECM_MONITOR_T2 ? 1U : 0U;
    }
    ECM_REQUIRE(counts <= tables->counts_len && t2 <= tables->t2_len, ECM_ERR_LENGTH);
    ECM_REQUIRE((counts == 0U || tables->counts != NULL) &&
                    (t2 == 0U || tables->t2 != NULL),
                ECM_ERR_NULL);
    return ECM_OK;
}

ecm_status_t ecm_monitor_data_check(const ecm_monitor_cfg_t *cfg,
                                    const uint32_t *data) {
    data_walk_t w = {NULL, NULL, 0, false};
    uint32_t id = 0;
    ECM_REQUIRE(ecm_monitor_words(cfg) != 0U && data != NULL, ECM_ERR_NULL);
    w.in = data;
    data_walk(&w, cfg, &id, NULL);
    return w.refused ? ECM_ERR_FORMAT : ECM_OK;
}

ecm_status_t ecm_monitor_data_set(const ecm_monitor_cfg_t *cfg, const uint32_t *data,
                                  const ecm_monitor_tables_t *tables,
                                  ecm_monitor_cfg_t *made) {
    data_walk_t w = {NULL, NULL, 0, false};
    uint32_t id = 0;
    ecm_status_t status;
    ECM_REQUIRE(tables != NULL && made != NULL, ECM_ERR_NULL);
    status = ecm_monitor_data_check(cfg, data);
    ECM_REQUIRE(status == ECM_OK, status);
    status = data_room(cfg, tables);
    ECM_REQUIRE(status == ECM_OK, status);
    w.in = data;
    data_walk(&w, cfg, &id, tables);
    *made = *cfg;
    made->id = id;
    made->scores = tables->scores;
    made->rows = tables->rows;
    return ECM_OK;
}

ecm_status_t ecm_monitor_rebase_f32(const ecm_monitor_score_t *known,
                                    uint32_t scores_len, const float *means,
                                    const float *spreads, uint32_t features_len,
                                    ecm_monitor_score_t *scores) {
    uint32_t i;
    ECM_REQUIRE((known != NULL && scores != NULL) || scores_len == 0U, ECM_ERR_NULL);
    ECM_REQUIRE((means != NULL && spreads != NULL) || features_len == 0U, ECM_ERR_NULL);
    for (i = 0; i < scores_len; i++) {
        uint32_t input = known[i].input;
        float scale;
        scores[i] = known[i];
        if (!(known[i].spread > 0.0f) || input >= features_len ||
            !(spreads[input] > 0.0f) || !ecm_math_isfinite_f32(means[input])) {
            continue;
        }
        scale = known[i].score.scale * known[i].spread / spreads[input];
        if (scale > 0.0f && ecm_math_isfinite_f32(scale)) {
            scores[i].score.center = means[input];
            scores[i].score.scale = scale;
        }
    }
    return ECM_OK;
}
