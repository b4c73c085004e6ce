/* ecm_host_feat_envelope.c - the step "envelope" of feature plans for blocks of
 * windows.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_envelope.h"
#include "ecm_feat_envelope.h"
#include "ecm_host_feat_block.h"

enum {
    FEAT_APART = 16, /* floats between rows: their lengths are powers of two */
    FEAT_PART = 64,  /* bins that are whitened together */
    FEAT_ROWS = ECM_HOST_KERNEL_ROWS_MAX /* windows whose lines are read together */
};

/* The memory of a block. */
typedef struct {
    const ecm_feat_envelope_cfg_t *cfg;
    uint32_t m;    /* elements of the inverse transform; m / 2 are new samples */
    uint32_t len;  /* samples of a history */
    float *white;  /* whitened bins of one window, and one more on either side */
    float *band;   /* rows of m complex numbers: bins of the band */
    float *z;      /* rows of m complex numbers: their transforms */
    size_t stride; /* of band and z */
    float *fine;   /* what the decimator holds, then the samples of all windows */
    float *dots;   /* work memory of the decimator */
    float *stream; /* the history before the block, then what windows add to it */
    uint32_t end[FEAT_BLOCK_MAX]; /* where the history of each window ends in stream */
    float *bins; /* rows of len floats: transforms of histories, their amplitudes */
    size_t bins_stride;
} envelope_t;

/* ---- memory -----------------------------------------------------------------------
 */

static uint32_t envelope_taps_len(const ecm_feat_envelope_cfg_t *cfg) {
    const ecm_decimate_cfg_f32_t *low = &cfg->lines.history.low;
    return low->taps != NULL ? low->taps_len : 0U;
}

static uint32_t envelope_white_len(const ecm_feat_envelope_cfg_t *cfg) {
    return 2U * (cfg->band.bins_len + 2U) + (uint32_t)FEAT_APART;
}

static uint32_t envelope_fine_len(const ecm_feat_envelope_cfg_t *cfg, uint32_t rows) {
    uint32_t taps_len = envelope_taps_len(cfg);
    uint32_t fine_len = taps_len + rows * (cfg->band.inverse->len / 2U);
    return taps_len > 0U ? fine_len + ECM_HOST_KERNEL_DOTS_LEN(fine_len) : 0U;
}

static uint32_t envelope_stream_len(const ecm_feat_envelope_cfg_t *cfg, uint32_t rows) {
    return cfg->lines.history.len + rows * (cfg->band.inverse->len / 2U) +
           (uint32_t)FEAT_APART;
}

/* Rows of band and z are no longer needed when those of bins are: these lie on both. */
static uint32_t envelope_row_len(const ecm_feat_envelope_cfg_t *cfg) {
    uint32_t two = 4U * cfg->band.inverse->len + 2U * (uint32_t)FEAT_APART;
    uint32_t one = cfg->lines.history.len + (uint32_t)FEAT_APART;
    return one > two ? one : two;
}

uint32_t ecm_host_feat_envelope_len(const ecm_feat_step_t *step, uint32_t block_len) {
    const ecm_feat_envelope_cfg_t *cfg = (const ecm_feat_envelope_cfg_t *)step->cfg;
    return envelope_white_len(cfg) + envelope_fine_len(cfg, block_len) +
           envelope_stream_len(cfg, block_len) + block_len * envelope_row_len(cfg);
}

static void envelope_lay(envelope_t *e, const feat_block_t *block,
                         const ecm_feat_step_t *step) {
    uint32_t block_len = block->engine->block_len;
    e->cfg = (const ecm_feat_envelope_cfg_t *)step->cfg;
    e->m = e->cfg->band.inverse->len;
    e->len = e->cfg->lines.history.len;
    e->stride = 2U * e->m + (size_t)FEAT_APART;
    e->bins_stride = e->len + (size_t)FEAT_APART;
    e->white = block->extra;
    e->fine = e->white + envelope_white_len(e->cfg);
    e->dots = e->fine + envelope_taps_len(e->cfg) + block_len * (e->m / 2U);
    e->stream = e->fine + envelope_fine_len(e->cfg, block_len);
    e->band = e->stream + envelope_stream_len(e->cfg, block_len);
    e->z = e->band + block_len * e->stride;
    e->bins = e->band;
}

/* ---- detector ---------------------------------------------------------------------
 */

/* The tapered bins of a window, zeros around them. */
static void envelope_band(const envelope_t *e, const feat_block_t *block,
                          uint32_t row) {
    const ecm_host_kernels_t *kernels = block->engine->kernels;
    const ecm_envelope_band_t *band = &e->cfg->band;
    const float *bins = block->work + row * block->work_stride + 2U * band->bin;
    float scale = 0.5f / (float)band->window_len, *to = e->band + row * e->stride;
    uint32_t odd = band->bin & 1U, past = band->bins_len + odd, white, k, some;
    memset(to, 0, 2U * odd * sizeof *to);
    memset(to + 2U * past, 0, 2U * (e->m - past) * sizeof *to);
    to += 2U * odd;
    if (e->cfg->detect != ecm_envelope_white_f32) {
        kernels->taper(bins, band->bins_len, scale, to);
        return;
    }
    /* In parts, so that the taper of one runs during the divisions of the next. */
    for (white = 0, k = 0; k < band->bins_len; k += some) {
        some = band->bins_len + 2U - white;
        some = some < (uint32_t)FEAT_PART ? some : (uint32_t)FEAT_PART;
        kernels->whiten(bins - 2 + 2U * white, some, e->white + 2U * white);
        white += some;
        some = white - 2U - k;
        kernels->taper(e->white + 2U + 2U * k, some, scale, to + 2U * k);
    }
}

/* Analytic signals: the first half of each row of z. */
static void envelope_join(const envelope_t *e, const feat_block_t *block,
                          float *overlap) {
    uint32_t row, m = e->m;
    for (row = 0; row < block->rows; row++) {
        float *z = e->z + row * e->stride;
        const float *before = row > 0U ? z - e->stride + m : overlap;
        block->engine->kernels->add(z, before, m, z);
    }
    memcpy(overlap, e->z + (block->rows - 1U) * e->stride + m, m * sizeof *overlap);
    overlap[m] = 1.0f;
}

/* mean p^2 / (mean p)^2 of p = |z|^2, for the rows that ask for it. */
static void envelope_kurtosis(const envelope_t *e, const feat_block_t *block,
                              const ecm_feat_step_t *step) {
    const ecm_host_kernels_t *kernels = block->engine->kernels;
    const float *p[ECM_HOST_KERNEL_ROWS_MAX];
    float sum[ECM_HOST_KERNEL_ROWS_MAX], square[ECM_HOST_KERNEL_ROWS_MAX];
    uint32_t i, j, row, features_len = block->engine->plan->features_len;
    for (row = 0; row < block->rows; row++) { /* band is free again */
        kernels->squared(e->z + row * e->stride, e->m / 2U, e->band + row * e->stride);
    }
    for (row = 0; row < block->rows; row += kernels->rows) {
        for (i = 0; i < kernels->rows; i++) {
            p[i] = e->band + (row + i < block->rows ? row + i : row) * e->stride;
        }
        kernels->sum_squares(p, e->m / 2U, sum, square);
        for (i = 0; i < kernels->rows && row + i < block->rows; i++) {
            float *out = block->out + (size_t)(row + i) * features_len;
            float both = sum[i] * sum[i];
            for (j = 0; j < step->rows_len; j++) {
                if (step->rows[j].id == (uint16_t)ECM_FEAT_ENV_KURTOSIS) {
                    out[j] = both > 0.0f ? square[i] * (float)(e->m / 2U) / both : 0.0f;
                }
            }
        }
    }
}

/* Samples of the envelope of rows from ... on, one behind the other. */
static void envelope_form(const envelope_t *e, const feat_block_t *block, uint32_t from,
                          float *out) {
    const ecm_host_kernels_t *kernels = block->engine->kernels;
    uint32_t row, half = e->m / 2U;
    for (row = from; row < block->rows; row++, out += half) {
        float *z = e->z + row * e->stride;
        if (e->cfg->form == ecm_envelope_log_f32) {
            kernels->log_squared(z, half, out);
        } else if (e->cfg->form == ecm_envelope_squared_f32) {
            kernels->squared(z, half, out);
        } else if (e->cfg->form == ecm_envelope_magnitude_f32) {
            kernels->magnitude(z, half, out);
        } else {
            (void)e->cfg->form(z, half, z);
            memcpy(out, z, half * sizeof *out);
        }
    }
}

/* ---- decimation -------------------------------------------------------------------
 */

/* What the decimator holds, to the front of fine; at the first sample ever, as if it
 * had been there always. */
static void envelope_hold(const envelope_t *e, float *held) {
    const ecm_decimate_cfg_f32_t *low = &e->cfg->lines.history.low;
    uint32_t i, at = (uint32_t)held[ECM_ENVELOPE_LINE_AT];
    if (held[ECM_ENVELOPE_SKIP] != 0.0f) {
        /* The line has all samples twice, so that any taps_len of them lie in a row. */
        memcpy(e->fine, held + ECM_ENVELOPE_HEAD + e->len + at,
               low->taps_len * sizeof *held);
        return;
    }
    for (i = 0; i < low->taps_len; i++) {
        e->fine[i] = e->fine[low->taps_len];
    }
    held[ECM_ENVELOPE_LINE_AT] = 0.0f;
    held[ECM_ENVELOPE_LINE_WAIT] = 0.0f;
    held[ECM_ENVELOPE_SKIP] =
        (float)(1U + (low->taps_len + low->factor - 2U) / low->factor);
}

/* The other way round, count samples later. */
static void envelope_keep(const envelope_t *e, uint32_t count, float *held) {
    uint32_t i, taps_len = envelope_taps_len(e->cfg);
    uint32_t at = ((uint32_t)held[ECM_ENVELOPE_LINE_AT] + count) % taps_len;
    float *line = held + ECM_ENVELOPE_HEAD + e->len;
    const float *last = e->fine + count;
    held[ECM_ENVELOPE_LINE_AT] = (float)at;
    for (i = 0; i < taps_len; i++) {
        uint32_t place = at + i < taps_len ? at + i : at + i - taps_len;
        line[place] = last[i];
        line[place + taps_len] = last[i];
    }
}

/* The rows' samples in fine, decimated to the end of stream; e->end is set. As
 * envelope_lower of ecm_envelope.c does it for one window. */
static void envelope_decimate(envelope_t *e, const feat_block_t *block, float *held,
                              uint32_t from) {
    const ecm_decimate_cfg_f32_t *low = &e->cfg->lines.history.low;
    uint32_t all = (block->rows - from) * (e->m / 2U), row, wait, skip, count;
    envelope_hold(e, held);
    wait = (uint32_t)held[ECM_ENVELOPE_LINE_WAIT];
    skip = (uint32_t)held[ECM_ENVELOPE_SKIP] - 1U; /* outputs that are left out */
    count = wait < all ? (all - wait - 1U) / low->factor + 1U : 0U;
    skip = skip < count ? skip : count;
    /* The sum for sample i of the rows is over fine[i + 1] ... */
    block->engine->kernels->dots(e->fine + 1U + wait + skip * low->factor, low->factor,
                                 count - skip, low->taps, low->taps_len, e->dots,
                                 e->stream + e->len);
    for (row = from; row < block->rows; row++) {
        uint32_t past = (row + 1U - from) * (e->m / 2U);
        uint32_t some = wait < past ? (past - wait - 1U) / low->factor + 1U : 0U;
        e->end[row] = e->len + (some > skip ? some - skip : 0U);
    }
    held[ECM_ENVELOPE_LINE_WAIT] = (float)(wait + count * low->factor - all);
    held[ECM_ENVELOPE_SKIP] -= (float)skip;
    envelope_keep(e, all, held);
}

/* ---- history ----------------------------------------------------------------------
 */

/* The ring of the state in order of time. */
static void envelope_unroll(const envelope_t *e, const float *held) {
    const float *ring = held + ECM_ENVELOPE_HEAD;
    uint32_t at = (uint32_t)held[ECM_ENVELOPE_AT];
    memcpy(e->stream, ring + at, (e->len - at) * sizeof *ring);
    memcpy(e->stream + e->len - at, ring, at * sizeof *ring);
}

/* What the stream has got, into the ring. */
static void envelope_roll(const envelope_t *e, uint32_t end, float *held) {
    float *ring = held + ECM_ENVELOPE_HEAD;
    uint32_t at = (uint32_t)held[ECM_ENVELOPE_AT], count = end - e->len, first;
    uint32_t all = (uint32_t)held[ECM_ENVELOPE_HELD] + count;
    const float *x = e->stream + e->len;
    held[ECM_ENVELOPE_HELD] = (float)(all < e->len ? all : e->len);
    if (count > e->len) { /* the ring goes round more than once */
        at = (at + (count - e->len)) % e->len;
        x += count - e->len;
        count = e->len;
    }
    first = e->len - at < count ? e->len - at : count;
    memcpy(ring + at, x, first * sizeof *ring);
    memcpy(ring, x + first, (count - first) * sizeof *ring);
    held[ECM_ENVELOPE_AT] = (float)((at + count) % e->len);
}

/* Each window's samples, from the first one that has any, into the stream and the
 * state. Returns how many windows then have no full history. */
static uint32_t envelope_push(envelope_t *e, const feat_block_t *block, float *held,
                              uint32_t from) {
    uint32_t row, taps_len = envelope_taps_len(e->cfg);
    uint32_t before = (uint32_t)held[ECM_ENVELOPE_HELD];
    if (from >= block->rows) {
        return from;
    }
    envelope_unroll(e, held);
    if (taps_len > 0U) {
        envelope_form(e, block, from, e->fine + taps_len);
        envelope_decimate(e, block, held, from);
    } else {
        envelope_form(e, block, from, e->stream + e->len);
        for (row = from; row < block->rows; row++) {
            e->end[row] = e->len + (row + 1U - from) * (e->m / 2U);
        }
    }
    envelope_roll(e, e->end[block->rows - 1U], held);
    while (from < block->rows && before + e->end[from] - e->len < e->len) {
        from++;
    }
    return from;
}

/* Amplitudes of the spectra of histories, of rows from ... on. Histories that end
 * equally far from each other are rows of one call. */
static void envelope_spectra(const envelope_t *e, const feat_block_t *block,
                             uint32_t from) {
    uint32_t row, i, rows, step;
    for (row = from; row < block->rows; row += rows) {
        rows = 1;
        step = row + 1U < block->rows ? e->end[row + 1U] - e->end[row] : 0U;
        while (row + rows < block->rows &&
               e->end[row + rows] - e->end[row + rows - 1U] == step) {
            rows++;
        }
        (void)ecm_host_fft_packed_f32(
            &block->engine->history, e->stream + e->end[row] - e->len, (ptrdiff_t)step,
            rows, NULL, 1, e->bins + row * e->bins_stride, e->bins_stride);
        for (i = row; i < row + rows; i++) {
            float *bins = e->bins + i * e->bins_stride;
            block->engine->kernels->amplitude(bins, e->len, bins);
        }
    }
}

/* ---- lines ------------------------------------------------------------------------
 */

/* Lines that a row adds up. */
static uint32_t envelope_lines_len(const ecm_feat_row_t *row) {
    switch (row->id) {
    case ECM_FEAT_ENV_HARMONICS:
    case ECM_FEAT_ENV_SHARE:
        return row->n;
    case ECM_FEAT_ENV_SIDEBANDS:
        return 2U * row->n;
    case ECM_FEAT_ENV_KURTOSIS:
        return 0;
    default:
        return 1;
    }
}

static void envelope_find(feat_lines_t *lines, const envelope_t *e, float f_hz) {
    const ecm_feat_lines_cfg_t *cfg = &e->cfg->lines;
    lines->range[lines->len++] =
        ecm_envelope_line_range(cfg->bin_hz, e->len / 2U + 1U, f_hz, cfg->halfwidth);
}

/* Where the lines of all rows are at a speed: that of the windows before, mostly. */
static void envelope_find_all(feat_lines_t *lines, const envelope_t *e,
                              const ecm_feat_step_t *step, float speed_hz) {
    uint32_t i, h;
    lines->known = true;
    lines->speed_hz = speed_hz;
    lines->len = 0;
    lines->background = ecm_envelope_band_range(e->cfg->lines.bin_hz, e->len / 2U + 1U,
                                                ECM_FEAT_ENVELOPE_ORDER_LO * speed_hz,
                                                ECM_FEAT_ENVELOPE_ORDER_HI * speed_hz);
    for (i = 0; i < step->rows_len; i++) {
        const ecm_feat_row_t *row = &step->rows[i];
        float f_hz = row->a * speed_hz, spacing_hz = row->b * speed_hz;
        uint32_t count = envelope_lines_len(row);
        if (row->id != (uint16_t)ECM_FEAT_ENV_SIDEBANDS) {
            for (h = 1; h <= count; h++) {
                envelope_find(lines, e, f_hz * (float)h);
            }
        } else {
            for (h = 1; h <= row->n; h++) {
                float off_hz = spacing_hz * (float)h;
                if (off_hz < f_hz) {
                    envelope_find(lines, e, f_hz - off_hz);
                }
                envelope_find(lines, e, f_hz + off_hz);
            }
        }
        lines->past[i] = lines->len;
    }
}

/* Sums of the lines first ... past - 1 of some windows. */
static void envelope_sums(const feat_lines_t *lines, uint32_t first, uint32_t past,
                          const float *const *amplitude, float *sum) {
    uint32_t i, k;
    memset(sum, 0, FEAT_ROWS * sizeof *sum);
    for (; first < past; first++) {
        ecm_envelope_range_t range = lines->range[first];
        float peak[FEAT_ROWS] = {0.0f};
        for (k = range.first; k < range.past; k++) {
            for (i = 0; i < (uint32_t)FEAT_ROWS; i++) {
                peak[i] = amplitude[i][k] > peak[i] ? amplitude[i][k] : peak[i];
            }
        }
        for (i = 0; i < (uint32_t)FEAT_ROWS; i++) {
            sum[i] += peak[i];
        }
    }
}

/* All rows of some windows but env_kurtosis, before they are divided by each other. */
static void envelope_rows(const feat_lines_t *lines, const ecm_feat_step_t *step,
                          const float *const *amplitude, const float *background,
                          uint32_t some, float *const *out) {
    float sum[FEAT_ROWS];
    uint32_t i, row, first = 0;
    for (i = 0; i < step->rows_len; i++) {
        uint16_t id = step->rows[i].id;
        if (id == (uint16_t)ECM_FEAT_ENV_KURTOSIS) {
            continue;
        }
        envelope_sums(lines, first, lines->past[i], amplitude, sum);
        first = lines->past[i];
        for (row = 0; row < some; row++) {
            out[row][i] = background[row] > 0.0f ? sum[row] : 0.0f;
            if (id != (uint16_t)ECM_FEAT_ENV_SHARE &&
                id != (uint16_t)ECM_FEAT_ENV_LINE && background[row] > 0.0f) {
                out[row][i] /= background[row];
            }
        }
    }
}

/* Rows env_share over their sum. */
static void envelope_share(const ecm_feat_step_t *step, float *out) {
    float shares = 0.0f;
    uint32_t i;
    for (i = 0; i < step->rows_len; i++) {
        if (step->rows[i].id == (uint16_t)ECM_FEAT_ENV_SHARE) {
            shares += out[i];
        }
    }
    for (i = 0; i < step->rows_len; i++) {
        if (step->rows[i].id == (uint16_t)ECM_FEAT_ENV_SHARE && shares > 0.0f) {
            out[i] /= shares;
        }
    }
}

/* Mean amplitudes of some windows. */
static void envelope_background(const feat_lines_t *lines,
                                const ecm_host_kernels_t *kernels,
                                const float *const *amplitude, float *background) {
    uint32_t i, bins = lines->background.past - lines->background.first;
    const float *at[FEAT_ROWS];
    for (i = 0; i < (uint32_t)FEAT_ROWS; i++) {
        at[i] = amplitude[i] + lines->background.first;
    }
    for (i = 0; i < (uint32_t)FEAT_ROWS; i += kernels->rows) {
        kernels->sum(at + i, bins, background + i);
    }
    for (i = 0; i < (uint32_t)FEAT_ROWS; i++) {
        background[i] = bins > 0U ? background[i] / (float)bins : 0.0f;
    }
}

/* Windows of one speed, at most FEAT_ROWS at a time. */
static void envelope_lines(const envelope_t *e, feat_block_t *block,
                           const ecm_feat_step_t *step, uint32_t from) {
    const float *amplitude[FEAT_ROWS];
    float background[FEAT_ROWS], *out[FEAT_ROWS];
    uint32_t i, row, some;
    for (row = from; row < block->rows; row += some) {
        float speed_hz = block->speed_hz[row];
        if (!block->lines.known || speed_hz != block->lines.speed_hz) {
            envelope_find_all(&block->lines, e, step, speed_hz);
        }
        some = 1;
        while (some < (uint32_t)FEAT_ROWS && row + some < block->rows &&
               block->speed_hz[row + some] == speed_hz) {
            some++;
        }
        for (i = 0; i < (uint32_t)FEAT_ROWS; i++) {
            uint32_t at = row + (i < some ? i : 0U);
            amplitude[i] = e->bins + at * e->bins_stride;
            out[i] = block->out + (size_t)at * block->engine->plan->features_len;
        }
        envelope_background(&block->lines, block->engine->kernels, amplitude,
                            background);
        envelope_rows(&block->lines, step, amplitude, background, some, out);
        for (i = 0; i < some; i++) {
            envelope_share(step, out[i]);
        }
    }
}

/* ---- the step ---------------------------------------------------------------------
 */

bool ecm_host_feat_envelope_takes(const ecm_feat_step_t *step) {
    uint32_t i, lines_len = 0;
    if (step->rows_len > (uint32_t)FEAT_LINES_MAX) {
        return false;
    }
    for (i = 0; i < step->rows_len && lines_len <= (uint32_t)FEAT_LINES_MAX; i++) {
        lines_len += envelope_lines_len(&step->rows[i]);
    }
    return lines_len <= (uint32_t)FEAT_LINES_MAX;
}

void ecm_host_feat_envelope(feat_block_t *block, const ecm_feat_step_t *step) {
    envelope_t e;
    float *overlap = block->state + step->state_at;
    uint32_t i, row, from;
    envelope_lay(&e, block, step);
    from = overlap[e.m] != 0.0f ? 0U : 1U; /* the first window has no neighbour */
    for (row = 0; row < block->rows; row++) {
        envelope_band(&e, block, row);
    }
    (void)ecm_host_fft_c2c_f32(&block->engine->inverse, e.band, (ptrdiff_t)e.stride,
                               block->rows, 1, e.z, e.stride);
    envelope_join(&e, block, overlap);
    for (i = 0; i < step->rows_len; i++) {
        if (step->rows[i].id == (uint16_t)ECM_FEAT_ENV_KURTOSIS) {
            envelope_kurtosis(&e, block, step);
            break;
        }
    }
    from = envelope_push(&e, block, overlap + ECM_ENVELOPE_OVERLAP_LEN(e.m), from);
    for (row = 0; row < from; row++) {
        block->news[row] = ECM_MORE;
    }
    envelope_spectra(&e, block, from);
    envelope_lines(&e, block, step, from);
}
