/* ecm_taper.h - tapers for windows, computed in integers and rounded once.
 *
 * A taper is symmetric, so only half of it is kept: flash, and loads when it is
 * applied. With span = x_len for the periodic form and x_len - 1 for the symmetric one,
 * taper[i] is half[min(i, span - i)]; half has span / 2 + 1 values.
 *
 * What ecm_taper_fill_f32 writes at start-up are the bits of the table that a package
 * carries, so a device may trade flash for start-up time and change no result.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_TAPER_H
#define ECM_TAPER_H

#include "ecm_base.h"
#include "ecm_taper_gain.h"

ECM_EXTERN_C_BEGIN

#define ECM_TAPER_LEN_MAX 16384
#define ECM_TAPER_BETA_MAX 20.0f

enum {
    ECM_TAPER_HANN = 1,
    ECM_TAPER_HAMMING = 2,         /* 0.54, 0.46 */
    ECM_TAPER_BLACKMAN_HARRIS = 3, /* four terms, side lobes at -92 dB */
    ECM_TAPER_FLAT_TOP = 4,        /* five terms: amplitudes within 0.01 dB */
    ECM_TAPER_KAISER = 5           /* I0(beta sqrt(1 - r^2)) / I0(beta) */
};

enum {
    ECM_TAPER_PERIODIC =
        0, /* for spectra: the sample after the last equals the first */
    ECM_TAPER_SYMMETRIC = 1 /* for filter design: the last sample equals the first */
};

typedef struct {
    uint32_t x_len; /* samples of the window, 1 ... ECM_TAPER_LEN_MAX */
    uint16_t kind;  /* ECM_TAPER_HANN ... */
    uint16_t form;  /* ECM_TAPER_PERIODIC, ECM_TAPER_SYMMETRIC */
    float beta;     /* of Kaiser, 0 ... ECM_TAPER_BETA_MAX; else not read */
} ecm_taper_cfg_t;

/* Values of the half that is kept. */
#define ECM_TAPER_HALF_LEN(x_len, form) (((x_len) - (form)) / 2U + 1U)

/** Compute a taper.
 *
 * cfg     [in]  which one
 * half    [out] ECM_TAPER_HALF_LEN values, at most 1; a window of one sample is 1
 *
 * Cost    : 64-bit integers only. A value takes 600 instructions for each cosine on a
 *           Cortex-M4 and 4,100 on a Cortex-M0+; 3,100 and 25,000 for Kaiser's at
 *           beta = 8.6.
 * Numerics: sums of cosines have an error below 2^-59 before the rounding, so they are
 *           correctly rounded: all values of all lengths but the second one of Hann
 *           over a span of 8709 or 12564, which is nearer to a tie. Kaiser: error
 *           before the rounding below 2^-32 of the value; about one value of 50,000
 *           at beta = 20, and fewer below, is rounded to the wrong neighbour.
 * Context : any.
 * Source  : F. J. Harris, Proc. IEEE 66 (1978), 51-83; flat top: G. D'Antona,
 *           A. Ferrero, Digital Signal Processing for Measurement Systems (2006), 70.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG, ECM_ERR_LENGTH.
 */
ecm_status_t ecm_taper_fill_f32(const ecm_taper_cfg_t *cfg, float *half);

/** Compute a taper in Q15.
 *
 * cfg     [in]  which one
 * half    [out] ECM_TAPER_HALF_LEN values; 1 is 32767, the largest there is
 *
 * Numerics: rounded once, half up, saturated.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG, ECM_ERR_LENGTH.
 */
ecm_status_t ecm_taper_fill_q15(const ecm_taper_cfg_t *cfg, int16_t *half);

/** Gains of a taper, for amplitude and energy correction.
 *
 * cfg     [in]  as it was filled
 * half    [in]  ECM_TAPER_HALF_LEN values
 * gain    [out] every field
 *
 * Formula : sums over all x_len values in four lanes.
 * Numerics: relative error below 1e-6.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG, ECM_ERR_LENGTH.
 */
ecm_status_t ecm_taper_gain_f32(const ecm_taper_cfg_t *cfg, const float *half,
                                ecm_taper_gain_t *gain);

ECM_EXTERN_C_END

#endif
