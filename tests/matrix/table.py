#!/usr/bin/env python3
"""Prints the tables of the matrix from a folder of results.

    table.py RESULTS [--large] [--markdown]

A cell is the peak, what it grows by for each row, and the time of the run under heapgate; a cell
that was not measured is a dash. Exit status 3 when nothing was.
"""
import argparse
import json
import os
import sys

from cells import DATABASES, DUMPS, FORMATS, LARGE, LARGE_LOADS, LARGE_SIZES, LOADS, SIZES


class Cell:
    def __init__(self, results, case):
        self.measured = False
        path = os.path.join(results, case + ".json")
        if not os.path.exists(path):
            return
        with open(path, encoding="utf-8") as file:
            result = json.load(file)
        if result["case"] != case or result["invalid"] or "count" not in result["engines"]:
            return
        self.measured = True
        self.points = dict(map(tuple, result["growth"]["points"]))
        self.peak_bytes = result["engines"]["count"]["peak_bytes"]
        self.growth_bytes = result["growth"]["bytes_per_unit"]
        self.wall_ms = result["engines"]["count"]["wall_ms"]

    def text(self):
        if not self.measured:
            return "-"
        return (f"{size_text(self.peak_bytes)}, {self.growth_bytes:,.0f} B/row, "
                f"{self.wall_ms / 1000:.1f} s")


def size_text(size_bytes):
    if size_bytes < 1 << 20:
        return f"{size_bytes / 1024:.1f} KiB"
    return f"{size_bytes / (1 << 20):.1f} MiB"


def ratio_text(cell, base):
    if not cell.measured or not base.measured:
        return "-"
    return f"{cell.peak_bytes / base.peak_bytes:,.1f}x"


def compare_rows(results, kind, ways):
    """A row for each database and format; the ratio is the peak beside the first way's."""
    for database, database_title in DATABASES.items():
        for format, format_title in FORMATS.items():
            cells = [Cell(results, f"{format}/{kind}/{database}/{way}") for way in ways]
            row = [f"{database_title}, {format_title}", cells[0].text()]
            for cell in cells[1:]:
                row += [cell.text(), ratio_text(cell, cells[0])]
            yield row, any(cell.measured for cell in cells)


def compare_table(results, kind, ways):
    titles = list(ways.values())
    header = [f"{kind}, {SIZES[-1]:,} rows", titles[0]]
    for title in titles[1:]:
        header += [title, "ratio"]
    rows = list(compare_rows(results, kind, ways))
    return [header] + [row for row, _ in rows], any(measured for _, measured in rows)


def large_table(results):
    """A row for each way, a column for each format: the peak at the smaller size, how much more it is
    at the larger, and the time of that."""
    few, many = LARGE_SIZES
    table = [[f"peak at {few:,}, rise to {many:,}", *FORMATS.values()]]
    measured = False
    for name in [name for names in LARGE.values() for name in names] + list(LARGE_LOADS):
        row = [name]
        for format in FORMATS:
            cell = Cell(results, f"{format}/{name}")
            if not cell.measured or set(cell.points) != {few, many}:
                row.append("-")
                continue
            measured = True
            rise = cell.points[many] - cell.points[few]
            row.append(f"{cell.points[few]:,} B, {rise:+,} B, {cell.wall_ms / 1000:.1f} s")
        table.append(row)
    return table, measured


def print_text(table):
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    for row in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


def print_markdown(table):
    for number, row in enumerate(table):
        print("| " + " | ".join(row) + " |")
        if number == 0:
            print("|" + " --- |" * len(row))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("results")
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--markdown", action="store_true")
    arguments = parser.parse_args()
    if arguments.large:
        tables = [large_table(arguments.results)]
    else:
        tables = [compare_table(arguments.results, kind, ways)
                  for kind, ways in (("dump", DUMPS), ("load", LOADS))]
    if not any(measured for _, measured in tables):
        print(f"{arguments.results}: no cell was measured", file=sys.stderr)
        return 3
    for table, _ in tables:
        print()
        (print_markdown if arguments.markdown else print_text)(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
