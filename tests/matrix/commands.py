"""What measure.py and large.py share: running commands, and ending in order when they are told to."""
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile

BUDGETS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "budgets")
TABLE = "ticket5423_item"


def run(*command, **options):
    return subprocess.run(command, check=True, **options)


@contextlib.contextmanager
def work_folder():
    """Removed at the end, also after a signal, which ends the program with a shell's status for it. Its
    name is as long wherever it is made: the clients keep the paths of databases."""
    def end(number, frame):
        sys.exit(128 + number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    with tempfile.TemporaryDirectory(prefix="heapgate-matrix.", dir="/tmp") as folder:
        yield folder


def measure(build, results, case, sizes, command, held=True, environment=None):
    """One `heapgate run`, of which the summary is shown where it is not content; its status."""
    print(f"   {case} ...", end="", flush=True)
    outcome = subprocess.run(
        [f"{build}/bin/heapgate", "run", "--case", case, "--results", results,
         "--sweep", ",".join(map(str, sizes)), *(["--budgets", BUDGETS] if held else []), "--",
         *command],
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if outcome.returncode != 0:
        print(f" status {outcome.returncode}\n{outcome.stderr}", flush=True)
        return outcome.returncode
    with open(f"{results}/{case}.json", encoding="utf-8") as file:
        points = json.load(file)["growth"]["points"]
    print(" " + ", ".join(f"{peak:,} B" for _, peak in points), flush=True)
    return 0
