# SPDX-License-Identifier: Apache-2.0
"""One engine's run, measured from outside: the same for all of them.

bench_measure runs the command and reports CPU time, memory and wall time; bench_topics watches the
output topic for the first record. What else the machine did is noted beside it.
"""
import contextlib
import ctypes
import json
import os
import select
import signal
import subprocess
import time

PR_SET_PDEATHSIG = 1
TICKS = os.sysconf("SC_CLK_TCK")
_libc = ctypes.CDLL(None)


def die_with_parent():
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def start(command, **more):
    """A child that ends with this process, and that Ctrl-C at the terminal does not reach."""
    return subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL,
                            start_new_session=True, preexec_fn=die_with_parent, **more)


def end(child, seconds=10):
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def cpu_of(pid):
    """CPU seconds of a process so far; 0 where it is gone."""
    try:
        fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


def cpu_of_machine():
    with open("/proc/stat") as file:
        fields = [int(f) for f in file.readline().split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / TICKS


class First:
    """Watches an output topic, which must be empty, for its first record."""

    def __init__(self, broker, topic):
        self.child = start(broker.topics_command("first", topic), stdout=subprocess.PIPE, text=True)
        if self.child.stdout.readline().strip() != "ready":
            raise RuntimeError(f"{topic}: the watcher of its first record could not start")

    def seen_ns(self):
        """The moment on the monotonic clock, or None where nothing has come within a second."""
        if select.select([self.child.stdout], [], [], 1)[0]:
            line = self.child.stdout.readline()
            return int(line) if line else None
        return None

    def close(self):
        end(self.child)


def measured(built, command, folder, limit, broker=None, output=None, env=None):
    """Run a command to its end; a dict of what was measured. Its output goes to folder/log."""
    report, log = folder / "measure.json", folder / "log"
    with contextlib.ExitStack() as stack:
        first = None
        if output:
            first = stack.enter_context(contextlib.closing(First(broker, output)))
        broker_before = cpu_of(broker.pid) if broker else 0
        machine_before, began = cpu_of_machine(), time.monotonic()
        with open(log, "wb") as file:
            child = start([built.tool("measure"), report, limit, *command], stdout=file,
                          stderr=subprocess.STDOUT, env={**os.environ, **(env or {})})
        stack.callback(end, child)
        child.wait()
        took = time.monotonic() - began
        machine = cpu_of_machine() - machine_before
        broker_cpu = cpu_of(broker.pid) - broker_before if broker else 0
        seen = first.seen_ns() if first else None
    found = json.loads(report.read_text())
    cpu = found["user_s"] + found["sys_s"]
    return {
        "wall_s": found["wall_s"], "cpu_s": cpu, "user_s": found["user_s"],
        "sys_s": found["sys_s"], "rss_mib": found["rss_kib"] / 1024,
        "first_output_s": (seen - found["start_ns"]) / 1e9 if seen else None,
        "broker_cpu_s": broker_cpu,
        # Cores that neither this run nor the broker used: others at work on the machine.
        "other_cores": max(0.0, (machine - cpu - broker_cpu) / took),
        "exit": found["exit"], "signal": found["signal"], "timed_out": found["timed_out"],
    }


def failure(result):
    """Why a run counts for nothing, or None."""
    if result["timed_out"]:
        return "took too long"
    if result["signal"]:
        return f"ended by signal {result['signal']}"
    if result["exit"]:
        return f"ended with status {result['exit']}"
    return None


def speed(built):
    return json.loads(subprocess.run([built.tool("speed")], capture_output=True, text=True,
                                     check=True).stdout)
