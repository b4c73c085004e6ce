/* platform_host.c - output and exit by the C library.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_test.h"
#include <stdio.h>
#include <stdlib.h>

void ecm_test_write(const char *text) {
    (void)fputs(text, stdout);
}

void ecm_test_exit(int failed) {
    exit(failed);
}
