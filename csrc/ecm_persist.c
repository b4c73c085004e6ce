/* ecm_persist.c - see ecm_persist.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_persist.h"
#include "ecm_math.h"

ecm_status_t ecm_persist_init(ecm_persist_t *st) {
    ECM_REQUIRE(st != NULL, ECM_ERR_NULL);
    memset(st, 0, sizeof *st);
    return ECM_OK;
}

static bool persist_cfg_ok(const ecm_persist_cfg_t *cfg) {
    uint32_t i;
    if (cfg->levels_len < 1U || cfg->levels_len > ECM_PERSIST_LEVELS_MAX ||
        cfg->n < 1U || cfg->n > 32U || cfg->k < 1U || cfg->k > cfg->n ||
        !(cfg->band >= 0.0f)) {
        return false;
    }
    for (i = 0; i < cfg->levels_len; i++) {
        if (!ecm_math_isfinite_f32(cfg->on[i]) ||
            (i > 0U && !(cfg->on[i - 1U] < cfg->on[i]))) {
            return false;
        }
    }
    return true;
}

/* Do k of the last n values agree? */
static bool persist_agree(const ecm_persist_cfg_t *cfg, uint32_t history) {
    uint32_t bits = cfg->n == 32U ? history : history & (((uint32_t)1 << cfg->n) - 1U);
    uint32_t count = 0;
    for (; bits != 0U; bits &= bits - 1U) {
        count++;
    }
    return count >= cfg->k;
}

ecm_status_t ecm_persist_update_f32(ecm_persist_t *st, const ecm_persist_cfg_t *cfg,
                                    float x, uint32_t *event) {
    uint32_t i, level;
    ECM_REQUIRE(st != NULL && cfg != NULL && event != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(persist_cfg_ok(cfg) && ecm_math_isfinite_f32(x), ECM_ERR_ARG);
    ECM_REQUIRE(st->level <= cfg->levels_len, ECM_ERR_STATE);
    for (i = 0; i < cfg->levels_len; i++) {
        st->above[i] = st->above[i] << 1 | (x > cfg->on[i] ? 1U : 0U);
        st->below[i] = st->below[i] << 1 | (x <= cfg->on[i] - cfg->band ? 1U : 0U);
    }
    *event = ECM_PERSIST_SAME;
    if (st->held > 0U) {
        st->held--;
        return ECM_OK;
    }
    level = st->level;
    for (i = level; i < cfg->levels_len; i++) {
        level = persist_agree(cfg, st->above[i]) ? i + 1U : level;
    }
    if (level > st->level) {
        *event = ECM_PERSIST_RAISED;
    }
    while (*event == ECM_PERSIST_SAME && level > 0U &&
           persist_agree(cfg, st->below[level - 1U])) {
        level--;
    }
    if (level < st->level) {
        *event = ECM_PERSIST_LOWERED;
    }
    st->held = level != st->level ? cfg->holdoff : 0U;
    st->level = level;
    return ECM_OK;
}
