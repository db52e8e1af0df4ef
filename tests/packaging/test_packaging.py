#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# labels: release
# cost: 60
"""packaging/ and the program agree: the unit, the settings file, the image's arguments, the package.

The image itself is not built here; its arguments are given to the program as they stand.
"""
import base64
import json
import re
import shutil
import subprocess
import unittest
import urllib.error
import urllib.request

import service
from weir_cli import SECONDS, WeirCase

PACKAGING = service.SOURCE_DIR / "packaging"
EXPOSURE_MAX = 1.5  # of systemd-analyze security: 0 to 10
BUILD_SECONDS = 550
EVERYWHERE = "0.0.0.0"


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          check=False, **{"timeout": SECONDS, **options})
    if done.returncode:
        raise AssertionError(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def needs(tool):
    if not shutil.which(tool):
        raise unittest.SkipTest(f"{tool} is not installed")


class ServerCase(WeirCase):
    def serve(self, *words, **options):
        """Its address, after it has begun to listen."""
        process = self.start(*words, stderr=subprocess.PIPE, **options)
        said, found = "", None
        for line in process.stderr:  # "starting on ..." comes before it
            said += line
            found = re.search(r"listening on (https?)://.*:(\d+)$", line)
            if found:
                break
        self.assertTrue(found, said)
        url = f"{found[1]}://127.0.0.1:{found[2]}"
        service.wait_until(lambda: self.status(url, "/healthcheck") == 200, SECONDS, "healthy")
        return url

    def status(self, url, path, user=None):
        request = urllib.request.Request(url + path)
        if user:
            request.add_header("Authorization", "Basic " + base64.b64encode(user.encode()).decode())
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    def passwords(self):
        users = self.folder / "users"
        self.weir("passwd", users, "ada", stdin="lovelace\n")
        return users

    def asks(self, url):
        self.assertEqual(self.status(url, "/info"), 401)
        self.assertEqual(self.status(url, "/info", "ada:wrong"), 401)
        self.assertEqual(self.status(url, "/info", "ada:lovelace"), 200)


class Unit(ServerCase):
    def setUp(self):
        super().setUp()
        needs("systemd-analyze")

    def test_is_valid(self):
        unit = self.folder / "weir.service"
        unit.write_text((PACKAGING / "weir.service").read_text().replace("/usr/bin/weir ",
                                                                         f"{self.program} "))
        said = run("systemd-analyze", "verify", unit)
        self.assertNotIn("weir.service", said)

    def test_is_sandboxed(self):
        run("systemd-analyze", "security", "--offline=true", "--no-pager",
            f"--threshold={int(EXPOSURE_MAX * 10)}", PACKAGING / "weir.service")


class Settings(ServerCase):
    def config(self, *commented):
        """weir.properties with a free port and these settings made active; files in self.folder."""
        text = (PACKAGING / "weir.properties").read_text().replace("/etc/weir", str(self.folder))
        text, found = re.subn(r"^listeners=.*:8088$", "listeners=http://127.0.0.1:0", text,
                              flags=re.M)
        self.assertEqual(found, 1)
        for name in commented:
            text, found = re.subn(rf"^#(?={re.escape(name)}=)", "", text, flags=re.M)
            self.assertEqual(found, 1, name)
        path = self.folder / "weir.properties"
        path.write_text(text)
        return path

    def test_as_it_comes(self):
        url = self.serve("server", "--data", self.data, "--config", self.config())
        self.assertEqual(self.status(url, "/info"), 200)

    def test_what_is_commented_out(self):
        self.passwords()
        config = self.config("authentication.method", "weir.authentication.file",
                             "ksql.service.id", "weir.memory.budget.bytes")
        self.asks(self.serve("server", "--data", self.data, "--config", config))


class Image(ServerCase):
    def entry(self, *more):
        """The words of ENTRYPOINT, with files in self.folder and a free port, and those after it."""
        text = (PACKAGING / "Dockerfile").read_text().replace("\\\n", " ")
        words = json.loads(re.search(r"^ENTRYPOINT (\[.*\])$", text, re.M)[1])
        self.assertEqual(words.pop(0), "weir")
        places = {"/var/lib/weir": str(self.data),
                  f"http://{EVERYWHERE}:8088": f"http://{EVERYWHERE}:0",
                  "weir.authentication.file=/etc/weir/users":
                      f"weir.authentication.file={self.folder / 'users'}"}
        self.assertLessEqual(set(places), set(words))
        return [*(places.get(word, word) for word in words), *more]

    def test_does_not_start_without_passwords(self):
        done = self.weir(*self.entry(), status=1)
        self.assertIn("password file", done.stderr)
        self.assertNotIn("listening", done.stderr)

    def test_asks_for_a_password(self):
        self.passwords()
        self.asks(self.serve(*self.entry()))

    def test_is_open_only_when_told_so(self):
        anyone = ("--set", "authentication.method=NONE")
        self.assertIn("--insecure-listen", self.weir(*self.entry(*anyone), status=1).stderr)
        url = self.serve(*self.entry(*anyone, "--insecure-listen"))
        self.assertEqual(self.status(url, "/info"), 200)


class Package(ServerCase):
    def test_is_complete_and_runs(self):
        needs("dpkg-shlibdeps")
        run(PACKAGING / "deb", self.folder, timeout=BUILD_SECONDS)
        package, = self.folder.glob("weir_*.deb")
        depends = run("dpkg-deb", "--field", package, "Depends")
        for library in ("adduser", "libc6", "librdkafka1", "librocksdb"):
            self.assertIn(library, depends)
        self.assertEqual(run("dpkg-deb", "--info", package, "conffiles").split(),
                         ["/etc/default/weir", "/etc/weir/weir.properties"])
        listed = run("dpkg-deb", "--contents", package)
        self.assertRegex(listed, r"-rw-r----- root/root .* \./etc/weir/weir\.properties")
        self.assertNotRegex(listed, r"\n-\S+ (?!root/root)")

        tree = self.folder / "tree"
        run("dpkg-deb", "--extract", package, tree)
        for name in ("lib/systemd/system/weir.service", "usr/include/weir.h",
                     "usr/share/doc/weir/copyright", "usr/share/doc/weir/docs/operations.md"):
            self.assertTrue((tree / name).is_file(), name)
        self.assertEqual(len(list((tree / "usr/lib").rglob("libweir.so"))), 1)
        self.program = str(tree / "usr/bin/weir")
        url = self.serve("server", "--data", self.data, "--listen", "http://127.0.0.1:0")
        self.assertEqual(self.status(url, "/info"), 200)


if __name__ == "__main__":
    service.main()
