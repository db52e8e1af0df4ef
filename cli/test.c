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
    .about =
        "No broker, network or clock: topics are in memory, and wall time stands still.\n"
        "\n"
        "  FILE.sql...            statements with ASSERT; see below\n"
        "  --test-directory DIR   all files *.sql below a directory (also -td DIR)\n"
        "  -s SQL [-i INPUT] -o OUTPUT\n"
        "                         statements, input records and expected output records, in\n"
        "                         three files; ksqlDB's older form\n"
        "  --case FILE            one case in JSON to one result (-: from standard input)\n"
        "  --cases FILE           a case on each line, a result on each line\n"
        "  --schema-registry DIR  begin each test with the schemas of DIR: SUBJECT.avsc, .json, "
        ".proto\n"
        "  --batch-rows N         process N rows at a time; no result may depend on it\n"
        "\n"
        "A file is one test, named by the file. Lines --@test: name divide it into several, each\n"
        "of which begins with nothing:\n"
        "\n"
        "  --@test: counts per user\n"
        "  CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');\n"
        "  CREATE TABLE t AS SELECT id, COUNT(*) AS n FROM s GROUP BY id;\n"
        "  INSERT INTO s (id, v, ROWTIME) VALUES (1, 10, 0);\n"
        "  INSERT INTO s (id, v, ROWTIME) VALUES (1, 20, 5);\n"
        "  ASSERT VALUES t (id, n) VALUES (1, 1);       -- each update, in order\n"
        "  ASSERT VALUES t (id, n) VALUES (1, 2);\n"
        "  ASSERT LAST VALUES t (id, n) VALUES (1, 2);  -- the last one of key 1\n"
        "\n"
        "  --@test: there is no such column\n"
        "  --@expected.error: any name                  -- one of the statements must fail\n"
        "  --@expected.message: cannot be resolved      -- with this in its message\n"
        "  CREATE STREAM s (id INT KEY) WITH (kafka_topic='s', value_format='JSON');\n"
        "  CREATE STREAM o AS SELECT nope FROM s;\n"
        "\n"
        "  ASSERT [LAST] VALUES source (columns) VALUES (values);\n"
        "  ASSERT [LAST] NULL VALUES source (key columns) KEY (values);    a deletion\n"
        "  ASSERT STREAM|TABLE source (columns) WITH (...);                the declaration\n"
        "\n"
        "Only the listed columns are compared; ROWTIME, WINDOWSTART and WINDOWEND may be among\n"
        "them. Each statement is processed to the end before the next one.\n"
        "Exit status: 0 all passed, 1 a test failed, 2 wrong usage.",
    .run_words = run_test,
};
