/* ecm_fft.c - see ecm_fft.h. Decimation in time: bit reversal, one radix-2 pass if the
 * number of halvings is odd, then radix-4 passes; a sum of four terms is
 * (x0 + x2) + (x1 + x3).
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fft.h"
#include "ecm_tables.h"

#define QUARTER ((uint32_t)ECM_FFT_MAX_LEN / 4U)

typedef struct {
    float re;
    float im;
} fft_complex_t;

/* exp(-2 pi i step / ECM_FFT_MAX_LEN) for the first three quarters of the circle. */
static fft_complex_t fft_twiddle(uint32_t step) {
    const float *wave = ecm_tables_cos_f32;
    fft_complex_t w;
    if (step <= QUARTER) {
        w.re = wave[step];
        w.im = -wave[QUARTER - step];
    } else if (step <= 2U * QUARTER) {
        w.re = -wave[2U * QUARTER - step];
        w.im = -wave[step - QUARTER];
    } else {
        w.re = -wave[step - 2U * QUARTER];
        w.im = wave[3U * QUARTER - step];
    }
    return w;
}

static fft_complex_t fft_mul(const float *x, fft_complex_t w) {
    fft_complex_t y;
    y.re = x[0] * w.re - x[1] * w.im;
    y.im = x[0] * w.im + x[1] * w.re;
    return y;
}

static void fft_swap(float *a, float *b) {
    float re = a[0], im = a[1];
    a[0] = b[0];
    a[1] = b[1];
    b[0] = re;
    b[1] = im;
}

/* Exchange each element with the one at its index read backwards. */
static void fft_bit_reverse(float *x, uint32_t n) {
    uint32_t i, j = 0, bit;
    for (i = 1; i < n; i++) {
        bit = n >> 1;
        while ((j & bit) != 0U) { /* add one from the top, carrying downwards */
            j ^= bit;
            bit >>= 1;
        }
        j ^= bit;
        if (i < j) {
            fft_swap(&x[2U * i], &x[2U * j]);
        }
    }
}

/* First pass if log2(n) is odd: pairs of neighbours, no twiddles. */
static void fft_pass2(float *x, uint32_t n) {
    float *end = x + 2U * n, re, im;
    for (; x < end; x += 4) {
        re = x[2];
        im = x[3];
        x[2] = x[0] - re;
        x[3] = x[1] - im;
        x[0] += re;
        x[1] += im;
    }
}

/* Four transforms of length h, in the order of residues 0, 2, 1, 3 that bit reversal
 * leaves, become one of length 4 h. Element k of each is one butterfly. */
static inline void fft_butterfly4(float *x, uint32_t h, fft_complex_t b,
                                  fft_complex_t c, fft_complex_t d) {
    float *x1 = x + 2U * h, *x2 = x1 + 2U * h, *x3 = x2 + 2U * h;
    float s0_re = x[0] + c.re, s0_im = x[1] + c.im;
    float s1_re = x[0] - c.re, s1_im = x[1] - c.im;
    float s2_re = b.re + d.re, s2_im = b.im + d.im;
    float s3_re = b.re - d.re, s3_im = b.im - d.im;
    x[0] = s0_re + s2_re;
    x[1] = s0_im + s2_im;
    x1[0] = s1_re + s3_im;
    x1[1] = s1_im - s3_re;
    x2[0] = s0_re - s2_re;
    x2[1] = s0_im - s2_im;
    x3[0] = s1_re - s3_im;
    x3[1] = s1_im + s3_re;
}

/* A pass of butterflies without twiddles, element 0 of every transform. */
static void fft_pass4_first(float *x, uint32_t n, uint32_t h) {
    uint32_t i;
    fft_complex_t b, c, d;
    for (i = 0; i < n; i += 4U * h) {
        float *p = x + 2U * i;
        c.re = p[2U * h];
        c.im = p[2U * h + 1U];
        b.re = p[4U * h];
        b.im = p[4U * h + 1U];
        d.re = p[6U * h];
        d.im = p[6U * h + 1U];
        fft_butterfly4(p, h, b, c, d);
    }
}

static void fft_pass4(float *x, uint32_t n, uint32_t h) {
    uint32_t i, k, step = QUARTER / h;
    fft_pass4_first(x, n, h);
    for (k = 1; k < h; k++) {
        fft_complex_t w1 = fft_twiddle(k * step);
        fft_complex_t w2 = fft_twiddle(2U * k * step);
        fft_complex_t w3 = fft_twiddle(3U * k * step);
        for (i = k; i < n; i += 4U * h) {
            float *p = x + 2U * i;
            fft_butterfly4(p, h, fft_mul(p + 4U * h, w1), fft_mul(p + 2U * h, w2),
                           fft_mul(p + 6U * h, w3));
        }
    }
}

static bool fft_is_length(uint32_t n, uint32_t least) {
    return n >= least && n <= (uint32_t)ECM_FFT_MAX_LEN && (n & (n - 1U)) == 0U;
}

static void fft_forward(float *x, uint32_t n) {
    uint32_t h = 1;
    fft_bit_reverse(x, n);
    if ((n & 0x55555555U) == 0U) {
        fft_pass2(x, n);
        h = 2;
    }
    for (; h < n; h *= 4U) {
        fft_pass4(x, n, h);
    }
}

ecm_status_t ecm_fft_c2c_f32(float *x, uint32_t x_len, bool inverse) {
    uint32_t k;
    ECM_REQUIRE(x != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(fft_is_length(x_len, 2), ECM_ERR_LENGTH);
    fft_forward(x, x_len);
    if (inverse) { /* the inverse is the forward transform read backwards */
        for (k = 1; k < x_len / 2U; k++) {
            fft_swap(&x[2U * k], &x[2U * (x_len - k)]);
        }
    }
    return ECM_OK;
}

/* Separate the transforms of the even and the odd samples, which went through as real
 * and imaginary part, and join them: bins k and n - k at once, n = x_len / 2. */
static void fft_recombine(float *x, uint32_t n) {
    uint32_t k, step = (uint32_t)ECM_FFT_MAX_LEN / (2U * n);
    float x0 = x[0];
    x[0] = x0 + x[1];
    x[1] = x0 - x[1];
    for (k = 1; k < n / 2U; k++) {
        float *p = x + 2U * k, *q = x + 2U * (n - k);
        float even_re = 0.5f * (p[0] + q[0]), even_im = 0.5f * (p[1] - q[1]);
        float odd[2];
        fft_complex_t w;
        odd[0] = 0.5f * (p[1] + q[1]);
        odd[1] = 0.5f * (q[0] - p[0]);
        w.re = ecm_tables_cos_f32[k * step];
        w.im = -ecm_tables_cos_f32[QUARTER - k * step];
        w = fft_mul(odd, w);
        p[0] = even_re + w.re;
        p[1] = even_im + w.im;
        q[0] = even_re - w.re;
        q[1] = w.im - even_im;
    }
    x[n + 1U] = -x[n + 1U]; /* bin n / 2: the conjugate */
}

ecm_status_t ecm_fft_r2c_f32(float *x, uint32_t x_len) {
    ECM_REQUIRE(x != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(fft_is_length(x_len, 4), ECM_ERR_LENGTH);
    fft_forward(x, x_len / 2U);
    fft_recombine(x, x_len / 2U);
    return ECM_OK;
}
