#!/usr/bin/env python3
"""Builds a small project of odd keys, and reads the manifest of its outputs with DuckDB and Polars, in every format.

usage: manifest.py ASFLOW FOLDER

FOLDER is where the project is written. The queries that join the manifest with the data are those of docs/commands.md, as they stand there.
"""
import json, os, pathlib, re, subprocess, sys

import duckdb
import polars as pl

asflow, work = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve()
docs = pathlib.Path(__file__).resolve().parent.parent / "docs" / "commands.md"

# By id: the name that the documents' queries ask for, and the readings of it. None: there is nothing; "": it is cut off.
STATIONS = {
    "plain": ("Zürich", [1, 2]),
    'quo"te, comma; it\'s': ('a "b", c', [3]),
    "two\nlines\r\nand a tab\t": ("東京 'x'\n🙂", [4, 5, 6]),
    "007": ("", [7]),                                         # not a number
    "null": ("NULL", [8]),
    "empty": ("empty", []),
    "gone": ("gone", None),
    "bad": ("bad", ""),
}
READINGS = sorted((id, name, v) for id, (name, values) in STATIONS.items() for v in values or [])
STATES = {"gone": "absent", "bad": "failed"}
CONFIG = r"""
target "raw/*.jsonl.zst" {
  for_each     = json("stations.json")
  key          = each.value.id
  absent       = [404]
  allow_failed = 1
  fetch {
    url     = each.value.url
    records = ".readings[]"
  }
}
target "copy.json" {
  inputs = ["stations.json"]
  exec { command = ["cp", inputs[0], output] }
}
target "later.json" {
  inputs = ["copy.json"]
  exec { command = ["cp", inputs[0], output] }
}
"""
COLUMNS = "path target key element state size time hash source status attempts reason error log".split()
NUMBERS = {"size", "status", "attempts"}


def run(*args):
    done = subprocess.run([asflow, *args, "-C", str(work)], stdout=subprocess.PIPE)
    if done.returncode:
        sys.exit(f"asflow {' '.join(args)} exits {done.returncode}")
    return done.stdout


def build():
    (work / "in").mkdir(parents=True)
    stations = []
    for i, (id, (name, values)) in enumerate(STATIONS.items()):
        at = work / "in" / f"{i}.json"
        stations.append({"id": id, "name": name, "n": 1.50, "none": None, "list": [i], "url": at.as_uri()})
        if values is not None:
            at.write_text(json.dumps({"readings": [{"id": id, "value": v} for v in values]}) if values != "" else '{"readings": [')
    (work / "stations.json").write_text(json.dumps(stations))
    (work / "asflow.hcl").write_text(CONFIG)
    run("build", "-q", "raw/*.jsonl.zst", "copy.json")
    for form in "csv", "json", "jsonl":
        (work / f"manifest.{form}").write_bytes(run("ls", "--format", form))


def same(what, got, want):
    if got != want:
        sys.exit(f"{what}:\n  {got!r}\nand should be\n  {want!r}")


def hold(what, rows):
    """Holds that rows, dicts in which a time is seconds and an element is text, say of each output what it is."""
    same(f"{what}: columns", list(rows[0]), COLUMNS)
    same(f"{what}: targets", [r["target"] for r in rows], ["raw/*.jsonl.zst"] * len(STATIONS) + ["copy.json", "later.json"])
    for id, r in zip(STATIONS, rows):
        e = json.loads(r["element"])
        same(f"{what}: what is of {id!r}", (r["key"], e["id"], e["name"], e["n"], e["none"]), (id, id, STATIONS[id][0], 1.5, None))
        hold_state(what, r, STATES.get(id, "up-to-date"))
    hold_state(what, rows[-2], "up-to-date")
    hold_state(what, rows[-1], "to-do")
    same(f"{what}: element of a target without a list", rows[-1]["element"] in (None, "null"), True)


def hold_state(what, r, state):
    what = f"{what}: {r['path']}"
    same(f"{what}: state", r["state"], state)
    there = state == "up-to-date"
    for column, has in {"size": there, "time": there, "hash": there, "error": state == "failed", "reason": state in ("failed", "to-do")}.items():
        same(f"{what}: has a {column}", r[column] is not None, has)
    if there:
        info = (work / r["path"]).stat()
        same(f"{what}: size and time", (r["size"], int(r["time"])), (info.st_size, int(info.st_mtime)))


def with_duckdb(joined):
    duckdb.sql("SET TimeZone = 'Asia/Tokyo'")                 # a time means the same wherever it is read
    for form, reader in {"csv": "read_csv", "json": "read_json", "jsonl": "read_json"}.items():
        what, table = f"DuckDB, {form}", f"{reader}('manifest.{form}')"
        types = {c: t for c, t, *_ in duckdb.sql(f"DESCRIBE SELECT * FROM {table}").fetchall()}
        same(f"{what}: numbers", {c for c in COLUMNS if types[c] == "BIGINT"}, NUMBERS)
        same(f"{what}: type of time", types["time"], "TIMESTAMP WITH TIME ZONE")
        element = "element" if form == "csv" else "to_json(element)"
        got = duckdb.sql(f"SELECT * REPLACE (epoch(time) AS time, {element} AS element) FROM {table}")
        hold(what, [dict(zip(got.columns, r)) for r in got.fetchall()])
    got = duckdb.sql(joined).select("id, station, value")
    same("DuckDB: what it joins as docs/commands.md says", sorted(got.fetchall()), READINGS)


def with_polars(joined):
    for form, read in {"csv": lambda f: pl.read_csv(f, try_parse_dates=True), "json": pl.read_json, "jsonl": pl.read_ndjson}.items():
        what, table = f"Polars, {form}", read(f"manifest.{form}")
        same(f"{what}: numbers", {c for c, t in table.schema.items() if t == pl.Int64}, NUMBERS)
        if form == "csv":
            same(f"{what}: type of time", table.schema["time"], pl.Datetime("us", "UTC"))
        else:                                                 # it takes no text of JSON for a time, unless it is told
            table = table.with_columns(pl.col("time").str.to_datetime(time_zone="UTC"), pl.col("element").struct.json_encode())
        hold(what, table.with_columns(pl.col("time").dt.epoch("s")).to_dicts())
    names = {"pl": pl}
    *lines, last = joined.strip().split("\n")
    exec("\n".join(lines), names)
    got = eval(last, names).select("id", "station", "value")
    same("Polars: what it joins as docs/commands.md says", sorted(got.rows()), READINGS)


build()
os.chdir(work)
section = docs.read_text(encoding="utf-8").split("\n## asflow ls\n")[1].split("\n## ")[0]
snippets = dict(re.findall(r"^```(sql|python)\n(.*?)^```$", section, re.M | re.S))
with_duckdb(snippets["sql"])
with_polars(snippets["python"])
print(f"{len(STATIONS) + 2} outputs and {len(READINGS)} readings, in csv, json and jsonl: DuckDB {duckdb.__version__} and Polars {pl.__version__} agree with asflow")
