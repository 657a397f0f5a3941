#!/usr/bin/env python3
"""What the gate of rowstream lets through: small faults, each put into a copy of the sources alone, built
and measured by the gate's own work under the gate's budgets.

    rowstream.py measure [--engine LIST] BUILD RESULTS [CASE-GLOB...]
                                                        the gate's cases of SQLite, counted
    rowstream.py run [--sample] [--verbose] BUILD [FAULT...]
                                                        the faults of rowstream.faults: a table

BUILD is a build's folder with the programs of the target `gate`, gate_fixtures, and heapgate. A fault is
caught when a case that reaches it is over its budget (status 1), and named when the function it is in is
among the first three call stacks of the failure. Only the counting engine judges, so that a fault takes
seconds. Exit status: 0 all caught and nine of ten named, 1 not, 2 a fault that cannot be tried.
"""
import argparse
import contextlib
import fnmatch
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import uuid
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PROGRAMS = ("gate_work", "gate_load_work", "gate_delete_work")
FORMATS = ("json", "xml", "yaml")
SIZES, LONG, MILLION, DELETED = (5000, 50000), (60, 600), (100000, 1000000), (20000, 50000)
DUMPS = {"stream": SIZES, "stream/tree": SIZES, "one-column": SIZES, "every-type": SIZES,
         "keyset": SIZES, "keyset/tree": SIZES, "buffered": SIZES, "buffered/tree": SIZES,
         "query": SIZES, "two-tables": SIZES, "long-texts": LONG, "refused": SIZES,
         "million": MILLION}
LOADS = {"stream": ("items", SIZES), "again": ("items", SIZES), "long-texts": ("long-texts", LONG),
         "refused": ("refused", SIZES)}
SAMPLE = 6
WORKERS = 2
NAMED_WITHIN = 3


def all_cases():
    """Every case of SQLite: its sizes, and the words of its command."""
    cases = {}
    for format in FORMATS:
        for name, sizes in DUMPS.items():
            case = f"{format}/dump/sqlite/{name}"
            cases[case] = sizes, ["gate_work", case, "{place}", "/dev/null", "{N}"]
        for name, (document, sizes) in LOADS.items():
            case = f"{format}/load/sqlite/{name}"
            cases[case] = sizes, ["gate_load_work", case, f"{{place}}/{document}-{{N}}.{format}",
                                  "{place}/loaded.sqlite3"]
    cases["rows/delete/sqlite/keyed"] = DELETED, ["gate_delete_work", "rows/delete/sqlite/keyed",
                                                  "{N}", "{place}/deleted.sqlite3"]
    return cases


class Place:
    """A folder with links to the fixtures, named as long as the gate's own (tests/gate/place.h)."""
    def __init__(self, fixtures):
        self.folder = tempfile.mkdtemp(prefix="heapgate-gt.", dir="/tmp")
        for name in os.listdir(fixtures):
            try:
                os.link(os.path.join(fixtures, name), os.path.join(self.folder, name))
            except OSError:
                shutil.copy(os.path.join(fixtures, name), self.folder)

    def measure(self, heapgate, programs, results, budgets, case, sizes, words, engines="count"):
        """The status of `heapgate run`, and what it said."""
        words = [word.replace("{place}", self.folder) for word in words]
        command = [heapgate, "run", "--engine", engines, "--case", case, "--results", results, "--sweep",
                   ",".join(map(str, sizes)), *(["--budgets", budgets] if budgets else []), "--",
                   f"{programs}/{words[0]}", *words[1:]]
        # One run measures a case but once, and each fault is another program.
        environment = {**os.environ, "HEAPGATE_RUN_ID": f"faults-{uuid.uuid4()}"}
        outcome = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL,
                                 stderr=subprocess.PIPE, text=True, timeout=300)
        return outcome.returncode, outcome.stderr


class Places:
    """As many as there are workers; each takes one for the time of a case."""
    def __init__(self, fixtures, count):
        self.free = queue.SimpleQueue()
        self.all = [Place(fixtures) for _ in range(count)]
        for place in self.all:
            self.free.put(place)

    def measure(self, *arguments):
        place = self.free.get()
        try:
            return place.measure(*arguments)
        finally:
            self.free.put(place)

    def remove(self):
        for place in self.all:
            shutil.rmtree(place.folder, ignore_errors=True)


@contextlib.contextmanager
def all_places(build):
    """Removed also after a signal."""
    def end(number, frame):
        sys.exit(128 + number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    fixtures = os.path.join(build, "databases")
    subprocess.run([f"{build}/bin/gate_fixtures", fixtures], check=True)
    places = Places(fixtures, WORKERS)
    try:
        yield places
    finally:
        places.remove()


def measure_all(arguments):
    """Without budgets: what budgets are written from."""
    cases = {case: how for case, how in all_cases().items()
             if any(fnmatch.fnmatch(case, glob) for glob in arguments.words or ["*"])}
    with all_places(arguments.build) as places, ThreadPoolExecutor(WORKERS) as pool:
        def one(case):
            status, said = places.measure(f"{arguments.build}/bin/heapgate",
                                          f"{arguments.build}/bin", arguments.results, None, case,
                                          *cases[case], arguments.engine)
            if status != 0:
                print(f"{case}: status {status}\n{said}", file=sys.stderr)
            return status
        return max(pool.map(one, cases), default=2)


# ---- Faults ----

class Fault:
    def __init__(self, name):
        self.name, self.file, self.function, self.old, self.new = name, None, None, None, None
        self.allocates = None
        self.cases = []


def read_rules(path):
    """`fault NAME`, then `file`, `in` (its function), `old`, `new` and `cases`; `allocates` where another
    function does that (the fault is a setting); `define NAME TEXT` for what several say as $NAME."""
    faults, texts = [], {}
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            word, _, rest = line.strip().partition(" ")
            if word.startswith("#"):
                continue
            rest = re.sub(r"\$([A-Z_]+)", lambda found: texts[found[1]], rest.strip())
            if word == "define":
                name, _, texts[name] = rest.partition(" ")
            elif word == "fault":
                faults.append(Fault(rest))
            elif word in ("file", "in", "allocates", "old", "new"):
                setattr(faults[-1], "function" if word == "in" else word, rest)
            elif word == "cases":
                faults[-1].cases = rest.split()
            elif word:
                raise SystemExit(f"{path}:{number}: unknown word \"{word}\"")
    return faults


def apply(fault, source):
    """The file with the fault in it. The old text must be there once in the function."""
    begin = re.search(rf"^[a-z].*\b{re.escape(fault.function)}\((?:[^;{{]|\n)*\{{\n", source, re.M)
    if begin is None:
        raise ValueError(f"no function {fault.function}")
    end = source.index("\n}\n", begin.end())
    body = source[begin.end():end]
    if body.count(fault.old) != 1:
        raise ValueError(f"\"{fault.old}\" is {body.count(fault.old)} times in {fault.function}")
    return (source[:begin.end()] + body.replace(fault.old, fault.new) + source[end:])


class Tree:
    """A copy of the sources with a build of its own, of no more than the gate's work."""
    def __init__(self, folder):
        self.source, self.build = f"{folder}/source", f"{folder}/build"
        listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True,
                                text=True).stdout.split("\n")
        for name in filter(None, listed):
            if os.path.exists(os.path.join(ROOT, name)):
                os.makedirs(os.path.dirname(os.path.join(self.source, name)), exist_ok=True)
                shutil.copy(os.path.join(ROOT, name), os.path.join(self.source, name))
        launcher = shutil.which("ccache")
        cache = [f"-DCMAKE_{language}_COMPILER_LAUNCHER={launcher}" for language in ("C", "CXX")
                 if launcher]
        generator = ["-G", "Ninja"] if shutil.which("ninja") else []
        self.run("cmake", *generator, "-S", self.source, "-B", self.build, "-DCMAKE_BUILD_TYPE=RelWithDebInfo",
                 *cache)
        self.make(PROGRAMS)

    def run(self, *command):
        outcome = subprocess.run(command, capture_output=True, text=True,
                                 env={**os.environ, "CCACHE_BASEDIR": os.path.dirname(self.source),
                                      "CCACHE_NOHASHDIR": "1"})
        if outcome.returncode != 0:
            raise ValueError(f"{' '.join(command[:2])}: {outcome.stdout[-1500:]}{outcome.stderr[-1500:]}")

    def make(self, programs):
        self.run("cmake", "--build", self.build, "-j2", "--target", *programs)

    @contextlib.contextmanager
    def fault(self, fault, programs):
        path = f"{self.source}/src/rowstream/{fault.file}"
        with open(path, encoding="utf-8") as file:
            before = file.read()
        try:
            with open(path, "w", encoding="utf-8") as file:
                file.write("#include <stdlib.h>\n" + apply(fault, before)) # faults allocate
            self.make(programs)
            yield f"{self.build}/bin"
        finally:
            with open(path, "w", encoding="utf-8") as file:
                file.write(before)


def told_stacks(said):
    """The call stacks of a failure, in the order in which they are told."""
    lines = said.split("\n")
    return [line for line in lines
            if re.match(r"    \+.*\(was ", line) or re.match(r" +[0-9,]+(?: [KMG]?i?B)? +[0-9.]+% ", line)]


def rank_of(function, said):
    for rank, stack in enumerate(told_stacks(said), 1):
        if re.search(rf"\b{re.escape(function)}\b", stack):
            return rank
    return 0


def figures_of(said):
    """Which figures are over: "allocations, peak in more rows"."""
    return ", ".join(dict.fromkeys(re.findall(r"^  (\S.*), by count", said, re.M)))


class Outcome:
    def __init__(self, fault, results):
        self.fault = fault
        self.red = [(case, said) for case, status, said in results if status == 1]
        self.odd = [(case, status, said) for case, status, said in results if status not in (0, 1)]
        ranks = [rank_of(fault.allocates or fault.function, said) for _, said in self.red]
        self.rank = min((rank for rank in ranks if rank > 0), default=0)

    def is_named(self):
        return 0 < self.rank <= NAMED_WITHIN

    def line(self):
        verdict = "red" if self.red else "GREEN"
        figures = figures_of(self.red[0][1]) if self.red else \
            "; ".join(f"{case}: status {status}" for case, status, _ in self.odd)
        return (f"{self.fault.name:32} {verdict:6} {str(self.rank or '-'):>3}  "
                f"{self.fault.allocates or self.fault.function:22} {figures}")


def choose(faults, arguments):
    if arguments.sample: # the same ones every time, from all over the list
        step = max(1, len(faults) // SAMPLE)
        return faults[::step][:SAMPLE]
    if arguments.words:
        return [fault for fault in faults if fault.name in arguments.words]
    return faults


def run_faults(arguments):
    faults = choose(read_rules(os.path.join(HERE, "rowstream.faults")), arguments)
    cases, outcomes = all_cases(), []
    heapgate, budgets = f"{arguments.build}/bin/heapgate", os.path.join(ROOT, "budgets")
    with all_places(arguments.build) as places, ThreadPoolExecutor(WORKERS) as pool, \
            tempfile.TemporaryDirectory(prefix="heapgate-faults.") as folder:
        tree = Tree(folder)
        print(f"{'fault':32} {'':6} {'rank':>4} {'function':22} figures that are over", flush=True)
        for fault in faults:
            needed = sorted({cases[case][1][0] for case in fault.cases})
            with tree.fault(fault, needed) as programs:
                def one(case):
                    return (case, *places.measure(heapgate, programs, f"{folder}/results", budgets,
                                                  case, *cases[case]))
                outcomes.append(Outcome(fault, list(pool.map(one, fault.cases))))
            print(outcomes[-1].line(), flush=True)
            if arguments.verbose:
                for case, *_, said in outcomes[-1].red + outcomes[-1].odd:
                    print(f"---- {case}\n{said}", flush=True)
    red = sum(bool(outcome.red) for outcome in outcomes)
    named = sum(outcome.is_named() for outcome in outcomes)
    print(f"{len(outcomes)} faults: {red} red, {named} named within {NAMED_WITHIN} stacks")
    if len(outcomes) == 0:
        return 2
    enough = arguments.red or named * 10 >= 9 * len(outcomes)
    return 0 if red == len(outcomes) and enough else 1


def check_faults(_):
    """Whether each fault still finds the text that it replaces."""
    faults, stale = read_rules(os.path.join(HERE, "rowstream.faults")), 0
    for fault in faults:
        try:
            with open(os.path.join(ROOT, "src/rowstream", fault.file), encoding="utf-8") as source:
                apply(fault, source.read())
        except (OSError, ValueError) as problem:
            print(f"{fault.name}: {fault.file}: {problem}")
            stale += 1
    print(f"{len(faults)} faults, {stale} of them out of date")
    return 1 if stale else 0


def main():
    parser = argparse.ArgumentParser()
    verbs = parser.add_subparsers(dest="verb", required=True)
    verb = verbs.add_parser("check")
    verb.set_defaults(run=check_faults)
    verb = verbs.add_parser("measure")
    verb.set_defaults(run=measure_all)
    verb.add_argument("--engine", default="count", help="such as count,profile")
    verb.add_argument("build")
    verb.add_argument("results")
    verb.add_argument("words", nargs="*", metavar="CASE-GLOB")
    verb = verbs.add_parser("run")
    verb.set_defaults(run=run_faults)
    verb.add_argument("build")
    verb.add_argument("--red", action="store_true", help="ask only that each is red")
    verb.add_argument("--sample", action="store_true")
    verb.add_argument("--verbose", action="store_true")
    verb.add_argument("words", nargs="*", metavar="FAULT")
    arguments = parser.parse_args()
    if "build" in arguments:
        arguments.build = os.path.abspath(arguments.build)
    try:
        return arguments.run(arguments)
    except (ValueError, subprocess.CalledProcessError) as reason:
        print(f"rowstream.py: {reason}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
