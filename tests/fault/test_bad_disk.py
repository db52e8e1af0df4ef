#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A disk that is full, and data directories that cannot be used. The message names the directory and
what is wrong; what was acknowledged before is still there after."""
import contextlib
import fcntl
import json
import os
import resource
import shutil
import signal
import struct
import subprocess
import unittest

import program
import recompute
import service

SQL = """\
SET 'auto.offset.reset' = 'earliest';
CREATE STREAM numbers (k STRING KEY, n INT, padding STRING)
    WITH (KAFKA_TOPIC = 'numbers', PARTITIONS = 1, VALUE_FORMAT = 'JSON');
CREATE STREAM copies WITH (KAFKA_TOPIC = 'copies') AS SELECT k, n, padding FROM numbers;
CREATE TABLE counts WITH (KAFKA_TOPIC = 'counts') AS
    SELECT k, COUNT(*) AS n FROM numbers GROUP BY k;
"""
RECORDS = 400


def records():
    # Padding that does not compress, so that sizes are what they seem.
    return [{"topic": "numbers", "key": f"k{n % 7}", "timestamp": n,
             "value": {"n": n, "padding": os.urandom(4000).hex()}} for n in range(RECORDS)]


def locked_by_another(path):
    """Is there a lock on the file? Asked without taking it, which could make the other fail."""
    flock = "hhqqi4x"
    try:
        with open(path, "r+b") as file:
            asked = struct.pack(flock, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
            answer = fcntl.fcntl(file, fcntl.F_GETLK, asked)
    except FileNotFoundError:
        return False
    return struct.unpack(flock, answer)[0] != fcntl.F_UNLCK


class Disk(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(program.folder())
        self.file = self.folder / "q.sql"
        self.file.write_text(SQL)
        self.weir = program.Weir(self.folder / "data")

    def assert_complete(self, weir):
        rows = [json.loads(line) for line in
                weir.rows("copies", recompute.Stream(recompute.TEXT))]
        self.assertEqual(sorted(row["value"]["N"] for row in rows), list(range(RECORDS)))
        rows = [json.loads(line) for line in weir.rows("counts", recompute.Table(recompute.TEXT))]
        self.assertEqual(sum(row["value"]["N"] for row in rows), RECORDS)

    # ---------------------------------------------------------------- full

    def test_file_size_limit(self):
        """Writes fail in the middle of a run (RLIMIT_FSIZE): the run ends with a message, and goes on
        to the right result where there is room again."""
        self.weir.run(self.file)
        self.weir.feed(records())

        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # write() fails with EFBIG instead
            resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))

        done = self.weir.run(self.file, status=1, preexec_fn=limit)
        self.assertIn("data", done.stderr)
        self.assertRegex(done.stderr, r"(?i)file too large|no space|cannot write|IO error")
        self.weir.run(self.file)
        self.assert_complete(self.weir)

    @contextlib.contextmanager
    def small_disk(self, size):
        if os.geteuid() != 0:
            self.skipTest("mounting a small disk takes root")
        place = self.folder / "small"
        place.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)],
                              capture_output=True, text=True, check=False)
        if done.returncode:
            self.skipTest(f"mount: {done.stderr.strip()}")
        try:
            yield place
        finally:
            subprocess.run(["umount", "-l", str(place)], check=True)

    def test_full_disk(self):
        """The disk fills while records are written, then again while a query writes. What was
        acknowledged stays; the query waits, and with room again goes on to the right result."""
        with self.small_disk("128m") as place:
            weir = program.Weir(place / "data")
            weir.run(self.file)
            ballast = place / "ballast"
            self.fill(place, ballast, leave=90_000_000)
            acknowledged, said = 0, ""
            lines = [json.dumps(record) + "\n" for record in records()]
            for at in range(0, RECORDS, 20):
                done = weir.call("produce", "numbers", "--json", *weir.options(),
                                 input="".join(lines[at:at + 20]), status=None)
                if done.returncode:
                    said = done.stderr
                    break
                acknowledged = at + 20
                with open(ballast, "ab") as file:
                    file.write(bytes(4_000_000))
            self.assertIn("the disk is full", said)
            self.assertIn("weir.disk.reserve.bytes", said)
            self.assertGreater(acknowledged, 0)
            found = len(weir.records("numbers"))  # reading takes no room
            self.assertIn(found, range(acknowledged, acknowledged + 21))

            run = weir.start_run(self.file, options=("--until-end",))
            try:
                service.wait_until(lambda: "the disk is full" in weir.log.read_text(), 30,
                                   "the query says that it waits")
                self.assertIsNone(run.poll())
                ballast.unlink()
                self.assertEqual(run.wait(60), 0)
            finally:
                run.kill()
                run.wait()
            rows = weir.rows("copies", recompute.Stream(recompute.TEXT))
            self.assertEqual(len(rows), found)
            rows = weir.rows("counts", recompute.Table(recompute.TEXT))
            self.assertEqual(sum(json.loads(row)["value"]["N"] for row in rows), found)

    def test_prompt_on_full_disk(self):
        """INSERT fails at once and says why; what is there can be read; the query says why it waits."""
        with self.small_disk("64m") as place:
            weir = program.Weir(place / "data")
            weir.run(self.file)
            weir.feed(records()[:10])
            weir.run(self.file)
            self.fill(place, place / "ballast", leave=2_500_000)
            done = weir.sql("INSERT INTO numbers (k, n) VALUES ('a', 1);", status=1)
            self.assertIn("the disk is full", done.stderr)
            self.assertEqual(len(weir.records("numbers")), 10)
            self.assertIn("COPIES", weir.sql("SHOW QUERIES;").stdout)
            (place / "ballast").unlink()
            weir.sql("INSERT INTO numbers (k, n) VALUES ('a', 1);")
            self.assertEqual(len(weir.records("numbers")), 11)

    def test_no_room_to_start(self):
        with self.small_disk("64m") as place:
            weir = program.Weir(place / "data")
            weir.run(self.file)
            self.fill(place, place / "ballast", leave=100_000)
            self.refused(weir, "the disk is full", "free some space and start again")

    @staticmethod
    def fill(place, ballast, leave):
        of = os.statvfs(place)
        ballast.write_bytes(bytes(max(0, of.f_bavail * of.f_frsize - leave)))

    # ---------------------------------------------------------------- unusable directories

    def refused(self, weir, *words, **options):
        for done in (weir.run(self.file, status=1, **options),
                     weir.call(*weir.options(), "-e", "SHOW STREAMS;", status=1, **options)):
            for word in (str(weir.data), *words):
                self.assertIn(word, done.stderr)

    def test_not_a_directory(self):
        file = self.folder / "file"
        file.write_text("no directory")
        self.refused(program.Weir(file))
        self.assertEqual(file.read_text(), "no directory")
        self.refused(program.Weir(file / "below"))

    def test_no_permission(self):
        """As somebody whom the directory does not let in: root goes everywhere."""
        closed = self.folder / "closed"
        closed.mkdir(mode=0o700)
        options = {}
        if os.geteuid() == 0:
            reachable = self.folder
            reachable.chmod(0o755)
            weir = shutil.copy(program.program(), self.folder / "weir")
            options = {"user": 65534, "group": 65534, "extra_groups": []}
        else:
            weir = program.program()
            closed.chmod(0)
            self.addCleanup(closed.chmod, 0o700)
        one = program.Weir(closed / "data")
        one.program = weir
        self.refused(one, "ermission denied", **options)

    def test_in_use(self):
        """A second service on the same directory is refused and names what holds it; the first goes
        on undisturbed."""
        self.weir.run(self.file)
        self.weir.feed(records()[:10])
        run = self.weir.start_run(self.file)
        try:
            service.wait_until(lambda: locked_by_another(self.weir.data / "db" / "LOCK"), 60,
                               "the directory is locked")
            second = self.weir.call("run", self.file, *self.weir.options(), status=1)
            self.assertIn("in use by another process", second.stderr)
            self.assertIsNone(run.poll())
            self.assertEqual(program.stop(run), 0)
        finally:
            run.kill()
            run.wait()
        self.weir.run(self.file)
        self.assertEqual(len(self.weir.rows("copies", recompute.Stream(recompute.TEXT))), 10)

    def test_damaged(self):
        """A database file that is cut short: refused by name, not repaired in silence."""
        self.weir.run(self.file)
        self.weir.feed(records()[:50])
        manifest = next(path for path in self.weir.data.rglob("MANIFEST-*"))
        manifest.write_bytes(manifest.read_bytes()[:20])
        self.refused(self.weir)


if __name__ == "__main__":
    service.main()
