/* update.c - updates in the field on a core of 8 bits: power is lost at every 64th
 * byte.
 *
 * SPDX-License-Identifier: MIT
 */
#define CUT_STEP 64U
#include "ecm_app_update.h"

#include "../test_ecm_app_update.c"

void ecm_test_run_all(void);

void ecm_test_run_all(void) {
    test_ecm_app_update();
}
