/* ecm_feat_envelope.h - the step "envelope": log envelope of a pre-whitened band of one
 * window, and its amplitudes at shaft orders.
 *
 * The bins of the band are divided by their magnitude (cepstral pre-whitening: neither
 * resonances nor shaft harmonics outweigh the rest), moved to zero frequency and
 * transformed back with the least power of two M that holds them, at least 16: the
 * analytic signal, decimated. The logarithm of its square, less its mean, is
 * transformed again and Hann tapered; the rows read the amplitudes of that spectrum.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_FEAT_ENVELOPE_H
#define ECM_FEAT_ENVELOPE_H

#include "ecm_feat.h"
#include "ecm_fft.h"

ECM_EXTERN_C_BEGIN

typedef struct {
    float lo_hz; /* demodulation band, 0 <= lo < hi <= fs_hz / 2, of a bin at least and
                  * so narrow that M is at most window_len / 2 */
    float hi_hz;
    const ecm_fft_plan_t *c2c; /* M complex elements */
    const ecm_fft_plan_t *r2c; /* M reals */
} ecm_feat_envelope_cfg_t;

/* "envelope": rows env_...; reads work, destroys work and x. Settings:
 * ecm_feat_envelope_cfg_t. Every row is 0 on a constant window, and where an order is
 * nearest to bin 0 or beyond the last bin, M / 2.
 *
 * Formula : bins of fs_hz / window_len; env_order is the largest amplitude among the
 *           bins within order * speed_hz * (1 +- halfwidth), and the nearest one,
 *           over the mean amplitude from 0.5 to 12 orders. env_share adds env_order at
 *           1, 2 and 3 times its order; over the sum of all env_share rows.
 *           env_rms is from the bins before whitening, untapered, by Parseval.
 * Source  : P. Borghesani et al., Mech. Syst. Signal Process. 36 (2013), 370-384
 *           (pre-whitening); P. Borghesani, M. R. Shahriar, Mech. Syst. Signal Process.
 *           70-71 (2016), 51-72 (log envelope). */
extern const ecm_feat_kind_t ecm_feat_kind_envelope;
#define ECM_FEAT_ENVELOPE_WORK_LEN(window_len) (window_len)

/** Samples of the decimated envelope: M above.
 *
 * plan    [in] fs_hz and window_len are read
 * lo_hz   [in] demodulation band
 * hi_hz   [in] its end
 *
 * Context : any.
 * Returns : a power of two, 16 ... window_len/2; 0 if the step refuses the band.
 */
uint32_t ecm_feat_envelope_len(const ecm_feat_plan_t *plan, float lo_hz, float hi_hz);

ECM_EXTERN_C_END

#endif
