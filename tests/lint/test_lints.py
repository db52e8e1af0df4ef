#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The lints find what they are for: each is shown a mistake and its correction."""
import tempfile
import unittest
from pathlib import Path

import banned
import circles
import density
import facts
import faults
import layers
import names
import ratchet
import readmes
import record_way
import size
import sources
import words

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

    def test_runtime(self):
        """A folder of runtime sees what is below it, and nothing of runtime where it is not listed."""
        for path, header in (("task", "log/log.h"), ("worker", "log/log.h"),
                             ("instance", "query/query.h"), ("testing", "instance/engine.h")):
            self.assertFalse(self.problems(f"runtime/{path}/x.c", f'"runtime/{header}"'), path)
        for path, header in (("log", "query/query.h"), ("task", "instance/engine.h"),
                             ("api", "worker/worker.h"), ("new", "log/log.h")):
            self.assertTrue(self.problems(f"runtime/{path}/x.c", f'"runtime/{header}"'), path)

    def test_groups(self):
        table, _ = layers.read_table("@low: a b\nx: @low c\n   d\n")
        self.assertEqual(table, {"x": {"a", "b", "c", "d"}})

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

    def test_kind_of_log(self):
        for text in ("if (log->kind == WR_LOG_KAFKA)", "x != WR_LOG_LOCAL;", "case WR_LOG_MEMORY:",
                     "return WR_LOG_KAFKA == kind;"):
            self.assertTrue(self.problems("runtime/task/x.c", text), text)
            self.assertFalse(self.problems("runtime/log/x.c", text), text)
        for text in ("options.log = WR_LOG_LOCAL;", "/* kind == WR_LOG_KAFKA */"):
            self.assertFalse(self.problems("runtime/task/x.c", text), text)

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


class Circles(unittest.TestCase):
    def found(self, **texts):
        return circles.circles(circles.graph({f"d/{name}.c": text for name, text in texts.items()}))

    def test_circle(self):
        self.assertEqual(self.found(a="void wr_a(void) { wr_b(); }", b="void wr_b(void) { wr_a(); }"),
                         [["d/a", "d/b"]])
        three = {"a": "int wr_a(void) { return wr_b(); }", "b": "int wr_b(void) { return wr_c(); }",
                 "c": "int wr_c(int n) { return n ? wr_a() : 0; }", "d": "int wr_d(void) { return wr_a(); }"}
        self.assertEqual(self.found(**three), [["d/a", "d/b", "d/c"]])
        three["c"] = "int wr_c(int n) { return n; }"
        self.assertEqual(self.found(**three), [])

    def test_tables_of_functions_count(self):
        self.assertEqual(len(self.found(a="const wr_class wr_row = {.open = wr_b};\nvoid wr_a(void) { }",
                                        b="void wr_b(void) { wr_a(); }")), 1)

    def test_what_takes_nothing(self):
        a = "void wr_a(void) { wr_b(); }"
        for b in ("void wr_b(void) { /* wr_a(); */ }", 'void wr_b(void) { f("wr_a"); }',
                  "void wr_a(void);\nvoid wr_b(void) { }", "void wr_b(wr_x *x) { x->wr_a(x.wr_a); }",
                  "#define CALL wr_a()\nvoid wr_b(void) { }",
                  "static void wr_a(void) { }\nvoid wr_b(void) { }"):
            self.assertEqual(self.found(a=a, b=b), [], b)

    def test_other_folders_and_headers(self):
        a, b = "void wr_a(void) { wr_b(); }", "void wr_b(void) { wr_a(); }"
        self.assertFalse(circles.circles(circles.graph({"d/a.c": a, "e/b.c": b})))
        inline = "static inline void wr_b(void) { wr_a(); }"
        self.assertTrue(circles.circles(circles.graph({"d/a.c": a, "d/b.h": inline})))
        self.assertFalse(circles.circles(circles.graph({"d/a.c": a, "d/a.h": inline})))


class Ratchet(unittest.TestCase):
    def with_list(self, text, work):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "list.txt"
            path.write_text(text)
            return work(path)

    def test_at_most(self):
        def problems(text, counts):
            return self.with_list(text, lambda p: ratchet.at_most(p, counts, lambda key, n: "more"))
        self.assertFalse(problems("# c\n", {}))
        self.assertTrue(problems("# c\n", {("a",): 1}))
        self.assertFalse(problems("a 2\n", {("a",): 2}))
        self.assertFalse(problems("a 2\n", {("a",): 1}))
        self.assertTrue(problems("a 2\n", {("a",): 3}))
        self.assertTrue(problems("a 2\n", {}))
        self.assertFalse(problems("a b 2\n", {("a", "b"): 2}))

    def test_update_only_shrinks(self):
        def work(path):
            ratchet.update(path, {("a",): 1, ("b",): 5, ("d",): 1})
            return path.read_text()
        self.assertEqual(self.with_list("# c\na 2\nb 4\nc 1\n", work), "# c\na 1\nb 4\n")


class Names(unittest.TestCase):
    def test_repeated(self):
        self.assertEqual(names.repeated(["a/x.c", "b/y.c", "a/x.h"]), {})
        self.assertEqual(names.repeated(["a/x.c", "b/x.c"]), {"x.c": ["a/x.c", "b/x.c"]})


class Words(unittest.TestCase):
    def words_in(self, text, path="runtime/task/x.c"):
        return [word for _, word in words.find(path, text)]

    def test_identifiers_and_prose(self):
        for text, word in (("wr_hub *h;", "hub"), ("HUB_MAX", "hub"), ("/* the Inboxes of */", "inbox"),
                           ("lanes_n", "lane"), ("side scan", "side-scan"), ("wr__scan_open(", "wr__scan"),
                           ("wr__store_settle();", "settle"), ("it tells them", "tells")):
            self.assertEqual(self.words_in(text), [word], text)

    def test_other_words(self):
        for text in ("github", "planes", "settlement", "wr_scanner", "a scan of the store", "unexpelled",
                     "foretells", "wanted"):
            self.assertEqual(self.words_in(text), [], text)

    def test_where_it_is_looked_for(self):
        self.assertEqual(self.words_in("wr__scan x; WR__WANT_RUN", "formats/x.c"), [])
        self.assertEqual(words.find("docs/x.md", "a\nthe hub\n"), [(2, "hub")])


class Density(unittest.TestCase):
    TEXT = '/* why */\nint f(void)\n{\n    WR_ASSERT(x); /* so */\n\n    return g("/* no */");\n}\n/*\n */\n'

    def test_count(self):
        self.assertEqual(density.count(self.TEXT), (5, 4, 9, 1))
        self.assertEqual(density.count("/* WR_ASSERT(x) */\n"), (0, 1, 1, 0))

    def test_values(self):
        values = density.measure({"a/x.c": self.TEXT, "b/y.c": "int x;\n"}, 5)
        self.assertEqual(values["a", "asserts"], 200.0)
        self.assertEqual(values["a", "comments"], 44.4)
        self.assertEqual(values["b", "asserts"], 0.0)
        self.assertEqual(values["all", "tests"], 0.5)

    def test_floors(self):
        values = {("a", "asserts"): 3.0}
        self.assertFalse(density.problems_of(values, {("a", "asserts"): 3.0}))
        self.assertTrue(density.problems_of(values, {("a", "asserts"): 3.1}))
        self.assertTrue(density.problems_of(values, {("b", "asserts"): 0.0}))

    def test_update_only_rises(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "list.txt"
            path.write_text("# c\n")
            floors = {("a", "asserts"): 3.0, ("b", "asserts"): 1.0}
            density.update(path, {("a", "asserts"): 2.0, ("b", "asserts"): 4.0, ("a", "comments"): 9.0},
                           floors)
            self.assertEqual(path.read_text(), "# c\na asserts 3.0\nb asserts 4.0\n")


class RecordWay(unittest.TestCase):
    def test_section(self):
        text = "# A\n## The way of a record\n`a/x.c`\n### Part\n`a/y.c`\n## Next\n`b/z.c`\n"
        self.assertEqual(record_way.NAMED.findall(record_way.section(text)), ["a/x.c", "a/y.c"])
        self.assertEqual(record_way.section("# A\n"), "")

    def test_check(self):
        def problems(*way):
            return record_way.check(list(way), lambda name: name != "a/none.c")
        self.assertFalse(problems("a/x.c", "b/y.c", "a/z.c"))
        self.assertTrue(problems("a/x.c", "b/y.c", "a/x.c"))
        self.assertTrue(problems("a/none.c"))
        self.assertTrue(problems("x.c"))
        self.assertTrue(problems("a/1.c", "b/2.c", "a/3.c", "b/4.c", "a/5.c"))


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



class Facts(unittest.TestCase):
    def test_names(self):
        found = facts.tested(["static void test_p06_twice(void **s)", "--@test: test_k10_q31_order",
                              "def test_r05_a(self):", "test_avro_p07 P08 other_a01_x"])
        self.assertEqual(found, {"p06", "k10", "r05"})

    def test_missing(self):
        every = {f"{s}{i:02}" for s, last in facts.LAST.items() for i in range(1, last + 1)}
        self.assertEqual(facts.missing(every - {"p15", "k01"}, {"p15"}), (["k01"], []))
        self.assertEqual(facts.missing(every, {"j08"}), ([], ["j08"]))

    def test_rows(self):
        self.assertEqual(facts.ROW.findall("| P15 | a reason |\n| K01 | |\n"), ["P15"])

    def test_faults(self):
        table = '    POINT(A_B, "a.b", "x")   \\\n    POINT(C, "c", "y")\n'
        self.assertEqual(faults.check(table, {"f.c": ["A_B", "C"]}), [])
        self.assertEqual(len(faults.check(table, {"f.c": ["A_B"], "g.c": ["A_B", "POINTS"]})), 2)
        self.assertEqual(len(faults.check("", {"f.c": []})), 1)


if __name__ == "__main__":
    unittest.main()
