/* ecm_port.h (auto) - the port of the core that the compiler builds for, by what it
 * says of it: for packages, which are built in projects that we do not know.
 *
 * SPDX-License-Identifier: MIT
 */
#if defined(__SSE2__) || defined(__aarch64__) || defined(__riscv_flen)
#define ECM_PORT_FPU
#elif defined(__ARM_FP)
#if (__ARM_FP & 4) != 0 /* single precision */
#define ECM_PORT_FPU
#endif
#endif

#ifdef ECM_PORT_FPU
#undef ECM_PORT_FPU
#include "port/fpu/ecm_port.h"
#else
#include "port/generic/ecm_port.h"
#endif
