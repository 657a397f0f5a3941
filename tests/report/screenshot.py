#!/usr/bin/env python3
"""Makes the README's pictures of a report again, from real figures.

    screenshot.py HEAPGATE CONTROL_WORK BUDGETS RESULTS DATABASES PICTURES

The overview shows the results of the gate as they are in RESULTS, but for one case, which is measured
here with a seeded fault: the document is built as a tree before it is written. The other pictures are
of that case's page: its memory over time, and its peak by call stack.
"""
import os
import shutil
import subprocess
import sys
import tempfile

import browser

CASE = "xml/dump/sqlite/stream"
FAULT = "document-as-tree"
WIDTH = 1180


def top_and_bottom(page, first, last):
    """Of what the two selectors find, with a margin."""
    return page.evaluate("""(() => {
      const first = document.querySelector(%r), last = document.querySelector(%r);
      return [first.getBoundingClientRect().top + scrollY - 16,
              last.getBoundingClientRect().bottom + scrollY + 2];
    })()""" % (first, last))


def main():
    heapgate, work, budgets, results, databases, pictures = map(os.path.abspath, sys.argv[1:])
    path = browser.find()
    if path is None:
        print("chromium is not installed", file=sys.stderr)
        return 1
    os.makedirs(pictures, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="heapgate-report.") as folder:
        os.chdir(folder)
        shutil.copytree(results, "results")
        shutil.copytree(budgets, "budgets")
        status = subprocess.run(
            [heapgate, "run", "--case", CASE, "--budgets", "budgets", "--results", "results",
             "--sweep", "5000,50000", "--", work, FAULT, CASE, databases, "/dev/null", "{N}"],
            stderr=subprocess.DEVNULL).returncode
        if status != 1:
            print("the case should be over its budget, and heapgate run gave", status)
            return 1
        subprocess.run([heapgate, "report", "--results", "results", "--budgets", "budgets",
                        "--case", "*/sqlite/*"], check=True)  # what ci/gate measures
        top = "file://%s/heapgate-report/" % os.path.realpath(folder)
        chromium = browser.Browser(path)
        try:
            page = chromium.open(top + "index.html", width=WIDTH)
            page.picture(os.path.join(pictures, "overview.png"),
                         *top_and_bottom(page, "h1", "tbody tr:nth-child(7)"))
            page.close()
            page = chromium.open(top + "cases/%s.html" % CASE.replace("/", "~"), width=WIDTH)
            page.picture(os.path.join(pictures, "time.png"),
                         *top_and_bottom(page, "#timeline", "#timeline ~ figure svg"))
            page.picture(os.path.join(pictures, "peak.png"),
                         *top_and_bottom(page, "#peak", ".icicle"))
            page.close()
        finally:
            chromium.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
