#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# labels: release
"""The terminal driver, on programs that are everywhere: sh and python."""
import sys
import unittest

import service
from pty_driver import CTRL_C, CTRL_D, Screen, Terminal

LOOP = """
import signal, sys, time
try:
    print("ready", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    print("interrupted", flush=True)
print(sys.stdin.readline().strip()[::-1], flush=True)
sys.exit(7)
"""


class Driver(unittest.TestCase):
    def test_conversation(self):
        with Terminal(["sh"], environment={"PS1": "sh> "}) as t:
            t.expect("sh> ")
            t.send("echo $((6 * 7)); stty size\n")
            t.expect("^42\n30 100\n")
            with self.assertRaises(AssertionError) as caught:
                t.expect("never", seconds=0.3)
            self.assertIn("not within", str(caught.exception))
            t.send(CTRL_D)
            self.assertEqual(t.wait(), 0)

    def test_interrupt_and_status(self):
        with Terminal([sys.executable, "-c", LOOP]) as t:
            t.expect("ready")
            t.send(CTRL_C)
            t.expect("interrupted")
            t.send("abc\n")
            t.expect("cba")
            self.assertEqual(t.wait(), 7)

    def test_end_of_program(self):
        with Terminal(["echo", "bye"]) as t:
            t.expect("bye")
            with self.assertRaises(AssertionError) as caught:
                t.expect("more")
            self.assertIn("has ended", str(caught.exception))

    def test_close_kills(self):
        t = Terminal(["sleep", "100"])
        t.close()
        self.assertLess(t.process.returncode, 0)


class Vt100(unittest.TestCase):
    def shown(self, text):
        screen = Screen(4, 10)
        for char in text:  # piece by piece, as it may come
            screen.feed(char)
        return screen.text()

    def test_lines(self):
        self.assertEqual(self.shown("ab\r\ncd"), "ab\ncd")
        self.assertEqual(self.shown("0123456789ab"), "0123456789\nab")
        self.assertEqual(self.shown("1\r\n2\r\n3\r\n4\r\n5"), "2\n3\n4\n5")

    def test_editing(self):
        self.assertEqual(self.shown("abc\b\bX"), "aXc")
        self.assertEqual(self.shown("abc\r\x1b[K"), "")
        self.assertEqual(self.shown("abcd\x1b[2D\x1b[P"), "abd")
        self.assertEqual(self.shown("abcd\x1b[3D\x1b[1@X"), "aXbcd")
        self.assertEqual(self.shown("\x1b[31mred\x1b[0m \x1b[2;3Hx"), "red\n  x")
        self.assertEqual(self.shown("ab\r\ncd\x1b[H\x1b[J"), "")
        self.assertEqual(self.shown("ab\r\ncd\x1b[A\x1b[2K"), "\ncd")


if __name__ == "__main__":
    service.main()
