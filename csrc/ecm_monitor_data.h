/* ecm_monitor_data.h - the numbers of monitors as data, so that they can be replaced.
 *
 * Tables of monitors (ecm_monitor.h) are structure and numbers: which value is scored
 * and watched by what, and the reference, limits and weights that calibration found.
 * The numbers can be written into one array of words and read from another one, such as
 * that of an update in flash (ecm_app_update.h). In this order:
 *
 *   the id of the tables;
 *   of each score: center, scale, floor, spread, phi[4], order, its edges and scores;
 *   of each row: top; then of CUSUM k and h, of EWMA weight and limit, of LIMIT the
 *   limit, of COUNTS and CLASSES limit, reference_n, edges and reference, of T2 lambda,
 *   limit, mean and whiten.
 *
 * All else stays as the firmware has it: lengths, windows, groups, regimes, and the
 * settings of other detectors (KIND).
 *
 * A device that learnt the normal of its own machine replaces less: center and scale of
 * scores (ecm_monitor_rebase_f32).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_MONITOR_DATA_H
#define ECM_MONITOR_DATA_H

#include "ecm_monitor.h"

ECM_EXTERN_C_BEGIN

/* Memory for tables with other numbers. */
typedef struct {
    ecm_monitor_score_t *scores;  /* scores_len */
    ecm_monitor_row_t *rows;      /* rows_len */
    ecm_monitor_counts_t *counts; /* one for each row of COUNTS and CLASSES */
    ecm_monitor_t2_t *t2;         /* one for each row of T2 */
    uint16_t counts_len;
    uint16_t t2_len;
} ecm_monitor_tables_t;

/** Words of the numbers.
 *
 * cfg     [in] tables
 *
 * Context : any.
 * Returns : the number; 0 if cfg or a table is NULL.
 */
uint32_t ecm_monitor_data_len(const ecm_monitor_cfg_t *cfg);

/** Write the numbers of tables.
 *
 * cfg     [in]  tables
 * data    [out] ecm_monitor_data_len words
 *
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_monitor_data_get(const ecm_monitor_cfg_t *cfg, uint32_t *data);

/** Would ecm_monitor_init take tables with these numbers? Before anything works with
 * them, such as at the end of an update.
 *
 * cfg     [in] tables: what is not a number is theirs
 * data    [in] ecm_monitor_data_len words
 *
 * Cost    : looks at each number once, a row at a time on the stack.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_FORMAT on a number that they cannot have,
 *           such as an order above ECM_SCORE_ORDER_MAX or a limit of 0.
 */
ecm_status_t ecm_monitor_data_check(const ecm_monitor_cfg_t *cfg, const uint32_t *data);

/** Make tables with other numbers. They point into data, which must stay where it is.
 *
 * cfg     [in]  tables: what is not a number is theirs
 * data    [in]  ecm_monitor_data_len words
 * tables  [in]  memory; not written unless ECM_OK
 * made    [out] the tables; not written unless ECM_OK
 *
 * Context : any, while no monitor works with made.
 * Returns : as ecm_monitor_data_check; ECM_ERR_LENGTH if counts_len or t2_len is too
 *           small.
 */
ecm_status_t ecm_monitor_data_set(const ecm_monitor_cfg_t *cfg, const uint32_t *data,
                                  const ecm_monitor_tables_t *tables,
                                  ecm_monitor_cfg_t *made);

/** Let scores count from a baseline: of a machine that differs from the reference by
 * its own level and spread, scores are then those that the reference would have.
 *
 * known        [in]  scores of the tables
 * scores_len   [in]  their number
 * means        [in]  features_len means of the machine
 * spreads      [in]  features_len standard deviations of it
 * features_len [in]  a score of an input beyond these stays
 * scores       [out] scores_len scores, none of them of `known`
 *
 * Formula : where spread > 0 and the result is a number > 0:
 *           scale = scale spread / spreads[input], center = means[input];
 *           else as it is.
 * Cost    : a division a score.
 * Context : any, while no monitor works with scores.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_monitor_rebase_f32(const ecm_monitor_score_t *known,
                                    uint32_t scores_len, const float *means,
                                    const float *spreads, uint32_t features_len,
                                    ecm_monitor_score_t *scores);

ECM_EXTERN_C_END

#endif
