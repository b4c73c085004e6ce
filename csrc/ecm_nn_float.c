/* ecm_nn_float.c - see ecm_nn_float.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_nn_float.h"

#include "ecm_math.h"
#include "ecm_nn_dot.h"

uint32_t ecm_nn_float_work_len(uint32_t inputs_len) {
    return ECM_NN_FLOAT_WORK_LEN(inputs_len);
}

/* Two rows by one input. */
static void float_pair(const float *w0, const float *w1, const float *x0, uint32_t n,
                       float *sums) {
    float a0 = 0.0f, a1 = 0.0f, a2 = 0.0f, a3 = 0.0f;
    float b0 = 0.0f, b1 = 0.0f, b2 = 0.0f, b3 = 0.0f;
    for (; n >= 4U; n -= 4U, w0 += 4, w1 += 4, x0 += 4) {
        const ecm_port_pair_f32_t u = ecm_port_load2_f32(x0);
        const ecm_port_pair_f32_t v = ecm_port_load2_f32(w0);
        const ecm_port_pair_f32_t w = ecm_port_load2_f32(w1);
        const ecm_port_pair_f32_t p = ecm_port_load2_f32(&x0[2]);
        const ecm_port_pair_f32_t q = ecm_port_load2_f32(&w0[2]);
        const ecm_port_pair_f32_t r = ecm_port_load2_f32(&w1[2]);
        a0 += v.a * u.a;
        a1 += v.b * u.b;
        b0 += w.a * u.a;
        b1 += w.b * u.b;
        a2 += q.a * p.a;
        a3 += q.b * p.b;
        b2 += r.a * p.a;
        b3 += r.b * p.b;
    }
    if (n > 0U) {
        a0 += w0[0] * x0[0];
        b0 += w1[0] * x0[0];
    }
    if (n > 1U) {
        a1 += w0[1] * x0[1];
        b1 += w1[1] * x0[1];
    }
    if (n > 2U) {
        a2 += w0[2] * x0[2];
        b2 += w1[2] * x0[2];
    }
    sums[0] = sums[2] = (a0 + a1) + (a2 + a3);
    sums[1] = sums[3] = (b0 + b1) + (b2 + b3);
}

static float float_clamp(float y, float min, float max) {
    y = y < min ? min : y;
    return y > max ? max : y;
}

/* A layer on two inputs to two results, or their greater one if y1 is NULL. */
static void float_run(const ecm_nn_float_dense_t *layer, const float *x0,
                      const float *x1, float *y0, float *y1) {
    uint32_t n = layer->inputs_len, o, last = layer->outputs_len - 1U;
    for (o = 0; o <= last; o += 2U) {
        const uint32_t next = o < last ? o + 1U : o;
        const float *w0 = &layer->weights[(size_t)o * n];
        const float *w1 = &layer->weights[(size_t)next * n];
        const float min = layer->output_min, max = layer->output_max;
        const float bias0 = layer->bias[o], bias1 = layer->bias[next];
        float sums[4];
        if (x0 == x1) {
            float_pair(w0, w1, x0, n, sums);
        } else {
            (void)ecm_nn_dot_four_f32(w0, w1, x0, x1, n, sums);
        }
        if (y1 == NULL) {
            sums[0] = sums[0] > sums[2] ? sums[0] : sums[2];
            sums[1] = sums[1] > sums[3] ? sums[1] : sums[3];
        } else {
            y1[o] = float_clamp(sums[2] + bias0, min, max);
            y1[next] = float_clamp(sums[3] + bias1, min, max);
        }
        y0[o] = float_clamp(sums[0] + bias0, min, max);
        y0[next] = float_clamp(sums[1] + bias1, min, max);
    }
}

ecm_status_t ecm_nn_float_dense(const ecm_nn_float_dense_t *layer, const float *x,
                                float *y) {
    ECM_REQUIRE(layer != NULL && x != NULL && y != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(layer->weights != NULL && layer->bias != NULL, ECM_ERR_NULL);
    if (layer->outputs_len > 0U) {
        float_run(layer, x, x, y, NULL);
    }
    return ECM_OK;
}

/* The window of a pixel: in place, or gathered. */
static const float *float_window(const ecm_nn_float_conv_t *layer, const float *x,
                                 uint32_t oy, uint32_t ox, bool inside, float *to) {
    const ecm_nn_window_t *win = &layer->window;
    const uint32_t pixel = win->input_c * (uint32_t)sizeof(float);
    if (inside) {
        size_t row = (size_t)(oy * win->stride_h - win->pad_h) * win->input_w;
        return &x[(row + (size_t)(ox * win->stride_w - win->pad_w)) * win->input_c];
    }
    (void)ecm_nn_window_gather(win, x, pixel, pixel / layer->groups, oy, ox, 0, to);
    return to;
}

/* A row of output pixels for the filters of a group. */
static void float_line(const ecm_nn_float_conv_t *layer,
                       const ecm_nn_float_dense_t *filters, const float *x, uint32_t oy,
                       float *work, float *y) {
    const uint32_t width = layer->window.output_w, pool = layer->pool;
    const size_t step = (size_t)layer->groups * filters->outputs_len;
    uint32_t first = 0, n = 0, ox = 0;
    if (layer->groups == 1U) {
        n = ecm_nn_window_inside(&layer->window, oy, pool, &first);
    }
    while (ox < width) {
        bool in = ox - first < n, both = pool == 2U || ox + 1U < width;
        uint32_t next = pool == 2U ? 2U * ox + 1U : ox + 1U;
        bool next_in = pool == 2U ? in : ox + 1U - first < n;
        const float *x0 = float_window(layer, x, oy, pool * ox, in, work);
        const float *x1 = x0;
        float *y1 = NULL;
        if (both) {
            x1 = float_window(layer, x, oy, next, next_in, work + filters->inputs_len);
            y1 = pool == 2U ? NULL : y + step;
        }
        float_run(filters, x0, x1, y, y1);
        ox += y1 != NULL ? 2U : 1U;
        y += y1 != NULL ? 2U * step : step;
    }
}

ecm_status_t ecm_nn_float_conv(const ecm_nn_float_conv_t *layer, const float *x,
                               float *work, float *y) {
    ecm_nn_float_dense_t filters;
    uint32_t g, oy, channels;
    size_t line;
    ecm_status_t status;
    ECM_REQUIRE(layer != NULL && x != NULL && work != NULL && y != NULL, ECM_ERR_NULL);
    filters = layer->filters;
    ECM_REQUIRE(filters.weights != NULL && filters.bias != NULL, ECM_ERR_NULL);
    status = ecm_nn_window_check(&layer->window);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(layer->groups >= 1U && layer->window.input_c % layer->groups == 0U,
                ECM_ERR_ARG);
    ECM_REQUIRE(layer->pool == 1U || layer->pool == 2U, ECM_ERR_ARG);
    ECM_REQUIRE(filters.outputs_len >= 1U, ECM_ERR_ARG);
    channels = (uint32_t)layer->window.input_c / layer->groups;
    ECM_REQUIRE((uint64_t)layer->window.kernel_h * layer->window.kernel_w * channels ==
                    filters.inputs_len,
                ECM_ERR_ARG);
    line = (size_t)layer->window.output_w * layer->groups * filters.outputs_len;
    for (g = 0; g < layer->groups; g++) {
        for (oy = 0; oy < layer->window.output_h; oy++) {
            float_line(layer, &filters, &x[g * channels], oy, work,
                       &y[oy * line + (size_t)g * filters.outputs_len]);
        }
        filters.weights += (size_t)filters.inputs_len * filters.outputs_len;
        filters.bias += filters.outputs_len;
    }
    return ECM_OK;
}

/* What a pixel of an output sees of an image. */
typedef struct {
    const ecm_nn_window_t *window;
    const float *x; /* of the channel */
    int32_t iy;
    int32_t ix;
} float_view_t;

/* The value of a tap, or NULL outside of the image. */
static const float *float_tap(const float_view_t *view, uint32_t ky, uint32_t kx) {
    const ecm_nn_window_t *win = view->window;
    int32_t iy = view->iy + (int32_t)(ky * win->dilation_h);
    int32_t ix = view->ix + (int32_t)(kx * win->dilation_w);
    if (iy < 0 || iy >= (int32_t)win->input_h || ix < 0 ||
        ix >= (int32_t)win->input_w) {
        return NULL;
    }
    return &view->x[((size_t)iy * win->input_w + (size_t)ix) * win->input_c];
}

static float_view_t float_view(const ecm_nn_window_t *window, const float *x,
                               uint32_t oy, uint32_t ox, uint32_t channel) {
    float_view_t view;
    view.window = window;
    view.x = x + channel;
    view.iy = (int32_t)(oy * window->stride_h) - (int32_t)window->pad_h;
    view.ix = (int32_t)(ox * window->stride_w) - (int32_t)window->pad_w;
    return view;
}

ecm_status_t ecm_nn_float_depthwise(const ecm_nn_float_depthwise_t *layer,
                                    const float *x, float *y) {
    const ecm_nn_window_t *win;
    uint32_t oy, ox, c, outputs;
    ecm_status_t status;
    ECM_REQUIRE(layer != NULL && x != NULL && y != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(layer->weights != NULL && layer->bias != NULL, ECM_ERR_NULL);
    win = &layer->window;
    status = ecm_nn_window_check(win);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(layer->multiply >= 1U, ECM_ERR_ARG);
    outputs = (uint32_t)win->input_c * layer->multiply;
    for (oy = 0; oy < win->output_h; oy++) {
        for (ox = 0; ox < win->output_w; ox++) {
            for (c = 0; c < outputs; c++) {
                const float_view_t view =
                    float_view(win, x, oy, ox, c / layer->multiply);
                const float *w = &layer->weights[c];
                float lane[4] = {0.0f, 0.0f, 0.0f, 0.0f};
                uint32_t ky, kx, t = 0;
                for (ky = 0; ky < win->kernel_h; ky++) {
                    for (kx = 0; kx < win->kernel_w; kx++, t++, w += outputs) {
                        const float *tap = float_tap(&view, ky, kx);
                        lane[t % 4U] += tap != NULL ? *w * *tap : 0.0f;
                    }
                }
                *y++ = float_clamp((lane[0] + lane[1]) + (lane[2] + lane[3]) +
                                       layer->bias[c],
                                   layer->output_min, layer->output_max);
            }
        }
    }
    return ECM_OK;
}

/* Sum in four lanes, greatest, and number of the taps on the image. */
static uint32_t float_taps(const float_view_t *view, float *sum, float *most) {
    float lane[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    uint32_t ky, kx, n = 0;
    for (ky = 0; ky < view->window->kernel_h; ky++) {
        for (kx = 0; kx < view->window->kernel_w; kx++) {
            const float *tap = float_tap(view, ky, kx);
            if (tap != NULL) {
                lane[n % 4U] += *tap;
                *most = n == 0U || *tap > *most ? *tap : *most;
                n++;
            }
        }
    }
    *sum = (lane[0] + lane[1]) + (lane[2] + lane[3]);
    return n;
}

static ecm_status_t float_pool(const ecm_nn_window_t *window, const float *x, float *y,
                               bool mean) {
    uint32_t oy, ox, c, n;
    float sum, most = 0.0f;
    ecm_status_t status;
    ECM_REQUIRE(window != NULL && x != NULL && y != NULL, ECM_ERR_NULL);
    status = ecm_nn_window_check(window);
    ECM_REQUIRE(status == ECM_OK, status);
    for (oy = 0; oy < window->output_h; oy++) {
        for (ox = 0; ox < window->output_w; ox++) {
            const float_view_t view = float_view(window, x, oy, ox, 0);
            ECM_REQUIRE(float_taps(&view, &sum, &most) > 0U, ECM_ERR_ARG);
        }
    }
    for (oy = 0; oy < window->output_h; oy++) {
        for (ox = 0; ox < window->output_w; ox++) {
            for (c = 0; c < window->input_c; c++) {
                const float_view_t view = float_view(window, x, oy, ox, c);
                n = float_taps(&view, &sum, &most);
                *y++ = mean ? sum / (float)n : most;
            }
        }
    }
    return ECM_OK;
}

ecm_status_t ecm_nn_float_pool_max(const ecm_nn_window_t *window, const float *x,
                                   float *y) {
    return float_pool(window, x, y, false);
}

ecm_status_t ecm_nn_float_pool_mean(const ecm_nn_window_t *window, const float *x,
                                    float *y) {
    return float_pool(window, x, y, true);
}

static float float_function(uint32_t function, float a, float b, float x) {
    switch (function) {
    case ECM_NN_FLOAT_CLAMP:
        return float_clamp(x, a, b);
    case ECM_NN_FLOAT_LEAKY:
        return x < 0.0f ? a * x : x;
    case ECM_NN_FLOAT_LOGISTIC:
        return ecm_math_logistic_f32(x);
    case ECM_NN_FLOAT_TANH:
        return ecm_math_tanh_f32(x);
    case ECM_NN_FLOAT_ELU:
        return x < 0.0f ? a * (ecm_math_exp_f32(x) - 1.0f) : x;
    case ECM_NN_FLOAT_HARD_SWISH:
        return x * float_clamp(x + 3.0f, 0.0f, 6.0f) / 6.0f;
    case ECM_NN_FLOAT_SWISH:
        return x * ecm_math_logistic_f32(x);
    case ECM_NN_FLOAT_EXP:
        return ecm_math_exp_f32(x);
    case ECM_NN_FLOAT_SQRT:
        return ecm_math_sqrt_f32(x);
    default:
        return a * x + b;
    }
}

ecm_status_t ecm_nn_float_map(uint32_t function, float a, float b, const float *x,
                              uint32_t x_len, float *y) {
    uint32_t i;
    ECM_REQUIRE(x != NULL && y != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(function <= ECM_NN_FLOAT_AFFINE, ECM_ERR_ARG);
    for (i = 0; i < x_len; i++) {
        y[i] = float_function(function, a, b, x[i]);
    }
    return ECM_OK;
}

ecm_status_t ecm_nn_float_softmax(const float *x, uint32_t x_len, float *y) {
    uint32_t i;
    float most, sum;
    ECM_REQUIRE(x != NULL && y != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(x_len >= 1U, ECM_ERR_LENGTH);
    most = x[0];
    for (i = 1; i < x_len; i++) {
        most = x[i] > most ? x[i] : most;
    }
    for (i = 0; i < x_len; i++) {
        y[i] = ecm_math_exp_f32(x[i] - most);
    }
    sum = ecm_math_sum_f32(y, x_len);
    for (i = 0; i < x_len; i++) {
        y[i] /= sum;
    }
    return ECM_OK;
}
