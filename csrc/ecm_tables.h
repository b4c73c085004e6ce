/* ecm_tables.h - generated constants.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_TABLES_H
#define ECM_TABLES_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

/* cos(2 pi j / LEN), j = 0 ... LEN / 4, for the longest transforms of each kind:
 * 2^14, 2^10 3 5, 2^12 3 and 2^11 5. */
extern const float ecm_tables_cos_16384_f32[4097];
extern const float ecm_tables_cos_15360_f32[3841];
extern const float ecm_tables_cos_12288_f32[3073];
extern const float ecm_tables_cos_10240_f32[2561];

ECM_EXTERN_C_END

#endif
