# SPDX-License-Identifier: Apache-2.0
"""The `weir` program in tests: run it on a data directory of its own, look at what it says.

    class Something(WeirCase):
        def test_it(self):
            out = self.weir("-e", "SHOW STREAMS;").stdout      fails unless the exit status is 0
            self.weir("-e", "SELEC", status=1)
"""
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

SECONDS = 60


class WeirCase(unittest.TestCase):
    """Each test has its own data directory, self.data, and folder for files, self.folder."""

    def setUp(self):
        program = os.environ.get("WEIR")
        if not program:
            self.skipTest("$WEIR does not name the program")
        self.program = program
        self.folder = Path(tempfile.mkdtemp(prefix="weir-cli-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.data = self.folder / "data"
        self.environment = {**os.environ, "HOME": str(self.folder), "LC_ALL": "C.UTF-8",
                            "WEIR_HISTORY": str(self.folder / "history"), "COLUMNS": "60",
                            "XDG_DATA_HOME": str(self.folder / "xdg")}

    def words(self, words):
        """Commands that open an engine get --data."""
        words = [str(word) for word in words]
        named = words and words[0] in ("run", "reset", "datagen", "produce", "consume")
        opens = named or not words or words[0].startswith("-")
        if opens and not {"--data", "--help", "--version"} & set(words):
            words[1 if named else 0:0] = ["--data", str(self.data)]
        return [self.program, *words]

    def weir(self, *words, stdin="", status=0, text=True):
        done = subprocess.run(self.words(words), input=stdin, capture_output=True, text=text,
                              timeout=SECONDS, env=self.environment, check=False)
        self.assertEqual(done.returncode, status, f"{words}: {done.stdout}\n{done.stderr}")
        return done

    def start(self, *words, **options):
        """A running program; killed at the end of the test if it still runs."""
        process = subprocess.Popen(self.words(words), env=self.environment, text=True, **options)

        def end():
            if process.poll() is None:
                process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream:
                    stream.close()

        self.addCleanup(end)
        return process

    def file(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path
