# SPDX-License-Identifier: Apache-2.0
"""Builds and fetches what a benchmark needs, where it is not there yet; quick where it is."""
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BENCH = ROOT / "bench"


class Missing(Exception):
    """Something that cannot be built or fetched here; the message says what to do."""


def say(text):
    print(text, file=sys.stderr, flush=True)


def run(command, what, **more):
    """Run a command quietly; its output is shown where it fails."""
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, **more)
    if done.returncode:
        sys.stderr.write(done.stdout[-4000:])
        raise Missing(f"{what} failed: {' '.join(str(part) for part in command)}")
    return done.stdout


class Built:
    """Where everything is. Each part is made when it is first asked for."""

    def __init__(self, folder, weir=None, jobs=None):
        self.folder = Path(folder).resolve()
        self.jobs = jobs or os.environ.get("WEIR_JOBS") or os.cpu_count()
        self.given_weir = weir
        self.parts = {}

    def part(self, name, make):
        if name not in self.parts:
            self.parts[name] = make()
        return self.parts[name]

    def cmake(self, source, folder, targets, *settings):
        run(["cmake", "-S", source, "-B", folder, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
             *settings], "cmake")
        run(["cmake", "--build", folder, "--parallel", self.jobs, "--target", *targets],
            "the build")
        return folder

    def tool(self, name):
        """A program of bench/tools, bench/gen or bench/*.c."""
        folder = self.part("tools", lambda: self.cmake(BENCH / "tools", self.folder / "tools",
                                                       ["all"]))
        path = folder / f"bench_{name}"
        if not path.exists():
            raise Missing(f"there is no bench_{name}")
        return path

    def product(self, target):
        """A program of Weir's own release build."""
        def make():
            say(f"building {target} (release)")
            return self.cmake(ROOT, self.folder / "weir", [target], "-DWEIR_BENCH=ON",
                              "-DBUILD_TESTING=OFF")
        return self.part(target, make)

    @property
    def weir(self):
        if self.given_weir:
            path = Path(shutil.which(self.given_weir) or "").resolve()
            if not path.is_file():
                raise Missing(f"{self.given_weir}: no such program")
            return path
        return self.product("weir") / "weir"

    def micro(self, name):
        """A micro-benchmark, or None where bench/micro has none of this name."""
        if not (BENCH / "micro" / f"{name}.c").exists():
            return None
        return self.product(f"micro_{name}") / "bench" / "micro" / f"micro_{name}"

    @property
    def kafka_jars(self):
        def fetch():
            done = subprocess.run([ROOT / "scripts/fetch-kafka"], stdout=subprocess.PIPE, text=True)
            if done.returncode:
                raise Missing("scripts/fetch-kafka could not bring the broker")
            return Path(done.stdout.strip())
        return self.part("kafka", fetch)

    def fetch_registry(self):
        """The schema registry that the integration tests use."""
        def fetch():
            done = subprocess.run([ROOT / "scripts/fetch-registry"], stdout=subprocess.PIPE, text=True)
            if done.returncode:
                raise Missing("scripts/fetch-registry could not bring the schema registry")
            return Path(done.stdout.strip())
        return self.part("registry", fetch)

    @property
    def peer(self):
        """The class path of the Kafka Streams peer."""
        def build():
            for program in ("mvn", "javac"):
                if not shutil.which(program):
                    raise Missing(f"{program} is missing: run scripts/deps --bench")
            folder = self.folder / "kstreams"
            sources = [BENCH / "kstreams/pom.xml", *(BENCH / "kstreams/src").rglob("*.java")]
            jar = folder / "peer.jar"
            if not jar.exists() or jar.stat().st_mtime < max(s.stat().st_mtime for s in sources):
                say("building the Kafka Streams peer")
                run(["mvn", "-q", "-B", "-ntp", "-f", BENCH / "kstreams/pom.xml", "package",
                     f"-Dpeer.build={folder}"], "Maven")
            return f"{jar}:{folder}/lib/*"
        return self.part("peer", build)
