/* ecm_feat_line.h - steps of a plan on the lines of a power spectrum, by ecm_line.h.
 *
 * They read the power in x, which must be that of a Hann taper: between bins, frequency
 * and amplitude follow from the shape of its main lobe. Amplitudes are from zero to
 * peak. Where there is nothing to measure a row is 0.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_FEAT_LINE_H
#define ECM_FEAT_LINE_H

#include "ecm_feat.h"
#include "ecm_line.h"

ECM_EXTERN_C_BEGIN

/* "peaks": rows peak_hz and peak_amplitude of rank n, 1 ... ECM_LINE_PEAKS_MAX, by
 * ecm_line_peaks_f32 over all bins but the first and the last. No settings. */
extern const ecm_feat_kind_t ecm_feat_kind_peaks;

/* Bins that peaks are apart at least: half a main lobe and the bin beyond it, within
 * which a line is not told exactly from its neighbour. */
#define ECM_FEAT_PEAKS_APART 3U

/* "lines": settings ecm_feat_line_cfg_t. A line that is asked for at f is the largest
 * bin within f (1 +- halfwidth). Rows, with A the amplitude of a line:
 * line             A at a [Hz]
 * harmonics        root mean square of A at a, 2 a ... n a, n = 1 ...
 *                  ECM_LINE_HARMONICS_MAX
 * thd              root of the sum of A^2 at 2 a ... n a over A at a, n at least 2
 * sidebands        sum of A at c +- b, c +- 2 b ... c +- n b over A at c, n = 1 ...
 *                  ECM_FEAT_PAIRS_MAX; c is the line at a as it was found, and a
 *                  sideband is sought within b halfwidth about its place
 * order_...        the same with a and b in orders of the shaft
 * slip_sidebands   one pair about the supply a [Hz] of a motor of n pole pairs, b twice
 *                  the slip frequency, sought as far as an error of the speed by
 *                  halfwidth moves it
 * Sidebands within the main lobe of their carrier are 0. A row with an order, and slip,
 * needs the shaft speed. */
extern const ecm_feat_kind_t ecm_feat_kind_lines;
typedef struct {
    float halfwidth; /* [1] 0 ... 0.5 */
} ecm_feat_line_cfg_t;

#define ECM_FEAT_PAIRS_MAX 16U

/* A spectrum in which steps look for lines. */
typedef struct {
    const float *power; /* of Hann tapered samples, as ecm_line.h has it */
    uint32_t bins_len;
    float bin_hz; /* from bin to bin: in Hz, or in orders if a row is in orders too */
} ecm_feat_lines_of_t;

/** May a row count so many lines?
 *
 * form    [in] ECM_FEAT_LINE, _HARMONICS, _THD or _SIDEBANDS
 * n       [in] count of the row
 *
 * Context : any.
 * Returns : true if the form takes it; a line takes any, since it has none.
 */
bool ecm_feat_line_counts(uint16_t form, uint32_t n);

/** What a row of a step on lines says of a spectrum.
 *
 * of        [in] spectrum
 * form      [in] ECM_FEAT_LINE, _HARMONICS, _THD or _SIDEBANDS
 * n         [in] count of the row, which ecm_feat_line_counts takes
 * a         [in] place of the line, above 0, in the unit of bin_hz
 * b         [in] of sidebands: from one to the next, above 0
 * halfwidth [in] share of a, of b for sidebands, by which a line may be off
 *
 * Context : any.
 * Returns : the value; 0 where there is nothing to measure.
 */
float ecm_feat_line_value_f32(const ecm_feat_lines_of_t *of, uint16_t form, uint32_t n,
                              float a, float b, float halfwidth);

ECM_EXTERN_C_END

#endif
