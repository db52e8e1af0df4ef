#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The web page of `weir server` in a browser: statements, live rows and charts, queries, topics, dead letters;
with the keyboard alone, on a phone, in the dark; nothing from elsewhere, nothing of records as HTML."""
import json
import subprocess
import urllib.error
import urllib.request

import service
from browser import Browser, chromium
from service import free_ports, wait_until
from weir_cli import WeirCase

ORDERS = """CREATE STREAM orders (customer STRING KEY, item STRING, price DECIMAL(8, 2))
  WITH (KAFKA_TOPIC = 'orders', PARTITIONS = 2, VALUE_FORMAT = 'JSON', ON_ERROR = 'dead-letter', DEAD_LETTER_TOPIC = 'bad_orders');
CREATE TABLE totals AS SELECT customer, COUNT(*) AS n, SUM(price) AS total FROM orders GROUP BY customer;"""
HOSTILE = "<img src=x onerror=alert(1)>"
PAGE_BYTES_MAX = 300_000


class Page(WeirCase):
    def setUp(self):
        super().setUp()
        if not chromium():
            self.skipTest("chromium is not installed (scripts/deps --all installs it)")
        self.url = f"http://127.0.0.1:{free_ports(1)[0]}"
        self.start("server", "--data", self.data, "--listen", self.url, stderr=subprocess.DEVNULL)
        wait_until(self.answers, 10, "the server answers")

    def answers(self):
        try:
            return self.get("/metrics")
        except urllib.error.URLError:
            return None

    def get(self, path, **headers):
        request = urllib.request.Request(self.url + path, headers=headers)
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.read(), response.headers

    def status(self, path, data=None, **headers):
        try:
            with urllib.request.urlopen(urllib.request.Request(self.url + path, data, headers), timeout=10) as response:
                return response.status
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    def sql(self, *statements):
        for sql in statements:
            body = json.dumps({"sql": sql}).encode()
            with urllib.request.urlopen(self.url + "/weir/v1/statement", body, timeout=10) as response:
                answer = response.read().decode()
            self.assertNotIn('"error"', answer)

    def run_in(self, browser, text):
        """Into the editor and run, by keys."""
        browser.js("document.querySelector('textarea').focus()")
        browser.js("document.querySelector('textarea').select()")
        browser.type(text)
        browser.press("Escape")
        browser.js("document.querySelector('textarea').focus()")
        browser.press("Enter", ctrl=True)

    def newest(self, browser, text):
        browser.wait(f"document.querySelector('.results .card')?.innerText.includes({json.dumps(text)})")

    def button(self, browser, name):
        browser.js(f"[...document.querySelectorAll('button')].find(b => b.textContent === {json.dumps(name)}).setAttribute('data-test', '')")
        browser.click("[data-test]")
        browser.js("document.querySelector('[data-test]')?.removeAttribute('data-test')")

    # ---- without a browser

    def test_files(self):
        index, headers = self.get("/ui/")
        self.assertIn("default-src 'none'", headers["Content-Security-Policy"])
        self.assertNotIn("unsafe", headers["Content-Security-Policy"])
        self.assertEqual(headers.get_content_type(), "text/html")
        self.assertEqual(self.status("/ui/", **{"If-None-Match": headers["ETag"]}), 304)
        self.assertEqual(self.status("/ui/../serve.c"), 404)
        self.assertEqual(self.status("/ui/", data=b"x"), 405)
        total = len(index)
        for name in ("app.js", "style.css", "icon.svg", "browse.js", "chart.js", "console.js", "dom.js", "editor.js",
                     "graph.js", "queries.js", "server.js", "sql.js"):
            total += len(self.get(f"/ui/{name}")[0])
        self.assertLess(total, PAGE_BYTES_MAX)
        self.assertEqual(self.get("/", Accept="text/html,*/*;q=0.8")[0], index)

    def test_other_sites_are_refused(self):
        """A form of another site's page can send text to a server that its visitor can reach."""
        body = json.dumps({"sql": "CREATE STREAM s (v INT) WITH (KAFKA_TOPIC='s', PARTITIONS=1, VALUE_FORMAT='JSON');"}).encode()
        for origin in ("http://evil.example", "null", self.url + "0"):
            self.assertEqual(self.status("/weir/v1/statement", body, Origin=origin), 403, origin)
        self.assertEqual(self.status("/weir/v1/statement", body, Origin=self.url), 200)

    def test_records(self):
        self.sql(*[s + ";" for s in ORDERS.split(";")[:2]])
        self.sql(*[f"INSERT INTO orders VALUES ('k{i}', 'x', {i});" for i in range(5)])
        answer = json.loads(self.get("/weir/v1/records?topic=orders&last=3")[0])["records"]
        self.assertEqual([r["key"] for r in answer], ["k4", "k3", "k2"])
        self.assertEqual(json.loads(answer[0]["value"]), {"ITEM": "x", "PRICE": 4.0})
        self.assertEqual(self.status("/weir/v1/records?topic=none"), 404)
        for wrong in ("", "?topic=orders&last=0", "?topic=orders&last=1001", "?topic=orders&last=3x"):
            self.assertEqual(self.status("/weir/v1/records" + wrong), 400, wrong)

    # ---- with one

    def test_statements_rows_and_chart(self):
        with Browser() as b:
            b.open(self.url + "/ui/")
            self.run_in(b, ORDERS)
            self.newest(b, "CTAS_TOTALS_1")
            self.run_in(b, "INSERT INTO orders VALUES ('ada', 'lamp', 19.90);")
            self.newest(b, "Done")
            self.run_in(b, "SELECT * FROM totals EMIT CHANGES;")
            self.newest(b, "19.90")  # exact: not 19.9
            self.button(b, "Chart")
            height = "document.querySelector('.chart .bar')?.getAttribute('height')"
            b.js("document.querySelectorAll('.chart-tools select')[1].selectedIndex = 1")
            b.js("document.querySelectorAll('.chart-tools select')[1].dispatchEvent(new Event('change'))")
            b.wait(height)
            before = b.js("document.querySelector('.chart').textContent")
            self.sql("INSERT INTO orders VALUES ('ada', 'desk', 2000.00);", f"INSERT INTO orders VALUES ('{HOSTILE}', 'x', 1.00);")
            self.newest(b, "2019.90")
            self.newest(b, HOSTILE)
            b.wait(f"document.querySelector('.chart').textContent !== {json.dumps(before)}")
            b.wait("document.querySelectorAll('.chart .bar').length === 2")
            self.assertFalse(b.js("!!document.querySelector('main img')"))
            # Paused it stays as it is, and catches up afterwards.
            self.button(b, "Pause")
            self.sql("INSERT INTO orders VALUES ('cyd', 'x', 77.00);")
            b.wait("document.querySelector('.results .card .chip').textContent === 'paused'")
            self.assertFalse(b.js("document.querySelector('.results .card').innerText.includes('77.00')"))
            self.button(b, "Resume")
            self.newest(b, "77.00")
            self.button(b, "Stop")
            b.wait("document.querySelector('.results .card .chip').textContent === 'stopped'")
            wait_until(lambda: b"weir_push_queries 0" in self.get("/metrics")[0], 10, "the query ends at the server")
            # A second statement after a mistake is not run; the mistake's line is marked.
            self.run_in(b, "-- \u00e4\nSELECT customer,\n  prise FROM orders EMIT CHANGES; SHOW TOPICS;")
            b.wait("document.querySelector('.error-line')?.textContent.startsWith('Line 3, column 3:')")
            self.assertEqual(b.js("document.querySelector('.editor .wrong').textContent"), "  prise FROM orders EMIT CHANGES; SHOW TOPICS;")
            self.newest(b, "Did you mean PRICE?")
            self.assertEqual(b.problems, [])
            self.assertEqual([u for u in b.requests if not u.startswith(self.url)], [])

    def test_queries_topics_letters(self):
        self.sql(*[s + ";" for s in ORDERS.split(";")[:2]],
                 "CREATE STREAM raw (k STRING KEY, v STRING) WITH (KAFKA_TOPIC = 'orders', VALUE_FORMAT = 'KAFKA');",
                 "INSERT INTO orders VALUES ('ada', 'lamp', 19.90);", f"INSERT INTO raw VALUES ('bob', '{HOSTILE}');")
        with Browser() as b:
            b.open(self.url + "/ui/#/queries")
            b.wait("document.querySelector('.queries')?.innerText.includes('CTAS_TOTALS_1')")
            self.button(b, "Pause")
            b.wait("document.querySelector('.queries .chip').textContent === 'paused'")
            self.button(b, "Resume")
            b.wait("document.querySelector('.queries .chip').textContent === 'running'")
            b.click(".queries a")
            b.wait("document.querySelector('.graph')?.textContent.includes('StreamAggregate')")
            b.wait("document.querySelector('.graph').textContent.includes('1 → 1 rows')")
            self.assertEqual(b.js("document.querySelectorAll('.graph .node').length"),
                             b.js("document.querySelectorAll('.graph .edge').length") + 1)
            b.js("location.hash = '#/dead-letters/bad_orders'")
            b.wait("document.querySelector('.letters')?.innerText.includes('VALUE_NOT_DECODABLE')")
            self.assertTrue(b.js(f"document.querySelector('.letters').innerText.includes({json.dumps(HOSTILE)})"))
            b.js("location.hash = '#/topics/orders'")
            b.wait("document.querySelectorAll('.detail tbody tr').length === 2")
            b.js("location.hash = '#/sources/TOTALS'")
            b.wait("document.querySelector('.detail')?.innerText.includes('DECIMAL(8, 2)')")
            self.assertFalse(b.js("!!document.querySelector('main img')"))
            # Terminating asks, and takes no for an answer.
            b.js("location.hash = '#/queries'")
            b.wait("!!document.querySelector('.queries')")
            self.button(b, "Terminate")
            b.wait("!!document.querySelector('dialog[open]')")
            b.press("Escape")
            b.wait("!document.querySelector('dialog')")
            self.assertIn(b'weir_query_state{query="CTAS_TOTALS_1",state="RUNNING"} 1', self.get("/metrics")[0])
            self.button(b, "Terminate")
            b.wait("!!document.querySelector('dialog[open]')")
            b.click("dialog .danger")
            b.wait("document.querySelector('main').innerText.includes('No queries')")
            self.assertEqual(b.problems, [])

    def test_keyboard_phone_and_dark(self):
        self.sql(ORDERS.split(";")[0] + ";")
        with Browser() as b:
            b.scheme("light")
            b.open(self.url + "/ui/")
            b.wait("document.activeElement.tagName === 'TEXTAREA'")
            b.wait("document.querySelectorAll('.sql-keyword').length > 0")
            b.js("document.querySelector('textarea').select()")
            b.type("SELECT cust")  # a column needs its source
            b.press("Escape")
            b.type("omer FROM ord")
            b.wait("document.querySelector('[aria-selected=true]')?.textContent.startsWith('ORDERS')")
            b.press("Tab")
            b.type(" EMIT CHA")
            b.wait("!document.querySelector('.completions').hidden")
            b.press("Tab")
            b.type(";")
            self.assertEqual(b.js("document.querySelector('textarea').value"), "SELECT customer FROM ORDERS EMIT CHANGES;")
            b.press("Enter", ctrl=True)
            b.wait("document.querySelector('.results .chip')?.textContent === 'live'")
            # Without completions Tab leaves the editor, and every control can be reached.
            b.press("Tab")
            self.assertEqual(b.js("document.activeElement.textContent"), "Run")
            reached = set()
            for _ in range(24):
                b.press("Tab")
                reached.add(b.js("document.activeElement.textContent || document.activeElement.tagName"))
            self.assertLessEqual({"History", "Stop", "Pause", "Queries", "Dead letters"}, reached)
            b.js("document.activeElement.blur()")
            b.press("2")
            b.wait("location.hash === '#/queries' && !!document.querySelector('h1')")
            b.press("?")
            b.wait("!!document.querySelector('dialog[open]')")
            b.press("Escape")
            b.wait("!document.querySelector('dialog')")
            ground = "getComputedStyle(document.body).backgroundColor"
            light = b.js(ground)
            b.scheme("dark")
            dark = b.js(ground)
            self.assertNotEqual(light, dark)
            b.press("t")  # light, though the system is dark; and it is kept
            self.assertEqual(b.js(ground), light)
            b.size(360, 780)
            b.open(self.url + "/ui/?again")
            self.assertEqual(b.js(ground), light)
            for view in ("console", "queries", "sources/ORDERS", "topics/orders", "dead-letters"):
                b.js(f"location.hash = '#/{view}'")
                b.wait("!!document.querySelector('h1') && !document.querySelector('main').innerText.includes('Loading')")
                self.assertLessEqual(b.js("document.documentElement.scrollWidth"), 360, view)
            self.assertEqual(b.problems, [])


if __name__ == "__main__":
    service.main()
