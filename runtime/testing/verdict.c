/* SPDX-License-Identifier: Apache-2.0 */
/* What is printed of one test. */
#include "runtime/testing/testing_internal.h"

#include <stdio.h>

void wr__verdict(const wr__test_options *options, const char *name, const char *why)
{
    if (name)
        fprintf(options->out, "%s: ", name);
    if (why)
        fprintf(options->out, "Test failed: %s\n", why);
    else
        fputs("Test passed!\n", options->out);
    fflush(options->out);
}
