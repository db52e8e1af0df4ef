# SPDX-License-Identifier: Apache-2.0
"""Servers that tests start: on 127.0.0.1, free ports, in a folder of their own; and ended by pid.

A Service is a child process that dies with the process that started it (Linux means the thread that
called start(), so call it in one that lives as long as the service). A fixture that ctest
shares between tests lives in a keeper (`X_fixture.py keep`), a process that starts the Service,
writes how to reach it to a file, and ends it when told to or when ctest is gone.
"""
import contextlib
import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

SOURCE_DIR = Path(os.environ.get("WEIR_SOURCE_DIR") or Path(__file__).resolve().parents[2])
SKIPPED = 77
PR_SET_PDEATHSIG = 1


def free_ports(count):
    """Ports that are free now. All are held until all are known, so that they differ."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def wait_until(condition, seconds, what):
    """The first true value of condition(); TimeoutError with `what` after so many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(0.05)


def fetched(script, *arguments, needs=("java", "kcat")):
    """What scripts/fetch-... says it has fetched; skips the test where it has not run."""
    for command in needs:
        if not shutil.which(command):
            raise unittest.SkipTest(f"{command} is not installed (scripts/deps installs it)")
    done = subprocess.run([SOURCE_DIR / "scripts" / script, "--check", *arguments],
                          capture_output=True, text=True)
    if done.returncode:
        raise unittest.SkipTest(f"not fetched yet: run scripts/{' '.join([script, *arguments])}")
    return Path(done.stdout.strip())


class Service:
    """One server process. Subclasses say how it is started and when it is ready."""

    name = "service"
    start_seconds = 240

    def __init__(self, folder=None):
        self.temporary = folder is None
        self.folder = Path(folder or tempfile.mkdtemp(prefix=f"weir-{self.name}-"))
        self.folder.mkdir(parents=True, exist_ok=True)
        self.process = None

    def command(self):
        raise NotImplementedError

    def ready(self):
        raise NotImplementedError

    @property
    def log(self):
        return self.folder / f"{self.name}.log"

    def start(self):
        """Start and wait until it answers. Again after stop(): same ports, same data."""
        self.launch()
        return self.wait_ready()

    def launch(self):
        """Start, and wait for nothing."""
        parent = os.getpid()
        libc = ctypes.CDLL(None)

        def die_with_parent():
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:
                os._exit(1)

        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command(), cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, start_new_session=True, preexec_fn=die_with_parent)

    def wait_ready(self):
        try:
            wait_until(self.ready_or_dead, self.start_seconds, f"{self.name} is ready")
        except Exception:
            self.kill()
            sys.stderr.write(self.log.read_text(errors="replace")[-3000:])
            raise
        return self

    def ready_or_dead(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.name} ended with status {self.process.returncode}")
        return self.ready()

    def stop(self):
        """End it in order; the data stay for another start()."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def kill(self):
        """kill -9."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def pause(self):
        """Stop answering without closing a connection, until resume()."""
        os.kill(self.process.pid, signal.SIGSTOP)

    def resume(self):
        os.kill(self.process.pid, signal.SIGCONT)

    def close(self):
        self.stop()
        if self.temporary:
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *_):
        self.close()


# ---------------------------------------------------------------- shared between tests by ctest

def state_file(name):
    folder = os.environ.get("WEIR_FIXTURE_STATE")
    return Path(folder) / f"{name}.json" if folder else None


def shared_address(name):
    """Where the fixture that ctest started is, or None. Skips the test where it could not start."""
    path = state_file(name)
    if path is None or not path.is_file():
        return None
    state = json.loads(path.read_text())
    if state.get("skipped"):
        raise unittest.SkipTest(state["skipped"])
    return state["address"]


def is_keeper(pid, path):
    """A pid may have been given to another process since: look before sending a signal."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return b"keep" in words and str(path).encode() in words


def keep(make, path, watched):
    """The keeper: runs the service until told to stop or until the watched process is gone."""
    stopping = []
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: stopping.append(True))
    with make() as service:
        part = path.with_suffix(".part")
        part.write_text(json.dumps({"address": service.address, "pid": os.getpid()}))
        part.replace(path)
        while not stopping and Path(f"/proc/{watched}").exists():
            if service.process is None or service.process.poll() is not None:
                break
            time.sleep(0.1)
    path.unlink(missing_ok=True)


def start_keeper(script, path):
    stop_keeper(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path.with_suffix(".log"), "wb") as log:
        keeper = subprocess.Popen(
            [sys.executable, script, "keep", str(path), str(os.getppid())], stdin=subprocess.DEVNULL,
            stdout=log, stderr=log, start_new_session=True)
    while not path.is_file():
        if keeper.poll() is not None:
            print(path.with_suffix(".log").read_text(errors="replace")[-4000:])
            return 1
        time.sleep(0.05)
    print(path.read_text())
    return 0


def stop_keeper(path):
    if not path.is_file():
        return 0
    pid = json.loads(path.read_text()).get("pid")
    if pid and is_keeper(pid, path):
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: not is_keeper(pid, path), 60, "the fixture has ended")
    path.unlink(missing_ok=True)
    return 0


def fixture_main(name, script, make):
    """The command line of a fixture: start | stop (by ctest), keep FILE PID (by start)."""
    action = sys.argv[1] if len(sys.argv) > 1 else ""
    if action == "keep":
        return keep(make, Path(sys.argv[2]), int(sys.argv[3]))
    path = state_file(name)
    if action not in ("start", "stop") or path is None:
        print(f"usage: WEIR_FIXTURE_STATE=FOLDER {script} start|stop")
        return 2
    if action == "stop":
        return stop_keeper(path)
    try:
        make.check()
    except unittest.SkipTest as reason:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"skipped": str(reason)}))
        print(reason)
        return SKIPPED
    return start_keeper(script, path)


def main():
    """unittest.main for ctest: exit status 77 where every test was skipped."""
    program = unittest.main(exit=False, verbosity=2)
    result = program.result
    if not result.wasSuccessful():
        sys.exit(1)
    skipped = len(result.skipped)
    if result.testsRun - skipped <= 0 and skipped:
        sys.exit(SKIPPED)
    sys.exit(0 if result.testsRun else 1)
