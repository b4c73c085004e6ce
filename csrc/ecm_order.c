/* ecm_order.c - see ecm_order.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_order.h"

#include "ecm_math.h"
#include "ecm_tables_order.h"

ECM_STATIC_ASSERT(ECM_TACHO_TICKS == 65536, order_ticks_are_2_16);

#define TICK (1.0f / (float)ECM_TACHO_TICKS)
#define INTERVAL_MAX 4194304.0f /* samples */
/* Earliest time of an output after the first sample. */
#define ORDER_FROM (ECM_ORDER_BEFORE * (int64_t)ECM_TACHO_TICKS)

/* ---- edges of a known speed --------------------------------------------------------
 */

/* Ticks of an interval of less than 2^22 samples, rounded half up. */
static uint64_t order_ticks(float samples) {
    uint32_t whole = (uint32_t)samples;
    float rest = (samples - (float)whole) * (float)ECM_TACHO_TICKS;
    return ((uint64_t)whole << 16) + (uint32_t)(rest + 0.5f);
}

/* Samples to the next edge at a squared speed; 0 where there is none. */
static float order_interval(float fs_hz, float square, float rate_hz_s) {
    float next = square + 2.0f * rate_hz_s, samples;
    if (!(square > 0.0f && next > 0.0f)) {
        return 0.0f;
    }
    samples = 2.0f * fs_hz / (ecm_math_sqrt_f32(square) + ecm_math_sqrt_f32(next));
    return samples >= TICK && samples < INTERVAL_MAX ? samples : 0.0f;
}

ecm_status_t ecm_order_run_f32(float fs_hz, float speed_hz, float rate_hz_s,
                               uint64_t start, uint64_t *edges, uint32_t edges_len) {
    float square;
    uint32_t i;
    ECM_REQUIRE(edges != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(edges_len >= 2U, ECM_ERR_LENGTH);
    ECM_REQUIRE(fs_hz > 0.0f && ecm_math_isfinite_f32(fs_hz) && speed_hz > 0.0f &&
                    ecm_math_isfinite_f32(rate_hz_s),
                ECM_ERR_ARG);
    square = speed_hz * speed_hz;
    for (i = 1; i < edges_len; i++) { /* a refusal writes nothing: look first */
        ECM_REQUIRE(order_interval(fs_hz, square, rate_hz_s) > 0.0f, ECM_ERR_ARG);
        square += 2.0f * rate_hz_s;
    }
    square = speed_hz * speed_hz;
    edges[0] = start;
    for (i = 1; i < edges_len; i++) {
        edges[i] =
            edges[i - 1U] + order_ticks(order_interval(fs_hz, square, rate_hz_s));
        square += 2.0f * rate_hz_s;
    }
    return ECM_OK;
}

/* ---- angle to time -----------------------------------------------------------------
 */

static float order_samples(uint64_t from, uint64_t to) {
    return (float)(to - from) * TICK;
}

/* Time in samples since edges[i] as a polynomial in the share of the interval to
 * edges[i + 1]: ((c3 v + c2) v + c1) v. */
typedef struct {
    float c1, c2, c3;
    float end; /* at v = 1 */
} order_curve_t;

static order_curve_t order_curve(const uint64_t *edges, uint32_t edges_len,
                                 uint32_t i) {
    order_curve_t curve;
    bool has_before = i > 0U, has_after = i + 2U < edges_len;
    float before = has_before ? order_samples(edges[i - 1U], edges[i]) : 0.0f;
    float after = has_after ? order_samples(edges[i], edges[i + 2U]) : 0.0f;
    curve.end = order_samples(edges[i], edges[i + 1U]);
    curve.c1 = curve.end;
    curve.c2 = 0.0f;
    curve.c3 = 0.0f;
    if (has_before) {
        float half = 0.5f * (curve.end + before);
        curve.c2 = 0.5f * (curve.end - before);
        curve.c1 = half;
        if (has_after) {
            curve.c3 = (after - 4.0f * curve.c2 - 2.0f * half) * (1.0f / 6.0f);
            curve.c1 = half - curve.c3;
        }
    } else if (has_after) {
        curve.c2 = 0.5f * (after - 2.0f * curve.end);
        curve.c1 = curve.end - curve.c2;
    }
    return curve;
}

/* Time of an angle: ticks since edges[i]. */
static int64_t order_time(const order_curve_t *curve, float v) {
    float t = ((curve->c3 * v + curve->c2) * v + curve->c1) * v;
    t = t > 0.0f ? t : 0.0f; /* edges that jump about must not turn time back */
    t = t < curve->end ? t : curve->end;
    return (int64_t)order_ticks(t);
}

/* ---- between samples ---------------------------------------------------------------
 */

/* The signal at part ticks behind x[3], from x[0] ... x[7]: by two rows of taps. */
static float order_between(const float *x, uint32_t part) {
    const uint32_t step = (uint32_t)ECM_TACHO_TICKS / ECM_TABLES_ORDER_PHASES;
    const float *taps = ecm_tables_order_f32 + (part / step) * ECM_TABLES_ORDER_TAPS;
    float share = (float)(part % step) * (1.0f / (float)step);
    float a[4] = {0.0f, 0.0f, 0.0f, 0.0f}, b[4] = {0.0f, 0.0f, 0.0f, 0.0f}, y, z;
    uint32_t k;
    for (k = 0; k < 2U; k++) {
        ecm_port_pair_f32_t x0 = ecm_port_load2_f32(x), x2 = ecm_port_load2_f32(x + 2);
        ecm_port_pair_f32_t a0 = ecm_port_load2_f32(taps);
        ecm_port_pair_f32_t a2 = ecm_port_load2_f32(taps + 2);
        ecm_port_pair_f32_t b0 = ecm_port_load2_f32(taps + 8);
        ecm_port_pair_f32_t b2 = ecm_port_load2_f32(taps + 10);
        a[0] += x0.a * a0.a;
        a[1] += x0.b * a0.b;
        a[2] += x2.a * a2.a;
        a[3] += x2.b * a2.b;
        b[0] += x0.a * b0.a;
        b[1] += x0.b * b0.b;
        b[2] += x2.a * b2.a;
        b[3] += x2.b * b2.b;
        x += 4;
        taps += 4;
    }
    y = (a[0] + a[1]) + (a[2] + a[3]);
    z = (b[0] + b[1]) + (b[2] + b[3]);
    return y + share * (z - y);
}

/* ---- resampling --------------------------------------------------------------------
 */

static ecm_status_t order_check(const ecm_order_cfg_t *cfg, const uint64_t *edges,
                                uint32_t edges_len) {
    uint32_t i;
    ECM_REQUIRE(cfg != NULL && edges != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->pulses >= 1U && cfg->pulses <= 4096U && cfg->per_turn >= 1U &&
                    cfg->per_turn <= 65536U,
                ECM_ERR_ARG);
    ECM_REQUIRE(edges_len >= 2U, ECM_ERR_LENGTH);
    for (i = 1; i < edges_len; i++) {
        ECM_REQUIRE(edges[i] > edges[i - 1U] &&
                        order_samples(edges[i - 1U], edges[i]) < INTERVAL_MAX,
                    ECM_ERR_ARG);
    }
    return ECM_OK;
}

/* The angle of an output: whole edges and a rest of per_turn parts of an interval. */
typedef struct {
    uint32_t edge;
    uint32_t rest;
} order_angle_t;

static order_angle_t order_angle(const ecm_order_cfg_t *cfg, uint32_t k) {
    uint64_t parts = (uint64_t)k * cfg->pulses;
    order_angle_t at;
    at.edge = (uint32_t)(parts / cfg->per_turn);
    at.rest = (uint32_t)(parts % cfg->per_turn);
    return at;
}

static void order_next(const ecm_order_cfg_t *cfg, order_angle_t *at) {
    at->rest += cfg->pulses;
    while (at->rest >= cfg->per_turn) {
        at->rest -= cfg->per_turn;
        at->edge++;
    }
}

ecm_status_t ecm_order_resample_f32(const ecm_order_cfg_t *cfg, const float *x,
                                    uint32_t x_len, uint64_t start,
                                    const uint64_t *edges, uint32_t edges_len,
                                    uint32_t first, float *out, uint32_t out_max,
                                    uint32_t *out_len) {
    order_curve_t curve = {0.0f, 0.0f, 0.0f, 0.0f};
    order_angle_t at;
    uint32_t n = 0, known = UINT32_MAX;
    float scale;
    ecm_status_t status = order_check(cfg, edges, edges_len);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(x != NULL && out_len != NULL && (out != NULL || out_max == 0U),
                ECM_ERR_NULL);
    ECM_REQUIRE(x_len > (uint32_t)(ECM_ORDER_BEFORE + ECM_ORDER_AFTER), ECM_ERR_LENGTH);
    scale = 1.0f / (float)cfg->per_turn;
    for (at = order_angle(cfg, first); n < out_max && at.edge < edges_len - 1U; n++) {
        int64_t ticks;
        uint64_t whole;
        if (at.edge != known) {
            known = at.edge;
            curve = order_curve(edges, edges_len, known);
        }
        ticks = (int64_t)(edges[known] - start);
        ticks += order_time(&curve, (float)at.rest * scale);
        ECM_REQUIRE(n > 0U || ticks >= ORDER_FROM, ECM_ERR_ARG);
        ticks = ticks < ORDER_FROM ? ORDER_FROM : ticks; /* of edges that jump about */
        whole = ((uint64_t)ticks >> 16) - (uint64_t)ECM_ORDER_BEFORE;
        if (whole > x_len - (uint32_t)(ECM_ORDER_BEFORE + ECM_ORDER_AFTER + 1)) {
            break;
        }
        out[n] = order_between(x + whole, (uint32_t)ticks & 0xffffU);
        order_next(cfg, &at);
    }
    *out_len = n;
    return n < out_max ? ECM_MORE : ECM_OK;
}

ecm_status_t ecm_order_first_f32(const ecm_order_cfg_t *cfg, uint64_t start,
                                 const uint64_t *edges, uint32_t edges_len,
                                 uint32_t *first) {
    uint32_t i = 0, k;
    order_angle_t at;
    ecm_status_t status = order_check(cfg, edges, edges_len);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(first != NULL, ECM_ERR_NULL);
    ECM_REQUIRE((int64_t)(edges[edges_len - 1U] - start) > ORDER_FROM, ECM_ERR_ARG);
    while ((int64_t)(edges[i + 1U] - start) <= ORDER_FROM) { /* it lies behind */
        i++;
    }
    /* The first output at or behind edges[i], then one by one. */
    k = (uint32_t)(((uint64_t)i * cfg->per_turn + cfg->pulses - 1U) / cfg->pulses);
    for (at = order_angle(cfg, k); at.edge < edges_len - 1U; k++) {
        order_curve_t curve = order_curve(edges, edges_len, at.edge);
        int64_t ticks = (int64_t)(edges[at.edge] - start);
        ticks += order_time(&curve, (float)at.rest / (float)cfg->per_turn);
        if (ticks >= ORDER_FROM) {
            *first = k;
            return ECM_OK;
        }
        order_next(cfg, &at);
    }
    return ECM_ERR_ARG;
}

/* ---- speed told now and then -------------------------------------------------------
 */

#define TRACK_APART_MAX 8192.0f /* samples from output to output */
#define TRACK_APART_MIN 0.0625f
#define TRACK_SPEED_MAX 1e9f /* Hz: squares stay far from the ends of floats */
#define TRACK_SPEED_MIN 1e-9f
#define TRACK_SAMPLE ((int32_t)ECM_TACHO_TICKS)

/* Samples from output to output at a speed; 0 if that is refused. */
static float order_apart(const ecm_order_track_cfg_t *cfg, float speed_hz) {
    float samples = cfg->fs_hz / (speed_hz * (float)cfg->per_turn);
    return speed_hz >= TRACK_SPEED_MIN && speed_hz <= TRACK_SPEED_MAX &&
                   samples >= TRACK_APART_MIN && samples <= TRACK_APART_MAX
               ? samples
               : 0.0f;
}

static bool order_track_fits(const ecm_order_track_cfg_t *cfg) {
    return cfg->fs_hz > 0.0f && ecm_math_isfinite_f32(cfg->fs_hz) &&
           cfg->per_turn >= 1U && cfg->per_turn <= 65536U;
}

ecm_status_t ecm_order_track_init_f32(ecm_order_track_t *st) {
    ECM_REQUIRE(st != NULL, ECM_ERR_NULL);
    memset(st, 0, sizeof *st);
    return ECM_OK;
}

/* Ticks from output to output, and what single precision may be off; false on what is
 * refused. */
static bool order_apart_ticks(const ecm_order_track_cfg_t *cfg, float speed_hz,
                              uint32_t *ticks, uint32_t *slack) {
    float samples;
    if (cfg == NULL || !order_track_fits(cfg)) {
        return false;
    }
    samples = order_apart(cfg, speed_hz);
    *ticks = (uint32_t)order_ticks(samples);
    *slack = (*ticks >> 20) + 1U;
    return samples > 0.0f;
}

uint32_t ecm_order_track_len(const ecm_order_track_cfg_t *cfg, float speed_hz,
                             uint32_t x_len) {
    uint32_t ticks, slack;
    if (x_len > (uint32_t)ECM_ORDER_TRACK_MAX ||
        !order_apart_ticks(cfg, speed_hz, &ticks, &slack)) {
        return 0;
    }
    return (x_len << 16) / (ticks - slack) + 2U;
}

uint32_t ecm_order_track_span(const ecm_order_track_cfg_t *cfg, float speed_hz,
                              uint32_t outputs) {
    uint32_t ticks, slack;
    uint64_t samples;
    if (outputs == 0U || !order_apart_ticks(cfg, speed_hz, &ticks, &slack)) {
        return 0;
    }
    samples = ((uint64_t)(outputs - 1U) * (ticks + slack)) >> 16;
    samples += (uint64_t)ECM_ORDER_BEFORE + ECM_ORDER_AFTER + 1U;
    return samples < UINT32_MAX ? (uint32_t)samples : UINT32_MAX;
}

/* How the speed goes from one speed that was told to the next. */
typedef struct {
    float slope;       /* its growth from sample to sample */
    float least, most; /* squares of the speeds at its ends */
    float gain;        /* growth of the square from output to output */
} order_ramp_t;

static order_ramp_t order_ramp(float from_hz, float to_hz, float slope, float scale) {
    order_ramp_t ramp;
    float from = from_hz * from_hz, to = to_hz * to_hz;
    ramp.slope = slope;
    ramp.least = from < to ? from : to;
    ramp.most = from < to ? to : from;
    ramp.gain = scale * slope;
    return ramp;
}

static float order_within(float x, float least, float most) {
    x = x < least ? least : x;
    return x > most ? most : x;
}

/* Ticks to the next output, from one at t ticks behind the start of a chunk, where the
 * speed is speed_hz; scale: samples for the sum of two speeds. */
static int32_t order_step(const order_ramp_t *ramp, float speed_hz, int32_t t,
                          float scale) {
    float speed = speed_hz, next = speed_hz, square, least;
    if (ramp->slope != 0.0f) {
        speed += ramp->slope * ((float)t * TICK);
        square = order_within(speed * speed, ramp->least, ramp->most);
        speed = ecm_math_sqrt_f32(square);
        square += ramp->gain; /* maybe beyond the end, but never near rest */
        least = 0.25f * ramp->least;
        next = ecm_math_sqrt_f32(square > least ? square : least);
    }
    return (int32_t)order_ticks(scale / (speed + next));
}

/* Samples for the sum of two speeds. */
static float order_scale(const ecm_order_track_cfg_t *cfg) {
    return 2.0f * cfg->fs_hz / (float)cfg->per_turn;
}

/* All outputs of a chunk behind those held, from st->next on; leaves the next. */
static uint32_t order_outputs(ecm_order_track_t *st, const ecm_order_track_cfg_t *cfg,
                              float speed_hz, const float *line, uint32_t x_len,
                              float *out) {
    float scale = order_scale(cfg), from_hz = st->speed_hz;
    float slope = (speed_hz - from_hz) / (float)x_len;
    order_ramp_t before = order_ramp(st->before_hz, from_hz, st->slope, scale);
    order_ramp_t now = order_ramp(from_hz, speed_hz, slope, scale);
    int32_t t = st->next;
    uint32_t n = 0;
    while (t < ((int32_t)x_len - ECM_ORDER_AFTER) * TRACK_SAMPLE) {
        uint32_t at = (uint32_t)(t + ECM_ORDER_AFTER * TRACK_SAMPLE);
        out[n++] = order_between(line + (at >> 16), at & 0xffffU);
        t += order_step(t < 0 ? &before : &now, from_hz, t, scale);
    }
    st->next = t - (int32_t)x_len * TRACK_SAMPLE;
    st->before_hz = from_hz;
    st->slope = slope;
    st->speed_hz = speed_hz;
    return n;
}

/* The largest of the speeds that a chunk may have to do with. */
static float order_fastest(const ecm_order_track_t *st, float speed_hz) {
    float most = st->before_hz > st->speed_hz ? st->before_hz : st->speed_hz;
    return most > speed_hz ? most : speed_hz;
}

ecm_status_t ecm_order_track_f32(ecm_order_track_t *st,
                                 const ecm_order_track_cfg_t *cfg, float speed_hz,
                                 float *line, uint32_t x_len, float *out,
                                 uint32_t out_max, uint32_t *out_len) {
    uint32_t most;
    ECM_REQUIRE(st != NULL && cfg != NULL && line != NULL && out_len != NULL &&
                    (out != NULL || out_max == 0U),
                ECM_ERR_NULL);
    ECM_REQUIRE(x_len <= (uint32_t)ECM_ORDER_TRACK_MAX, ECM_ERR_LENGTH);
    ECM_REQUIRE(order_track_fits(cfg) && order_apart(cfg, speed_hz) > 0.0f,
                ECM_ERR_ARG);
    most = ecm_order_track_len(cfg, order_fastest(st, speed_hz), x_len);
    ECM_REQUIRE(most > 0U, ECM_ERR_ARG);
    ECM_REQUIRE(out_max >= most, ECM_ERR_FULL);
    *out_len = 0;
    if (x_len == 0U) {
        return ECM_OK;
    }
    if (!(st->speed_hz > 0.0f)) {
        st->speed_hz = speed_hz;
        st->before_hz = speed_hz;
        st->next = ECM_ORDER_BEFORE * TRACK_SAMPLE;
    }
    memcpy(line, st->held, sizeof st->held);
    *out_len = order_outputs(st, cfg, speed_hz, line, x_len, out);
    memcpy(st->held, line + x_len, sizeof st->held);
    return ECM_OK;
}
