/* ecm_tables_order.h - taps that find a signal between its samples, generated.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_TABLES_ORDER_H
#define ECM_TABLES_ORDER_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

#define ECM_TABLES_ORDER_TAPS 8
#define ECM_TABLES_ORDER_PHASES 32

/* Row p: eight taps for p / 32 of the way from sample 3 to sample 4, p = 0 ... 32. */
extern const float ecm_tables_order_f32[264];

ECM_EXTERN_C_END

#endif
