/* read_sum.c - how fast one thread reads memory: a sum that keeps many loads in flight.
 *
 * Built for the processor that it runs on. The result is returned, so that nothing is
 * left out.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stddef.h>

typedef float lanes_t __attribute__((vector_size(64), aligned(4)));

float read_sum(const float *x, size_t x_len);

float read_sum(const float *x, size_t x_len) {
    lanes_t a = {0}, b = {0}, c = {0}, d = {0};
    float sum = 0.0f;
    size_t i;
    for (i = 0; i + 64 <= x_len; i += 64) {
        a += *(const lanes_t *)(x + i);
        b += *(const lanes_t *)(x + i + 16);
        c += *(const lanes_t *)(x + i + 32);
        d += *(const lanes_t *)(x + i + 48);
    }
    a = (a + b) + (c + d);
    for (i = 0; i < 16; i++) {
        sum += a[i];
    }
    return sum;
}
