/* ecm_health.h - is the sensor all right? A verdict apart from the machine's.
 *
 * Three kinds of checks, each with its bit and its counter:
 *   each sample : not finite, at or beyond full scale, out of the range that the
 * quantity can have, the same value for too long, a single sample far from both
 *                 neighbours;
 *   blocks of block_len finite samples: hardly any movement (dead band), a mean away
 *                 from its usual value, a spectrum unlike that of a sensor on its
 * machine (loose mount, broken cable); time stamps : samples that are missing, a
 * sampling rate that is wrong. A check whose settings are 0 is off. Any chunking gives
 * the same counters, and the verdict on blocks and on time stands until the next block
 * or span is judged.
 *
 * The spectral signature is the mean square of the differences of neighbours over the
 * variance, (2 sin(pi f / fs))^2 in the mean over the power: 0 for a slow drift or hum,
 * 2 for white noise, at most 4. A sensor that came loose loses the upper part of its
 * band, a cable that broke leaves hum, an open input noise; all leave the range that
 * healthy recordings have.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_HEALTH_H
#define ECM_HEALTH_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

/* Verdict, one bit each. */
enum {
    ECM_HEALTH_NONFINITE = 1,   /* NaN or infinity among the samples */
    ECM_HEALTH_CLIPPED = 2,     /* samples at or beyond full scale */
    ECM_HEALTH_STUCK = 4,       /* the same value stuck_len times in a row */
    ECM_HEALTH_MISSING = 8,     /* samples were lost before they were processed */
    ECM_HEALTH_OUTSIDE = 16,    /* samples outside low ... high */
    ECM_HEALTH_SPIKE = 32,      /* single samples far from both neighbours */
    ECM_HEALTH_DEAD = 64,       /* a block that moved no more than dead_band */
    ECM_HEALTH_OFFSET = 128,    /* a block whose mean is away from offset */
    ECM_HEALTH_SIGNATURE = 256, /* a block whose spectrum is not that of the sensor */
    ECM_HEALTH_RATE = 512       /* a sampling rate that is wrong */
};
#define ECM_HEALTH_BITS 10

typedef struct {
    float range;         /* |x| >= range is clipped [unit of the samples, u]; > 0 */
    uint32_t stuck_len;  /* run of equal samples that is suspect, >= 2 */
    uint32_t clip_count; /* clipped samples that a judged stretch may have */
    float low;           /* [u] physical range; low = high: off */
    float high;
    float spike;          /* [u] step up and down again, or the reverse; 0: off */
    uint32_t spike_count; /* spikes that a judged stretch may have */
    uint32_t block_len;   /* samples, 2 ... 2^24; 0: no checks of blocks */
    float dead_band;      /* [u] least span from minimum to maximum; 0: off */
    float offset;         /* [u] usual mean */
    float offset_limit;   /* [u] how far the mean may be away; 0: off */
    float signature_low;  /* range of the spectral signature; both 0: off */
    float signature_high;
    uint32_t period_ns; /* between samples; 0: no checks of time stamps */
    uint32_t rate_ppm;  /* how wrong the rate may be, in millionths; 0: off */
    uint32_t rate_len;  /* samples over which the rate is judged, >= 1 */
} ecm_health_cfg_t;

/* Counts since the start, modulo 2^32. */
typedef struct {
    float last;           /* last finite sample */
    uint32_t run;         /* length of the present run of equal samples; saturates */
    uint32_t nonfinite_n; /* samples that were NaN or infinite */
    uint32_t clipped_n;   /* finite samples at or beyond full scale */
    uint32_t stuck_n;     /* runs that became suspect */
    uint32_t missing_n;   /* gaps */
    uint32_t outside_n;   /* finite samples out of the physical range */
    uint32_t spikes_n;
    uint32_t dead_n;      /* blocks */
    uint32_t offset_n;    /* blocks */
    uint32_t signature_n; /* blocks */
    uint32_t rate_n;      /* spans */
    uint32_t lost_n;      /* samples missing, by their time stamps */
    uint32_t standing;    /* verdict on the last block and the last span */
    float step;           /* last sample less the one before */
    uint32_t block_n;     /* samples of the present block */
    float first;          /* its first sample: sums are about it */
    float minimum;
    float maximum;
    float sum;
    float squares;
    float steps;      /* sum of squared differences of neighbours */
    uint32_t time_us; /* last time stamp */
    uint32_t time_n;  /* samples that came with it; 0: none yet */
    uint32_t span_us; /* of the present span */
    uint32_t span_n;
} ecm_health_t;
ECM_STATIC_ASSERT(sizeof(ecm_health_t) == 104, health_size);

/** Start.
 *
 * st      [out] cleared
 *
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_health_init(ecm_health_t *st);

/** Judge a stretch of samples.
 *
 * st      [in,out] counters
 * cfg     [in]     limits, the same at every call
 * x       [in]     x_len samples, anything
 * x_len   [in]     number of samples; any chunking gives the same counters
 * verdict [out]    ECM_HEALTH_... bits of this stretch, 0 if all right; a run that
 *                  began in an earlier stretch counts, and so does a verdict that
 * stands
 *
 * Formula : of a block with d = x - first: mean = first + sum d / n, variance =
 *           sum d^2 / n - (sum d / n)^2, signature = sum (x[i] - x[i-1])^2 / n /
 *           variance. A block that is dead, or without variance, has no signature.
 * Numerics: a sample that is not finite neither extends nor ends a run, and is in no
 *           block; 0 equals -0. Single precision, in the order of the samples.
 * Context : any, one caller per st.
 * Source  : B. Hjorth, Electroenceph. Clin. Neurophysiol. 29 (1970), 306-310 (the
 *           signature is his mobility squared).
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_health_update_f32(ecm_health_t *st, const ecm_health_cfg_t *cfg,
                                   const float *x, uint32_t x_len, uint32_t *verdict);

/** Judge a time stamp.
 *
 * A gap is half a period, and 1/32 of the time of the samples that came before, more
 * than those take: what is less is a matter of the rate. Its samples count as lost.
 *
 * st      [in,out] counters
 * cfg     [in]     with period_ns
 * t_us    [in]     time of the first of x_len samples, modulo 2^32 microseconds
 * x_len   [in]     samples that come with it
 * verdict [out]    ECM_HEALTH_MISSING if samples are missing before this one,
 *                  ECM_HEALTH_RATE while the last span had a wrong rate
 *
 * Numerics: integers; the time between two stamps must be below 2^31 microseconds, and
 *           the rate is known to 2 microseconds in rate_len samples.
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG without period_ns or with a rate_ppm
 *           without rate_len.
 */
ecm_status_t ecm_health_time(ecm_health_t *st, const ecm_health_cfg_t *cfg,
                             uint32_t t_us, uint32_t x_len, uint32_t *verdict);

/** Judge a stretch of integers of a sensor; without a float for each.
 *
 * st      [in,out] counters
 * cfg     [in]     stuck_len and clip_count, the same at every call; clipped are the
 *                  least and the largest integer, and nothing else is judged
 * x       [in]     x_len samples
 * x_len   [in]     number of samples; any chunking gives the same counters
 * verdict [out]    as of ecm_health_update_f32
 *
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_health_update_s16(ecm_health_t *st, const ecm_health_cfg_t *cfg,
                                   const int16_t *x, uint32_t x_len, uint32_t *verdict);

/** Note that samples were lost: the next sample starts a new run and a new block.
 *
 * st      [in,out] counters
 *
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_health_gap(ecm_health_t *st);

ECM_EXTERN_C_END

#endif
