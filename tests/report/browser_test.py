#!/usr/bin/env python3
"""The report in a real browser: quiet, complete, and readable in any window.

    browser_test.py HEAPGATE REPORT_SAMPLE PICTURES

Every page of a report, and of a comparison, is opened twice: from the disk, as somebody who unpacked an artifact does, and from a
server that sends Jenkins' default content policy. The browser may say nothing and fetch nothing but
the report's own files; the pages must fit the window, down to a phone and to 400% zoom; the plots
must have every point and no label outside or over another. Then the same checks look at reports
with a fault seeded in them, and must find each. Pictures of the pages are left in PICTURES.

Exit status 77: no Chromium (an error where HEAPGATE_REQUIRE names chromium).
"""
import functools
import http.server
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.parse

import browser

POLICY = "sandbox; default-src 'none'; img-src 'self'; style-src 'self'"
FULL = "cases/app~export~buffered.html"

# What tests/report/sample.h says is in the page FULL: where, and how many.
POINTS = {
    "#time-title ~ .series polyline": [1000, 1000],
    "#allocated-title ~ .series polyline": [300],
    "#areas-title ~ .series polygon": [24, 24, 24, 24, 24],
    "#growth-plot-title ~ .series polyline": [2],
    "#calls-plot-title ~ .series polyline": [2],
}
COUNTS = {"#growth-plot-title ~ .series circle": 4, "#calls-plot-title ~ .series circle": 4,
          "#time-title ~ .band": 5, ".icicle rect": 22,
          ".tree details": 6}

# The window's width in CSS pixels, its pixels per CSS pixel, and what it stands for.
WINDOWS = ((1280, 1, "wide"), (320, 1, "phone"), (320, 4, "zoomed"))

# Everything below runs in the page and gives a list of complaints.
OVERFLOW = """(() => {
  const wide = document.documentElement.scrollWidth, window_ = document.documentElement.clientWidth;
  return wide > window_ ? ['the page is ' + wide + ' wide in a window of ' + window_] : [];
})()"""

# Text that has no room: outside its picture, or over other text.
LABELS = """(() => {
  const wrong = [];
  for (const svg of document.querySelectorAll('svg[role=img]')) {
    const edge = svg.getBoundingClientRect(), boxes = [];
    for (const text of svg.querySelectorAll('text')) {
      const box = text.getBoundingClientRect();
      if (box.left < edge.left - 1 || box.right > edge.right + 1 ||
          box.top < edge.top - 1 || box.bottom > edge.bottom + 1)
        wrong.push('outside its picture: ' + text.textContent);
      for (const other of boxes)
        if (box.left < other.right - 1 && other.left < box.right - 1 &&
            box.top < other.bottom - 4 && other.top < box.bottom - 4)
          wrong.push('over another: ' + text.textContent);
      boxes.push(box);
    }
  }
  return wrong;
})()"""

# Contrast as WCAG 2 counts it: text needs 4.5 to 1 against what is behind it.
CONTRAST = """(() => {
  const parts = (colour) => colour.match(/[0-9.]+/g).map(Number);
  const light = (colour) => {
    const [r, g, b] = parts(colour).slice(0, 3).map((value) => {
      value /= 255;
      return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (; element; element = element.parentElement) {
      const colour = getComputedStyle(element).backgroundColor;
      if ((parts(colour)[3] ?? 1) === 1) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const wrong = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.getClientRects().length) continue;
    const style = getComputedStyle(element), drawn = element.closest('svg');
    let back = behind(element);
    const frame = drawn && element.closest('.icicle') && element.parentElement.querySelector('rect');
    if (frame) back = getComputedStyle(frame).fill;
    const a = light(drawn ? style.fill : style.color), b = light(back);
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5)
      wrong.add('contrast ' + ratio.toFixed(1) + ': ' + element.textContent.slice(0, 40));
  }
  return [...wrong];
})()"""

# A keyboard reaches everything that scrolls.
KEYBOARD = """[...document.querySelectorAll('*')].filter((element) =>
    element.scrollWidth > element.clientWidth + 1 && element.tabIndex < 0 &&
    ['auto', 'scroll'].includes(getComputedStyle(element).overflowX))
  .map((element) => 'scrolls and has no focus: ' + element.tagName)"""


class Server:
    """Serves a folder as Jenkins would, on a port of its own."""

    def __init__(self, folder):
        class Handler(http.server.SimpleHTTPRequestHandler):
            def end_headers(self):
                self.send_header("Content-Security-Policy", POLICY)
                super().end_headers()

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), functools.partial(Handler, directory=folder))
        self.top = "http://127.0.0.1:%d/" % self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def address(top, path):
    return top + urllib.parse.quote(path, safe="/~")


def disk(folder):
    return "file://" + urllib.parse.quote(os.path.realpath(folder)) + "/"


def check_quiet(page, top, path):
    """Nothing said, and nothing fetched but the page, its style and its icon."""
    wrong = list(page.said)
    wanted = [address(top, path), top + "style.css"]
    icon = top + "icon.svg"  # which the browser does not always ask for
    wrong += ["fetched " + url for url in page.requests if url not in wanted + [icon]]
    wrong += ["not fetched: " + url for url in wanted if url not in page.requests]
    return wrong


def pages_of(report):
    """Every page, as its path in the report."""
    return sorted(
        os.path.relpath(os.path.join(folder, name), report)
        for folder, _, names in os.walk(report) for name in names if name.endswith(".html"))


def check_points(page):
    wrong = []
    for selector, wanted in POINTS.items():
        found = page.evaluate(
            "[...document.querySelectorAll(%r)].map((line) => line.points.length)" % selector)
        if found != wanted:
            wrong.append("points of %s: %s, not %s" % (selector, found, wanted))
    for selector, wanted in COUNTS.items():
        found = page.evaluate("document.querySelectorAll(%r).length" % selector)
        if found != wanted:
            wrong.append("%s: %d, not %d" % (selector, found, wanted))
    return wrong


def check_page(chromium, top, path, points=True):
    """What is wrong with a page in the windows and colours that readers have."""
    papers = set()
    page = chromium.open(address(top, path))
    wrong = check_quiet(page, top, path)
    if path == FULL and points:
        wrong += check_points(page)
    for width, scale, _ in WINDOWS:
        page.show(width=width, scale=scale)
        for check in (OVERFLOW, LABELS, KEYBOARD):
            wrong += page.evaluate(check)
    for dark in (False, True):
        page.show(dark=dark)
        papers.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        wrong += page.evaluate(CONTRAST)
    if len(papers) != 2:
        wrong.append("light and dark are the same")
    page.show(width=740, medium="print")  # A4 within its margins
    wrong += page.evaluate(OVERFLOW)
    page.close()
    return ["%s: %s" % (path, complaint) for complaint in wrong]


def take_pictures(chromium, top, folder, pages):
    os.makedirs(folder, exist_ok=True)
    for path, name in pages:
        for width, scale, window in WINDOWS[:2]:
            for dark in (False, True):
                page = chromium.open(address(top, path), width=width, scale=scale, dark=dark)
                colours = "dark" if dark else "light"
                page.picture(os.path.join(folder, "%s-%s-%s.png" % (name, window, colours)))
                page.close()


# A fault, the page it goes into, what is replaced there by what, and the complaint that it must give.
SEEDED = (
    ("a script", "index.html", "</main>", "<script>console.log(1)</script></main>",
     "Blocked script execution"),
    ("a script's message", "index.html", "</main>", "<script>console.log(1)</script></main>",
     "console: 1"),
    ("an inline style", "index.html", "<main ", '<main style="color:red" ', "inline style"),
    ("a picture from elsewhere", "index.html", "</main>",
     '<img src="http://127.0.0.1:9/x.png"/></main>', "fetched http://127.0.0.1:9/x.png"),
    ("no style sheet", "index.html", "style.css", "gone.css", "not fetched"),
    ("a wide table", "index.html", "</main>",
     '<table><tr><td><svg width="1500" height="9" aria-hidden="true"></svg></td></tr></table></main>',
     "the page is"),
    ("a point too many", FULL, 'points="', 'points="0,0 ', "points of"),
    ("a phase that is gone", FULL, '<g class="band">', '<g class="bond">', ".band: 4, not 5"),
    ("a label outside", FULL, '</svg>', '<text x="955" y="40">far too long</text></svg>',
     "outside its picture"),
    ("pale text", "index.html", "style.css", "pale.css", "contrast"),
    ("a box without focus", FULL, 'class="scroller" tabindex="0"', 'class="scroller"',
     "scrolls and has no focus"),
)


def seed(report, fault):
    _, path, before, after, _ = fault
    with open(os.path.join(report, path), encoding="utf-8") as file:
        text = file.read()
    if before not in text:
        raise RuntimeError("no %r in %s" % (before, path))
    with open(os.path.join(report, path), "w", encoding="utf-8") as file:
        file.write(text.replace(before, after, 1))
    with open(os.path.join(report, "style.css"), encoding="utf-8") as style:
        with open(os.path.join(report, "pale.css"), "w", encoding="utf-8") as pale:
            pale.write(style.read() + "\nmain { color: #bbbbbb; }\n")


def check_seeded(chromium, report, folder):
    """Each fault must be found, from the disk or under the policy."""
    wrong = []
    for number, fault in enumerate(SEEDED):
        copy = os.path.join(folder, "seeded-%d" % number)
        shutil.copytree(report, copy)
        seed(copy, fault)
        server = Server(copy)
        found = []
        for top in (server.top, disk(copy)):
            found += check_page(chromium, top, fault[1])
            if any(fault[4] in complaint for complaint in found):
                break
        else:
            wrong.append("%s was not found; instead: %s" % (fault[0], found))
        server.close()
        print("seeded %s: found" % fault[0] if not wrong else wrong[-1], flush=True)
    return wrong


def make_report(heapgate, sample, folder):
    subprocess.run([sample, folder], check=True)
    report = os.path.join(folder, "report")
    subprocess.run([heapgate, "report", "--results", os.path.join(folder, "results"),
                    "--budgets", os.path.join(folder, "budgets"), "--out", report], check=True)
    return report


def make_comparison(heapgate, folder):
    """The sample beside one in which a case streams, and another is not there."""
    results, base = os.path.join(folder, "results"), os.path.join(folder, "base")
    comparison = os.path.join(folder, "comparison")
    shutil.copytree(results, base)
    os.remove(os.path.join(base, "app/export/lean.json"))
    path = os.path.join(base, "app/export/buffered.json")
    with open(path, encoding="utf-8") as file:
        result = json.load(file)
    result["engines"]["count"]["peak_bytes"] = 120000
    result["sites"] = result["sites"][2:]
    result["timeline"] = [[ms, live // 500, resident // 4]
                          for ms, live, resident in result["timeline"][::3]]
    with open(path, "w", encoding="utf-8") as file:
        json.dump(result, file)
    subprocess.run([heapgate, "compare", base, results, "--out", comparison], check=True,
                   stdout=subprocess.DEVNULL)
    return comparison


def look(chromium, folder, points):
    """Every page, from the disk and from the server."""
    wrong = []
    server = Server(folder)
    for top in (disk(folder), server.top):
        for path in pages_of(folder):
            wrong += check_page(chromium, top, path, points)
            print("looked at", address(top, path), flush=True)
    server.close()
    return wrong


def main():
    heapgate, sample, pictures = sys.argv[1:]
    path = browser.find()
    if path is None:
        print("skipped: chromium is not installed", file=sys.stderr)
        required = os.environ.get("HEAPGATE_REQUIRE", "").replace(",", " ").split()
        return 1 if "chromium" in required else 77
    with tempfile.TemporaryDirectory(prefix="heapgate-report.") as folder:
        report = make_report(heapgate, sample, folder)
        comparison = make_comparison(heapgate, folder)
        chromium = browser.Browser(path)
        try:
            wrong = look(chromium, report, True) + look(chromium, comparison, False)
            take_pictures(chromium, disk(report), pictures,
                          (("index.html", "overview"), (FULL, "case")))
            take_pictures(chromium, disk(comparison), pictures,
                          (("index.html", "compare-overview"), (FULL, "compare-case")))
            if not wrong:
                wrong = check_seeded(chromium, report, folder)
        finally:
            chromium.close()
    for complaint in wrong:
        print("WRONG", complaint)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
