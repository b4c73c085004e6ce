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

const uint32_t ecm_poly_ln[2] = {
    0x1555bbbdU, 0x08002aabU};

const uint32_t ecm_poly_ln_near_1[3] = {
    0x15555736U, 0x08004f3dU, 0x0323a51aU};

const uint16_t ecm_poly_ln_inverse[32] = {
    736U, 720U, 705U, 690U,
    676U, 662U, 649U, 636U,
    624U, 612U, 601U, 590U,
    580U, 570U, 560U, 551U,
    542U, 533U, 524U, 516U,
    1008U, 978U, 950U, 923U,
    898U, 874U, 851U, 830U,
    809U, 790U, 771U, 753U};

const int32_t ecm_poly_ln_step[32] = {
    -0x5ce75fda, -0x5746f6fd, -0x51e33565, -0x4c61c725,
    -0x47226305, -0x41c6e17e, -0x3cb31dab, -0x37850ce8,
    -0x32a4b539, -0x2dac1fcd, -0x29077999, -0x244cde31,
    -0x1fec9131, -0x1b78c82b, -0x16f0d28a, -0x12cb0283,
    -0xe93b5c5, -0xa4a5661, -0x5ee46c1, -0x1fe02a6,
    0x4081597, 0xbc42cae, 0x1333d7f9, 0x1a956d40,
    0x219cfd9c, 0x288c573c, 0x2f60122d, 0x35c594e0,
    0x3c550ef6, 0x426a95cc, 0x48a607f0, 0x4eb2328f};

const uint32_t ecm_poly_atan[3] = {
    0x5555551eU, 0x0333237eU, 0x0023ea0aU};

const uint64_t ecm_poly_atan_step[5] = {
    0x0000000000000000U, 0x07d6dd7e4b203759U, 0x0ed63382b0dda7b4U, 0x14978fa3269ee125U,
    0x1921fb54442d1847U};

const uint32_t ecm_poly_tanh[4] = {
    0x55555551U, 0x04444330U, 0x0037389cU, 0x0002a98bU};
