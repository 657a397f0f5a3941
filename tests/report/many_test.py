#!/usr/bin/env python3
"""A report of many cases: how its memory and its time grow.

    many_test.py HEAPGATE REPORT_SAMPLE BUDGETS RESULTS FOLDER

`heapgate report` is measured by heapgate itself, as the case heapgate/report, over 1,000 and 10,000
cases, and held to its budget. Ten times the cases may cost at most twenty times the CPU time: the
medians of runs in turn, so that a busy machine is busy for both.
"""
import os
import resource
import shutil
import statistics
import subprocess
import sys

SIZES = (1000, 10000)
RUNS = 3
TIMES = 2 * SIZES[1] // SIZES[0]


def report(heapgate, size):
    return [heapgate, "report", "--results", "%s/results" % size, "--budgets", "%s/budgets" % size,
            "--out", "report"]


def seconds(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main():
    heapgate, sample, budgets, results, folder = map(os.path.abspath, sys.argv[1:])
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    os.chdir(folder)  # paths are allocated too: they must be the same everywhere
    for size in SIZES:
        subprocess.run([sample, str(size), str(size)], check=True)
    status = subprocess.run(
        [heapgate, "run", "--case", "heapgate/report", "--budgets", budgets, "--results", results,
         "--sweep", ",".join(map(str, SIZES)), "--"] + report(heapgate, "{N}")).returncode
    measured = [[seconds(report(heapgate, size)) for size in SIZES] for _ in range(RUNS)]
    few, many = (statistics.median(column) for column in zip(*measured))
    print("%d cases: %.2f s of CPU; %d cases: %.2f s, %.1f times as much"
          % (SIZES[0], few, SIZES[1], many, many / few))
    shutil.rmtree(folder)
    if many > TIMES * few:
        print("more than %d times: the time of a report grows faster than its cases" % TIMES)
        status = status or 1
    return status


if __name__ == "__main__":
    sys.exit(main())
