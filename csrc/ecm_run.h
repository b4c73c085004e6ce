/* ecm_run.h - whether a machine runs: off, running up or down, or at rest in its speed.
 *
 * What looks like drift while a machine starts or stops is none. From one value a
 * window, its speed or a level such as the RMS of its vibration, this tells windows
 * that may be judged from those that may not.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_RUN_H
#define ECM_RUN_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

/* What the machine does. */
enum {
    ECM_RUN_STEADY = 0,
    ECM_RUN_OFF = 1,      /* the value is below the limit */
    ECM_RUN_TRANSIENT = 2 /* it changes, or has not settled */
};

typedef struct {
    float off_below;     /* off below this value; >= 0, finite */
    float change_most;   /* transient where a value differs by more from the one before;
                            >= 0, finite; as large as values can be: not looked at */
    uint32_t settle_len; /* windows behind a change that are transient too */
} ecm_run_cfg_t;

typedef struct {
    uint32_t state; /* ECM_RUN_...; OFF before the first value */
    uint32_t left;  /* windows that are transient yet */
    float last;     /* value */
} ecm_run_t;
ECM_STATIC_ASSERT(sizeof(ecm_run_t) == 12, run_size);

/** Start, with a machine that is off.
 *
 * st      [out] state
 * cfg     [in]  the same values at every call
 *
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG on a limit.
 */
ecm_status_t ecm_run_init(ecm_run_t *st, const ecm_run_cfg_t *cfg);

/** Take the value of one window.
 *
 * st      [in,out] from ecm_run_init
 * cfg     [in]     settings
 * x       [in]     speed or level, finite
 * state   [out]    ECM_RUN_STEADY, ECM_RUN_OFF or ECM_RUN_TRANSIENT
 *
 * Formula : off where x < off_below. Else transient where it was off in the window
 *           before or |x - last| > change_most, and in settle_len windows more.
 * Cost    : O(1), no division.
 * Numerics: single precision; bit-identical on all targets.
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG on a value that is not finite.
 */
ecm_status_t ecm_run_update_f32(ecm_run_t *st, const ecm_run_cfg_t *cfg, float x,
                                uint32_t *state);

ECM_EXTERN_C_END

#endif
