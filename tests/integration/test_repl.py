#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The prompt, as a person at a terminal sees it."""
import signal
import termios
import unittest

import service
from pty_driver import CTRL_C, CTRL_D, TAB, UP, Terminal
from weir_cli import WeirCase

STREAM = ("CREATE STREAM readings (id INT KEY, temperature DOUBLE) "
          "WITH (KAFKA_TOPIC='readings', PARTITIONS=1, VALUE_FORMAT='JSON');\n")
PROMPT = r"^weir> "


class Prompt(WeirCase):
    def terminal(self, *words, rows=40, columns=80):
        terminal = Terminal(self.words(words), rows=rows, columns=columns,
                            environment=self.environment, cwd=self.folder)
        self.addCleanup(terminal.close)
        terminal.expect(PROMPT)
        return terminal

    def leave(self, terminal, how="exit\n"):
        terminal.send(how)
        self.assertEqual(terminal.wait(), 0, terminal.output())

    def interrupt(self, terminal):
        terminal.send(CTRL_C)
        terminal.expect(r"\^C\n")
        terminal.expect(PROMPT)

    def on_screen(self, terminal, text, typed):
        """Type, and wait until the screen has the text: the editor draws blanks by moving."""
        terminal.send(typed)
        service.wait_until(lambda: text in terminal.screen(), 20, f"the screen has {text!r}")

    def test_banner_and_ways_to_leave(self):
        for how in ("exit\n", "QUIT;\n", "ex\n", CTRL_D):
            terminal = self.terminal()
            self.assertRegex(terminal.output(), r"Weir \d+\.\d+\.\d+")
            self.assertIn(str(self.data), terminal.output())
            self.leave(terminal, how)

    def test_statement_on_several_lines(self):
        terminal = self.terminal()
        terminal.send("SHOW\n")
        self.on_screen(terminal, "weir> SHOW\n      -- a", "-- a")
        terminal.send(" comment; not the end\n")
        terminal.send("STREAMS;\n")
        terminal.expect("Stream Name")
        terminal.expect(PROMPT)
        self.leave(terminal)

    def test_ctrl_c_stops_the_query_and_not_the_program(self):
        terminal = self.terminal()
        terminal.send(STREAM)
        terminal.expect("Stream created")
        terminal.expect(PROMPT)
        terminal.send("SELECT * FROM readings EMIT CHANGES;\n")
        terminal.expect(r"\|ID +\|TEMPERATURE +\|")
        terminal.expect("Press CTRL-C to interrupt")
        terminal.send(CTRL_C)
        terminal.expect("Query terminated")
        terminal.expect(PROMPT)
        terminal.send("PRINT readings;\n")
        terminal.expect("Press CTRL-C to interrupt")
        terminal.send(CTRL_C)
        terminal.expect("Topic printing ceased")
        terminal.expect(PROMPT)
        self.leave(terminal)

    def test_nothing_to_interrupt_before_a_statement_is_good(self):
        terminal = self.terminal()
        terminal.send("SELECT nope FROM nowhere EMIT CHANGES;\n")
        terminal.expect("NOWHERE does not exist")
        terminal.expect(PROMPT)
        terminal.send("PRINT 'nowhere';\n")
        terminal.expect("Could not find topic 'nowhere'")
        terminal.expect(PROMPT)
        self.assertNotIn("Press CTRL-C", terminal.output())
        self.leave(terminal)

    def test_ctrl_c_clears_the_line(self):
        terminal = self.terminal()
        terminal.send("SELECT nonsense")
        terminal.expect("nonsense")
        self.interrupt(terminal)
        terminal.send("SHOW\n")
        self.on_screen(terminal, "weir> SHOW\n      x", "x")
        self.interrupt(terminal)
        self.assertNotIn("Ctrl-D leaves", terminal.output())
        self.interrupt(terminal)
        self.assertIn("Ctrl-D leaves", terminal.output())
        terminal.send("SHOW TABLES;\n")
        terminal.expect("Table Name")
        terminal.expect(PROMPT)
        self.leave(terminal)

    def test_error_with_caret(self):
        terminal = self.terminal()
        terminal.send("SELECT * FRM x;\n")
        terminal.expect(r"line 1:\d+: ")
        terminal.expect(r"SELECT \* FRM x;\n +\^")
        terminal.expect(PROMPT)
        terminal.send("SHOW STREAMS;\n")
        terminal.expect("Stream Name")
        self.leave(terminal)

    def test_table_fits_the_terminal(self):
        terminal = self.terminal(columns=62)
        terminal.send(STREAM)
        terminal.expect(PROMPT)
        terminal.send("SET 'auto.offset.reset'='earliest';\n")
        terminal.expect(PROMPT)
        terminal.send("INSERT INTO readings VALUES (7, 21.5);\n")
        terminal.expect(PROMPT)
        select = "SELECT * FROM readings EMIT CHANGES LIMIT 1;\n"
        terminal.send(select)
        terminal.expect(r"^\+-{8}\+-{12}\+\n\|ID      \|TEMPERATURE \|\n\+-{8}\+-{12}\+\n")
        terminal.expect(r"\|7       \|21.5        \|\n")
        terminal.expect("Limit Reached")
        terminal.expect(PROMPT)
        text = "SELECT id, 'text' AS t FROM readings EMIT CHANGES LIMIT 1;\n"
        terminal.send(text)
        terminal.expect(r"^\+-{8}\+-{51}\+\n")
        terminal.expect(PROMPT)
        terminal.resize(40, 42)
        terminal.send(text)
        terminal.expect(r"^\+-{8}\+-{31}\+\n")
        terminal.expect("Limit Reached")
        terminal.expect(PROMPT)
        terminal.send("set cli column-width 8\n")
        terminal.expect(PROMPT)
        terminal.send(select)
        terminal.expect(r"^\+-{8}\+-{8}\+\n\|ID      \|TEMPERAT\|\n\|        \|URE     \|\n")
        terminal.expect(PROMPT)
        self.leave(terminal)

    def test_completion(self):
        terminal = self.terminal()
        terminal.send(STREAM)
        terminal.expect("Stream created")
        terminal.expect(PROMPT)
        terminal.send("DESCR" + TAB)
        terminal.expect("DESCRIBE ")
        terminal.send("readi" + TAB + ";\n")
        terminal.expect("TEMPERATURE")
        terminal.expect(PROMPT)
        terminal.send("select temperat" + TAB)
        terminal.expect("temperature ")
        self.interrupt(terminal)
        terminal.send("CREAT" + TAB + "ST" + TAB + TAB)
        terminal.expect("STREAM")
        self.interrupt(terminal)
        self.leave(terminal)

    def test_completion_knows_the_place(self):
        """Sources, columns of the query's own, settings: no list of every word there is."""
        terminal = self.terminal()
        terminal.send(STREAM)
        terminal.expect("Stream created")
        terminal.expect(PROMPT)
        terminal.send("select * from " + TAB)
        self.on_screen(terminal, "select * from readings", "")
        self.on_screen(terminal, "id           temperature", "where " + TAB)
        self.interrupt(terminal)
        terminal.send("SET 'auto" + TAB + "= 'e" + TAB + ";\n")
        terminal.expect("changed local property 'auto.offset.reset' to 'earliest'")
        terminal.expect(PROMPT)
        terminal.send("SELECT\n")
        self.on_screen(terminal, "ID           TEMPERATURE", "* FROM readings WHERE " + TAB)
        self.interrupt(terminal)
        self.leave(terminal)

    def test_pasted_text_with_tabs(self):
        """A Tab in it is a blank, and neither completes nor lists anything."""
        terminal = self.terminal()
        terminal.send(STREAM.replace("(id", "(\n\tid").replace(", temp", ",\n\ttemp")
                      .replace("KEY", "\tKEY"))
        terminal.expect("Stream created")
        terminal.expect(PROMPT)
        self.assertNotIn("BIGINT", terminal.output())
        self.leave(terminal)

    def test_help_on_statements(self):
        terminal = self.terminal()
        terminal.send("help select\n")
        terminal.expect("SELECT item")
        terminal.expect("For example:")
        terminal.expect(PROMPT)
        terminal.send("help\n")
        terminal.expect("CREATE TABLE AS SELECT +a query that runs")
        terminal.expect(PROMPT)
        self.leave(terminal)

    def test_history(self):
        terminal = self.terminal()
        terminal.send("SHOW\nTABLES;\n")
        terminal.expect("Table Name")
        terminal.expect(PROMPT)
        terminal.send(UP)
        terminal.expect("SHOW TABLES;")
        terminal.send("\n")
        terminal.expect("Table Name")
        terminal.expect(PROMPT)
        self.leave(terminal)
        terminal = self.terminal()
        terminal.send("history\n")
        terminal.expect(r"^   1: SHOW TABLES;\n")
        terminal.expect(PROMPT)
        self.leave(terminal)
        self.assertEqual((self.folder / "history").stat().st_mode & 0o777, 0o600)

    def test_history_of_quoted_lines(self):
        """A recalled statement means the same: a line that ends within a text stays one."""
        terminal = self.terminal()
        terminal.send("DEFINE x\n= 'it''s\na';\n")
        terminal.expect(PROMPT)
        terminal.send("history\n")
        terminal.expect(r"   1: DEFINE x = 'it''s\n.*a';\n")
        terminal.expect(PROMPT)
        self.leave(terminal)
        saved = (self.folder / "history").read_text()
        self.assertIn(r"it''s\012a", saved)

    def test_commands(self):
        terminal = self.terminal()
        for typed, answer in (("help", "run script FILE"), ("help spool", "spool FILE"),
                              ("output", "Output format: TABULAR"),
                              ("output json;", "JSON"), ("OUT tabular", "TABULAR"),
                              ("output xml", "TABULAR, JSON and CSV"),
                              ("vers", r"Weir \d+\.\d+"), ("se c w off", "are cut"),
                              ("set cli wrap maybe", "ON or OFF"), ("h", "more than one command"),
                              ("spool off", "Nothing is being spooled")):
            terminal.send(typed + "\n")
            terminal.expect(answer)
            terminal.expect(PROMPT)
        self.leave(terminal)

    def test_spool_and_script(self):
        script = self.file("script.sql", "SHOW TABLES;\nSHOW STREAMS;\n")
        terminal = self.terminal()
        terminal.send("spool 'session.log'\n")
        terminal.expect("session.log")
        terminal.expect(PROMPT)
        terminal.send(f"run script '{script}'\n")
        terminal.expect("Table Name")
        terminal.expect("Stream Name")
        terminal.expect(PROMPT)
        terminal.send("SELEC;\n")
        terminal.expect("line 1:1")
        terminal.expect(PROMPT)
        terminal.send("spool off\n")
        terminal.expect("Spooling is off")
        self.leave(terminal)
        log = (self.folder / "session.log").read_text()
        self.assertIn("weir> run script", log)
        self.assertIn("Stream Name", log)
        self.assertIn("line 1:1", log)

    def test_set_is_a_statement(self):
        terminal = self.terminal()
        terminal.send("SET 'auto.offset.reset' = 'earliest';\n")
        terminal.expect("Successfully changed local property 'auto.offset.reset'")
        terminal.expect(PROMPT)
        terminal.send("DEFINE x = 'STREAMS';\n")
        terminal.expect(PROMPT)
        terminal.send("UNSET 'auto.offset.reset';\n")
        terminal.expect(r"Successfully unset local property 'auto.offset.reset' \(value was "
                        r"'earliest'\)\.")
        terminal.expect(PROMPT)
        self.leave(terminal)

    def test_unicode_editing(self):
        terminal = self.terminal()
        terminal.send("DEFINE x = 'é日本😀';\n")
        terminal.expect(PROMPT)
        terminal.send("SHOW VARIABLES;\n")
        terminal.expect("é日本😀")
        terminal.expect(PROMPT)
        self.leave(terminal)

    def test_stopped_and_continued(self):
        terminal = self.terminal()
        terminal.send("SHOW TAB")
        terminal.expect("SHOW TAB")
        terminal.process.send_signal(signal.SIGSTOP)
        # As a shell does with the terminal before it prompts.
        modes = termios.tcgetattr(terminal.master)
        modes[3] |= termios.ICANON | termios.ECHO
        termios.tcsetattr(terminal.master, termios.TCSANOW, modes)
        terminal.process.send_signal(signal.SIGCONT)
        terminal.expect("SHOW TAB")  # drawn again
        terminal.send(TAB)
        terminal.expect("LE")
        self.interrupt(terminal)
        self.leave(terminal)

    def test_terminal_that_goes_away(self):
        terminal = self.terminal()
        terminal.send(CTRL_D)
        self.assertEqual(terminal.wait(), 0)
        self.weir("-e", "SHOW STREAMS;")  # nothing is locked


if __name__ == "__main__":
    unittest.TestCase.maxDiff = None
    service.main()
