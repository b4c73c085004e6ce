/* ecm_poly.c - written by ecm_poly.py; do not edit.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_poly.h"

/* clang-format off */

const uint32_t ecm_poly_sin[5] = {
    0xc90fdaa2U, 0x52aef396U, 0x0a335dd6U, 0x0099654fU,
    0x00052f21U};

const uint32_t ecm_poly_cos[4] = {
    0x9de9e64cU, 0x20783d3fU, 0x02ab972fU, 0x001db649U};

const uint32_t ecm_poly_exp2[4] = {
    0xb17217edU, 0x07aff0e8U, 0x0038cf10U, 0x0001464fU};

const uint32_t ecm_poly_exp2_step[8] = {
    0x80000000U, 0x8b95c1e3U, 0x9837f051U, 0xa5fed6a9U,
    0xb504f333U, 0xc5672a11U, 0xd744fccaU, 0xeac0c6e7U};

const uint32_t ecm_poly_log2[5] = {
    0xb8aa3b29U, 0x05c551ceU, 0x003d8e13U, 0x0002e350U,
    0x000024f8U};

const uint16_t ecm_poly_log2_inverse[16] = {
    358U, 343U, 329U, 317U,
    305U, 294U, 284U, 274U,
    265U, 256U, 243U, 229U,
    217U, 206U, 196U, 187U};

const int64_t ecm_poly_log2_step[16] = {
    -0x3dedace651c441, -0x360637dfc0c869, -0x2e542c6f978305, -0x2777a74143b9f5,
    -0x205757449a0cc7, -0x198edd077e70df, -0x132ae9e278ae1a, -0xc8c50b72319ad,
    -0x6616ff0d25465, 0x0, 0x99fbe6f0a67ad, 0x1494f863b8df35,
    0x1e857d3d361368, 0x2820c02f87d945, 0x315130157f7a65, 0x39ff5cc235a257};

const uint32_t ecm_poly_atan[3] = {
    0x5555551eU, 0x0333237eU, 0x0023ea0aU};

const uint64_t ecm_poly_atan_step[5] = {
    0x0000000000000000U, 0x07d6dd7e4b203759U, 0x0ed63382b0dda7b4U, 0x14978fa3269ee125U,
    0x1921fb54442d1847U};

const uint32_t ecm_poly_tanh[4] = {
    0x55555551U, 0x04444330U, 0x0037389cU, 0x0002a98bU};
