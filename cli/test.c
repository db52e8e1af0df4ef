/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `weir test`: the runner is the library's, so that an embedding program can test its SQL too.
 */
#include "program.h"

#include "weir.h"

static int run_test(int argc, char **argv)
{
    if (argc == 0)
        return cli_usage_error("weir test needs files or cases (weir test --help says more)");
    return weir_test_main(argc, argv, stdout);
}

const cli_command cli_test_command = {
    .name = "test",
    .operands = "FILE.sql... | OPTION...",
    .operands_max = -1,
    .summary = "Test SQL: statements with ASSERT, or cases in JSON",
    .about = "  FILE.sql...               run files of statements with ASSERT VALUES\n"
             "  --test-directory DIR      run all such files below a directory\n"
             "  -s SQL [-i INPUT] -o OUTPUT\n"
             "                            statements, input records and expected output\n"
             "  --case FILE               run one case in JSON (-: from standard input)\n"
             "  --cases FILE              one case on each line, one result on each line\n"
             "  --batch-rows N            rows of a batch (default: the engine's)",
    .run_words = run_test,
};
