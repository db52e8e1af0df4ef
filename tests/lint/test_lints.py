#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The lints find what they are for: each is shown a mistake and its correction."""
import tempfile
import unittest
from pathlib import Path

import banned
import layers
import readmes
import size
import sources

TABLE = (Path(__file__).parent / "layers.txt").read_text()


class Layers(unittest.TestCase):
    def problems(self, path, header):
        return layers.check_text(path, f"#include {header}\n", *layers.read_table(TABLE))

    def test_downwards_only(self):
        self.assertFalse(self.problems("parser/x.c", '"common/base.h"'))
        self.assertFalse(self.problems("common/x.c", '"common/base.h"'))
        self.assertFalse(self.problems("common/x.h", '"weir.h"'))
        self.assertTrue(self.problems("common/x.c", '"parser/parser.h"'))
        self.assertTrue(self.problems("types/x.c", '"parser/parser.h"'))
        self.assertTrue(self.problems("cli/main.c", '"common/base.h"'))
        self.assertFalse(self.problems("cli/main.c", '"weir.h"'))
        self.assertTrue(self.problems("engine/functions/x.c", '"parser/parser.h"'))
        self.assertTrue(self.problems("parser/x.c", '"common/no_such.h"'))

    def test_single_headers(self):
        self.assertFalse(self.problems("engine/operators/x.c", '"engine/plan/plan.h"'))
        self.assertTrue(self.problems("engine/expr/x.c", '"engine/plan/plan.h"'))

    def test_libraries(self):
        self.assertFalse(self.problems("statestore/x.c", "<rocksdb/c.h>"))
        self.assertTrue(self.problems("engine/x.c", "<rocksdb/c.h>"))
        self.assertFalse(self.problems("engine/x.c", "<stdio.h>"))

    def test_comments_do_not_count(self):
        text = '/*\n#include "parser/parser.h"\n*/\n'
        self.assertFalse(layers.check_text("common/x.c", text, *layers.read_table(TABLE)))


class Banned(unittest.TestCase):
    def problems(self, path, text):
        return banned.check_text(path, text, banned.compile_rules())

    def test_calls(self):
        self.assertTrue(self.problems("engine/x.c", "x = malloc(3);"))
        self.assertTrue(self.problems("engine/x.c", "sprintf (b, s);"))
        self.assertTrue(self.problems("engine/x.c", "t = time(NULL);"))
        self.assertFalse(self.problems("runtime/x.c", "t = time(NULL);"))
        self.assertFalse(self.problems("cli/x.c", "free(line);"))

    def test_what_is_no_call(self):
        for text in ("wr_malloc(3);", "/* malloc(3) */", 's = "malloc(3)";', "x->free(y);",
                     "x.free(y);", "void (*free)(void *);", "snprintf(b, n, s);", "free_chain(a);"):
            self.assertFalse(self.problems("engine/x.c", text), text)

    def test_allowed_with_a_reason(self):
        self.assertFalse(self.problems("runtime/x.c", "free(p); /* lint: free: jansson's */"))
        self.assertTrue(self.problems("runtime/x.c", "free(p); /* lint: malloc: wrong name */"))


class Size(unittest.TestCase):
    def test_functions(self):
        text = ('#define BODY { if (x) { \\\n }\nstatic const int t[] = {1, 2};\n'
                "struct s {\n int a;\n};\n"
                "int f(int a)\n{\n    if (a && a > 1)\n        return '{';\n    return 0;\n}\n"
                'extern "C" {\nWR_PRINTF(1, 2)\nvoid g(void)\n{\n}\n}\n'
                "enum { A, B };\nKERNEL(x, fmod(a, (b)))\nKERNEL(y, z)\nchar *h(struct s *x, int (*cb)(int)) { return \"}\"; }\n")
        found = size.functions(text)
        self.assertEqual([(f[2], f[3]) for f in found], [(6, 3), (3, 1), (1, 1)])
        self.assertEqual([f[0] for f in found], ["f", "g", "h"])
        self.assertEqual(found[0][1], 7)

    def test_ratchet(self):
        key = ("a.c", "f")
        self.assertFalse(size.compare({}, {}))
        self.assertTrue(size.compare({key: (61, 2)}, {}))
        self.assertFalse(size.compare({key: (61, 2)}, {key: (61, 2)}))
        self.assertFalse(size.compare({key: (61, 2)}, {key: (70, 2)}))
        self.assertTrue(size.compare({key: (62, 2)}, {key: (61, 2)}))
        self.assertTrue(size.compare({key: (61, 17)}, {key: (61, 16)}))
        self.assertTrue(size.compare({}, {key: (61, 2)}))


class Readmes(unittest.TestCase):
    def test_names(self):
        text = "`a.c`, `b.[ch]` and `c.{c,h}`; not `wr_free`, not d.c"
        self.assertEqual(readmes.names_in(text), {"a.c", "b.c", "b.h", "c.c", "c.h"})

    def test_missing_and_stale(self):
        with tempfile.TemporaryDirectory() as folder:
            root = readmes.ROOT
            readmes.ROOT = sources.ROOT = Path(folder)
            try:
                (Path(folder) / "x").mkdir()
                (Path(folder) / "x" / "a.c").write_text("")
                self.assertEqual(len(readmes.check([Path("x/a.c")])), 1)
                (Path(folder) / "x" / "README.md").write_text("- `a.c`: a")
                self.assertEqual(readmes.check([Path("x/a.c")]), [])
                (Path(folder) / "x" / "README.md").write_text("- `b.c`: b")
                self.assertEqual(len(readmes.check([Path("x/a.c")])), 2)
            finally:
                readmes.ROOT = sources.ROOT = root


if __name__ == "__main__":
    unittest.main()
