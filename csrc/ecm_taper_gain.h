/* ecm_taper_gain.h - the gains of a taper: what both tables and sums of cosines have.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_TAPER_GAIN_H
#define ECM_TAPER_GAIN_H

/* What a taper does to amplitudes and powers. Divide an amplitude by coherent and a
 * power by energy to undo it. */
typedef struct {
    float coherent; /* [1] mean of the taper: gain of a sinusoid's amplitude */
    float energy;   /* [1] mean of its square: gain of the power of noise */
    float enbw;     /* [bins] energy / coherent^2: equivalent noise bandwidth */
} ecm_taper_gain_t;

#endif
