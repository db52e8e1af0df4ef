#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The installed library is usable: queries/embed/ is built against an installation in a temporary
folder in each way that the documentation names, run, and prints queries/embed/expected.txt.

Its program takes one argument, a folder for its data.
"""
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

import service

EXAMPLE = service.SOURCE_DIR / "queries" / "embed"
BUILD = Path(os.environ.get("WEIR_BUILD_DIR", ""))
SANITIZE = os.environ.get("WEIR_SANITIZE")

CONSUMER = """
cmake_minimum_required(VERSION 3.25)
project(consumer C)
find_package(weir 0.1 REQUIRED COMPONENTS static)
foreach(kind weir weir_static)
    add_executable(with_${kind} %s)
    target_link_libraries(with_${kind} PRIVATE weir::${kind})
endforeach()
"""


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          **options)
    if done.returncode:
        raise AssertionError(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sources = sorted(EXAMPLE.glob("*.c"))
        if not cls.sources:
            raise unittest.SkipTest("queries/embed has no program yet")
        if not (BUILD / "libweir.so").exists():
            raise unittest.SkipTest("libweir is not built")
        cls.folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="weir-embed-")))
        cls.prefix = cls.folder / "prefix"
        run("cmake", "--install", BUILD, "--prefix", cls.prefix)
        pc, = cls.prefix.rglob("weir.pc")
        cls.library = pc.parent.parent
        cls.environment = {**os.environ, "PKG_CONFIG_PATH": str(pc.parent)}
        cls.flags = [f"-fsanitize={SANITIZE}"] if SANITIZE else []

    def pkg_config(self, *arguments):
        return run("pkg-config", *arguments, "weir", env=self.environment).split()

    def check(self, program, environment=None):
        with tempfile.TemporaryDirectory(dir=self.folder) as data:
            out = run(program, data, env=environment)
        self.assertEqual(out, (EXAMPLE / "expected.txt").read_text())

    def test_pkg_config_shared(self):
        program = self.folder / "shared"
        run("cc", *self.flags, *self.sources, "-o", program, *self.pkg_config("--cflags", "--libs"))
        self.check(program, {name: value for name, value in os.environ.items()
                             if name != "LD_LIBRARY_PATH"})

    def test_pkg_config_static(self):
        program = self.folder / "static"
        words = self.pkg_config("--static", "--libs")
        words[words.index("-lweir")] = "-l:libweir.a"
        run("cc", *self.flags, *self.sources, "-o", program, *self.pkg_config("--cflags"), *words)
        self.assertNotIn("libweir", run("ldd", program))
        self.check(program)

    def test_cmake_package(self):
        source, build = self.folder / "consumer", self.folder / "consumer-build"
        source.mkdir()
        (source / "CMakeLists.txt").write_text(CONSUMER % " ".join(map(str, self.sources)))
        run("cmake", "-G", "Ninja", "-S", source, "-B", build, f"-DCMAKE_PREFIX_PATH={self.prefix}",
            f"-DCMAKE_C_FLAGS={' '.join(self.flags)}", f"-DCMAKE_EXE_LINKER_FLAGS="
            f"{' '.join(self.flags)}")
        run("cmake", "--build", build)
        self.check(build / "with_weir")
        self.check(build / "with_weir_static")

    def test_what_is_installed(self):
        headers = sorted(p.name for p in (self.prefix / "include").rglob("*.h"))
        self.assertEqual(headers, ["weir.h"])
        self.assertTrue((self.prefix / "bin" / "weir").is_file())


if __name__ == "__main__":
    service.main()
