#!/usr/bin/env python3
"""A report of many cases: how its memory and its work grow.

    many_test.py HEAPGATE REPORT_SAMPLE BUDGETS RESULTS FOLDER

`heapgate report` is measured by heapgate itself, as the case heapgate/report, over 1,000 and 10,000
cases, and held to its budget. Five times the cases may take at most six times the instructions.
"""
import os
import re
import shutil
import subprocess
import sys

SIZES = (1000, 10000)
COUNTED = (60, 300)
TIMES = 6
CALLGRIND = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]


def report(heapgate, size):
    return [heapgate, "report", "--results", "%s/results" % size, "--budgets", "%s/budgets" % size,
            "--out", "report"]


def instructions(command):
    done = subprocess.run(CALLGRIND + command, check=True, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True)
    return int(re.search(r"Collected : (\d+)", done.stderr).group(1))


def main():
    heapgate, sample, budgets, results, folder = map(os.path.abspath, sys.argv[1:])
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    os.chdir(folder)  # paths are allocated too: they must be the same everywhere
    for size in SIZES + COUNTED:
        subprocess.run([sample, str(size), str(size)], check=True)
    status = subprocess.run(
        [heapgate, "run", "--case", "heapgate/report", "--budgets", budgets, "--results", results,
         "--sweep", ",".join(map(str, SIZES)), "--"] + report(heapgate, "{N}")).returncode
    if shutil.which("valgrind") is None:
        print("valgrind is not installed")
        return status or (1 if "valgrind" in os.environ.get("HEAPGATE_REQUIRE", "") else 77)
    few, many = (instructions(report(heapgate, size)) for size in COUNTED)
    print("%d cases: %d instructions; %d cases: %d, %.2f times as many"
          % (COUNTED[0], few, COUNTED[1], many, many / few))
    if many > TIMES * few:
        print("more than %d times: the work of a report grows faster than its cases" % TIMES)
        status = status or 1
    shutil.rmtree(folder)
    return status


if __name__ == "__main__":
    sys.exit(main())
