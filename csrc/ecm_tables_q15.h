/* ecm_tables_q15.h - constant tables of the fixed-point transforms,
 * written by ecm_tables_q15.py; do not edit.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_TABLES_Q15_H
#define ECM_TABLES_Q15_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

/* Packed pairs of minus the cosine (low half) and minus the sine, Q15: for
 * passes of radix 4 behind transforms of the length in the name, and for the
 * recombination of that many real samples. */
extern const uint32_t ecm_tables_pass4_q15[12];
extern const uint32_t ecm_tables_pass8_q15[24];
extern const uint32_t ecm_tables_pass16_q15[48];
extern const uint32_t ecm_tables_pass32_q15[96];
extern const uint32_t ecm_tables_pass64_q15[192];
extern const uint32_t ecm_tables_pass128_q15[384];
extern const uint32_t ecm_tables_pass256_q15[768];
extern const uint32_t ecm_tables_pass512_q15[1536];
extern const uint32_t ecm_tables_twist16_q15[3];
extern const uint32_t ecm_tables_twist32_q15[7];
extern const uint32_t ecm_tables_twist64_q15[15];
extern const uint32_t ecm_tables_twist128_q15[31];
extern const uint32_t ecm_tables_twist256_q15[63];
extern const uint32_t ecm_tables_twist512_q15[127];
extern const uint32_t ecm_tables_twist1024_q15[255];
extern const uint32_t ecm_tables_twist2048_q15[511];
extern const uint32_t ecm_tables_twist4096_q15[1023];

ECM_EXTERN_C_END

#endif
