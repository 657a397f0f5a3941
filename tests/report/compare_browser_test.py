#!/usr/bin/env python3
"""The pages of a comparison in a real browser, by the checks of browser_test.py.

    compare_browser_test.py COMPARE_PAGES_TEST PICTURES

COMPARE_PAGES_TEST makes the pages; pictures of them are left in PICTURES. Exit status 77: no Chromium
(an error where HEAPGATE_REQUIRE names chromium).
"""
import os
import subprocess
import sys
import tempfile

import browser
from browser_test import Server, address, check_page, disk

CASE = "cases/app~export.html"
PAGES = ("index.html", "index-2.html", CASE, "cases/app~broken.html", "cases/app~new.html")
# What compare_pages_test.c puts there: the points of base and of head, in each plot.
POINTS = {"#time-title ~ .series polyline": [200, 200],
          "#allocated-title ~ .series polyline": [200, 200],
          "#growth-title ~ .series polyline": [2, 2],
          "#calls-title ~ .series polyline": [2, 2]}


def check_points(page):
    for selector, wanted in POINTS.items():
        found = page.evaluate(
            "[...document.querySelectorAll(%r)].map((line) => line.points.length)" % selector)
        if found != wanted:
            yield "points of %s: %s, not %s" % (selector, found, wanted)


def take_pictures(chromium, top, folder):
    os.makedirs(folder, exist_ok=True)
    for path, name in (("index.html", "compare"), (CASE, "compare-case")):
        for width, window in ((1280, "wide"), (320, "phone")):
            for dark in (False, True):
                page = chromium.open(address(top, path), width=width, dark=dark)
                page.picture(os.path.join(folder, "%s-%s-%s.png" %
                                          (name, window, "dark" if dark else "light")))
                page.close()


def main():
    maker, pictures = sys.argv[1:]
    path = browser.find()
    if path is None:
        print("skipped: chromium is not installed", file=sys.stderr)
        required = os.environ.get("HEAPGATE_REQUIRE", "").replace(",", " ").split()
        return 1 if "chromium" in required else 77
    with tempfile.TemporaryDirectory(prefix="heapgate-compare.") as folder:
        subprocess.run([maker, folder], check=True, stdout=subprocess.DEVNULL)
        pages = os.path.join(folder, "pages")
        server, chromium = Server(pages), browser.Browser(path)
        try:
            wrong = []
            for name in PAGES:
                wrong += check_page(chromium, server.top, name)
                print("looked at", name, flush=True)
            page = chromium.open(address(disk(pages), CASE))
            wrong += check_points(page)
            page.close()
            take_pictures(chromium, disk(pages), pictures)
        finally:
            chromium.close()
            server.close()
    for complaint in wrong:
        print("WRONG", complaint)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
