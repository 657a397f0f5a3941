#!/usr/bin/env python3
"""heapgate report without memory: allocations failed in turn, once and for ever after.

    torture_test.py HEAPGATE REPORT_SAMPLE OOM-FAIL [ONLY]

Each time there is either the whole report, as it always is, or none: then with a message of one line,
a status that says so, and the older report as it was. The first allocations are all failed, of the
thousands after them every STEP-th. ONLY repeats one by its number.
"""
import filecmp
import os
import shutil
import subprocess
import sys
import tempfile

FIRST = 300
STEP = 211


def same_tree(left, right):
    compared = filecmp.dircmp(left, right)
    return not (compared.left_only or compared.right_only or compared.diff_files) and all(
        same_tree(os.path.join(left, name), os.path.join(right, name))
        for name in compared.common_dirs)


def run(heapgate, fail, number, forever):
    environment = dict(os.environ, LD_PRELOAD=fail, HEAPGATE_FAIL_AT=str(number))
    environment.pop("HEAPGATE_FAIL_FOREVER", None)
    if forever:
        environment["HEAPGATE_FAIL_FOREVER"] = "1"
    done = subprocess.run(
        [heapgate, "report", "--results", "results", "--budgets", "budgets", "--out", "report"],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=60)
    return done.returncode, done.stderr.decode(errors="replace")


def complaint(status, message, before, entries, forever):
    """What is wrong with how it ended, or None."""
    if status < 0:
        return "ended by signal %d" % -status
    left = sorted(set(os.listdir(".")) - set(entries))
    for name in left:
        shutil.rmtree(name)
    if left and not forever:  # without any memory a folder cannot be listed, so not be removed
        return "left behind: %s" % left
    if not same_tree("report", before):
        return "the report is not as it was"
    if status == 0:
        return None if not message else "status 0, and a message: " + message
    if status not in (2, 3) or message.count("\n") != 1 or not message.startswith("heapgate"):
        return "status %d, and the message: %s" % (status, message)
    return None


def main():
    heapgate, sample, fail = map(os.path.abspath, sys.argv[1:4])
    only = int(sys.argv[4]) if len(sys.argv) > 4 else None
    wrong = runs = 0
    with tempfile.TemporaryDirectory(prefix="heapgate-torture.") as folder:
        os.chdir(folder)
        subprocess.run([sample, "."], check=True)
        if run(heapgate, fail, 0, False)[0] != 0:
            raise RuntimeError("it fails with all its memory")
        shutil.copytree("report", "before")
        entries, number, whole = sorted(os.listdir(".")), only or 1, 0
        while whole < 20:  # so many in a row: there is no such allocation any more
            for forever in (True, False):
                status, message = run(heapgate, fail, number, forever)
                found = complaint(status, message, "before", entries, forever)
                runs += 1
                if found:
                    wrong += 1
                    print("allocation %d%s: %s" % (number, " and all after" * forever, found))
                whole = whole + 1 if status == 0 else 0
            if only or wrong > 10:
                break
            number += 1 if number < FIRST else STEP
    print("%d runs, up to allocation %d" % (runs, number))
    if not only and number < FIRST:
        print("no allocation failed: is it counted at all?")
        wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
