/* ecm_nn.h - what the layers of neural networks share.
 *
 * Activations are int8 or float32, in the order height, width, channel. The integer
 * layers are byte-equal to LiteRT's reference kernels where their header does not say
 * otherwise.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_NN_H
#define ECM_NN_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

/* How windows of taps lie on an image: of convolutions and pools. Images are rows of
 * pixels of channels, in memory [y][x][channel]; what has one dimension has one row.
 * Tap k of the window of output pixel o is at input pixel o stride - pad + k dilation;
 * taps outside of the image read the zero point, or are left out of a pool. */
typedef struct {
    uint16_t input_h;
    uint16_t input_w;
    uint16_t input_c; /* channels */
    uint16_t output_h;
    uint16_t output_w;
    uint16_t kernel_h; /* all from here on >= 1, but pads */
    uint16_t kernel_w;
    uint16_t stride_h;
    uint16_t stride_w;
    uint16_t dilation_h;
    uint16_t dilation_w;
    uint16_t pad_h; /* pixels above and to the left; below and right follow */
    uint16_t pad_w;
} ecm_nn_window_t;

/** Mean squared difference of two vectors: an autoencoder's reconstruction error.
 *
 * x       [in]  x_len values
 * y       [in]  x_len values
 * x_len   [in]  number of values, >= 1
 * error   [out] mean of (x - y)^2
 *
 * Numerics: summed in four lanes, one division.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_LENGTH.
 */
ecm_status_t ecm_nn_mse_f32(const float *x, const float *y, uint32_t x_len,
                            float *error);

/** Are all sizes of a window as they must be?
 *
 * window  [in]  geometry
 *
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG where a size is 0.
 */
ecm_status_t ecm_nn_window_check(const ecm_nn_window_t *window);

/** Gather the window of an output pixel.
 *
 * window     [in]  geometry, as ecm_nn_window_check wants it
 * x          [in]  the image's first byte, or that of the first channel that is wanted
 * pixel_len  [in]  bytes of a pixel of the image
 * piece_len  [in]  bytes of a pixel that are wanted, <= pixel_len
 * row        [in]  of the output pixel
 * column     [in]  of the output pixel; may lie beyond output_w
 * fill       [in]  every byte of a tap outside of the image
 * to         [out] kernel_h kernel_w piece_len bytes, in that order
 *
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_nn_window_gather(const ecm_nn_window_t *window, const void *x,
                                  uint32_t pixel_len, uint32_t piece_len, uint32_t row,
                                  uint32_t column, int32_t fill, void *to);

/** The output pixels of a row whose windows lie in the image in one piece.
 *
 * window  [in]  geometry, as ecm_nn_window_check wants it
 * row     [in]  of the output
 * pool    [in]  1, or 2 where output_w counts pairs of pixels
 * first   [out] the first of them
 *
 * Context : any.
 * Returns : how many there are; 0 where a window has rows of taps, or gaps.
 */
uint32_t ecm_nn_window_inside(const ecm_nn_window_t *window, uint32_t row,
                              uint32_t pool, uint32_t *first);

ECM_EXTERN_C_END

#endif
