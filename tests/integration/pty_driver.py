# SPDX-License-Identifier: Apache-2.0
"""Drives a program at a terminal: what a person would type, and what they would see.

    with Terminal([weir, "--data", folder]) as t:
        t.expect(r"weir>")
        t.send("SHOW STREAMS;\\n")
        t.expect(r"No streams", seconds=5)     -> the match; AssertionError shows the screen
        t.send(CTRL_C)
        t.send(CTRL_D); t.wait()               -> exit status

expect() looks at the text since the last match, with escape sequences taken out. screen() is the
window as it stands now, line by line, for tests of tables and of redrawing.
"""
import codecs
import errno
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

CTRL_A, CTRL_C, CTRL_D, CTRL_L, CTRL_R, CTRL_Z, TAB = "\x01", "\x03", "\x04", "\x0c", "\x12", \
    "\x1a", "\t"
UP, DOWN, RIGHT, LEFT = "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D"

ESCAPE = re.compile(r"\x1b(?:\[([0-9;?]*)([@-~])|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][A-B0-2]|[=>78])")


class Screen:
    """As much of a VT100 as a line editor uses."""

    def __init__(self, rows, columns):
        self.rows, self.columns = rows, columns
        self.lines = [[" "] * columns for _ in range(rows)]
        self.row = self.column = 0
        self.rest = ""

    def feed(self, text):
        text = self.rest + text
        self.rest = ""
        at = 0
        while at < len(text):
            if text[at] == "\x1b":
                match = ESCAPE.match(text, at)
                if not match:
                    if len(text) - at < 16:  # the rest of it has not come yet
                        self.rest = text[at:]
                        return
                    at += 1
                    continue
                if match.group(2):
                    self.control(match.group(1), match.group(2))
                at = match.end()
            else:
                self.put(text[at])
                at += 1

    def put(self, char):
        if char == "\r":
            self.column = 0
        elif char == "\n":
            self.down()
        elif char == "\b":
            self.column = max(0, self.column - 1)
        elif char == "\t":
            self.column = min(self.columns - 1, (self.column // 8 + 1) * 8)
        elif char >= " ":
            if self.column == self.columns:
                self.column = 0
                self.down()
            self.lines[self.row][self.column] = char
            self.column += 1

    def down(self):
        if self.row + 1 < self.rows:
            self.row += 1
        else:
            self.lines = self.lines[1:] + [[" "] * self.columns]

    def control(self, parameters, final):
        numbers = [int(n) if n.isdigit() else 0 for n in parameters.split(";")]
        first = numbers[0]
        step = max(1, first)
        if final == "A":
            self.row = max(0, self.row - step)
        elif final == "B":
            self.row = min(self.rows - 1, self.row + step)
        elif final == "C":
            self.column = min(self.columns - 1, self.column + step)
        elif final == "D":
            self.column = max(0, self.column - step)
        elif final == "G":
            self.column = min(self.columns, step) - 1
        elif final in "Hf":
            second = numbers[1] if len(numbers) > 1 else 1
            self.row = min(self.rows, step) - 1
            self.column = min(self.columns, max(1, second)) - 1
        elif final == "J":
            self.erase_display(first)
        elif final == "K":
            start = self.column if first == 0 else 0
            end = self.columns if first in (0, 2) else self.column + 1
            self.lines[self.row][start:end] = [" "] * (end - start)
        elif final == "P":
            line = self.lines[self.row]
            self.lines[self.row] = (line[:self.column] + line[self.column + step:]
                                    + [" "] * step)[:self.columns]
        elif final == "@":
            line = self.lines[self.row]
            self.lines[self.row] = (line[:self.column] + [" "] * step
                                    + line[self.column:])[:self.columns]

    def erase_display(self, what):
        if what == 0:
            self.lines[self.row][self.column:] = [" "] * (self.columns - self.column)
        first = 0 if what in (1, 2) else self.row + 1
        last = self.row if what == 1 else self.rows
        for row in range(first, last):
            self.lines[row] = [" "] * self.columns

    def text(self):
        return "\n".join("".join(line).rstrip() for line in self.lines).rstrip()


class Terminal:
    def __init__(self, command, rows=30, columns=100, environment=None, cwd=None):
        self.screen_state = Screen(rows, columns)
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.raw = ""       # all that came, escapes included
        self.seen = 0       # in clean(raw): where the last match ended
        self.ended = False
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        variables = {**os.environ, "TERM": "xterm", "LC_ALL": "C.UTF-8", **(environment or {})}

        def take_terminal():
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(
            [str(word) for word in command], stdin=slave, stdout=slave, stderr=slave, cwd=cwd,
            env=variables, start_new_session=True, preexec_fn=take_terminal)
        os.close(slave)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self.master is not None:
            os.close(self.master)
            self.master = None

    def send(self, text):
        os.write(self.master, text.encode())

    def resize(self, rows, columns):
        """As a person drags the window: the program gets SIGWINCH."""
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.screen_state = Screen(rows, columns)
        os.killpg(self.process.pid, signal.SIGWINCH)

    @staticmethod
    def clean(text):
        return ESCAPE.sub("", text).replace("\r\n", "\n").replace("\r", "")

    def read(self, seconds):
        """Take in what comes within so many seconds; False at the end of the program's output."""
        if self.ended or not select.select([self.master], [], [], seconds)[0]:
            return not self.ended
        try:
            data = os.read(self.master, 65536)
        except OSError as error:
            if error.errno != errno.EIO:  # EIO: the other side is closed
                raise
            data = b""
        if not data:
            self.ended = True
            return False
        text = self.decoder.decode(data)
        self.raw += text
        self.screen_state.feed(text)
        return True

    def output(self):
        """All output so far, without escape sequences."""
        return self.clean(self.raw)

    def expect(self, pattern, seconds=20):
        """Wait for the regular expression in what came since the last match."""
        deadline = time.monotonic() + seconds
        expression = re.compile(pattern, re.S | re.M)
        while True:
            match = expression.search(self.output(), self.seen)
            if match:
                self.seen = match.end()
                return match
            left = deadline - time.monotonic()
            if left <= 0 or not self.read(min(left, 0.5)):
                if self.ended and expression.search(self.output(), self.seen):
                    continue
                why = "the program has ended" if self.ended else f"not within {seconds} s"
                raise AssertionError(f"expected {pattern!r}: {why}. Since the last match:\n"
                                     f"{self.output()[self.seen:][-3000:]}")

    def screen(self, settle=0.2):
        """The window's text once nothing has come for a moment."""
        while True:
            before = len(self.raw)
            if not self.read(settle) or len(self.raw) == before:
                return self.screen_state.text()

    def wait(self, seconds=20):
        """The exit status of the program, its last output taken in."""
        deadline = time.monotonic() + seconds
        while not self.ended and time.monotonic() < deadline:
            self.read(0.1)
            if self.process.poll() is not None and not select.select([self.master], [], [], 0)[0]:
                break
        try:
            return self.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running after {seconds} s:\n{self.output()[-3000:]}") \
                from None
