#!/usr/bin/env python3
"""Fetches one large file from nginx on loopback with asflow and with curl, in turn, and prints medians and paired ratios.

usage: large.py ASFLOW [--size 1GB] [-r 5]

  csv        asflow to .csv        beside  curl -o
  csv.zst    asflow to .csv.zst    beside  curl | zstd -3
  jsonl.zst  asflow with records = ".[]" of one JSON array, to .jsonl.zst; beside asflow's own csv.zst

asflow syncs what it publishes; the others sync nothing. Needs nginx, curl and zstd.
"""
import argparse, io, json, os, shutil, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import measure as m

p = argparse.ArgumentParser(formatter_class=argparse.RawDescriptionHelpFormatter, description=__doc__)
p.add_argument("asflow"); p.add_argument("--size", default="1GB", type=m.size); p.add_argument("-r", type=int, default=5)
a = p.parse_args()
asflow = os.path.abspath(a.asflow) if os.sep in a.asflow else a.asflow


def generate(folder):
    """The CSV and the JSON, of rows that repeat after 64 MB: further apart than any of the compressors looks."""
    block = min(64 * 10**6, a.size)
    csv, array, n = io.StringIO(), io.StringIO(), 0
    for row in m.rows(block // 60):
        if csv.tell() < block:
            csv.write(",".join(map(str, row)) + "\n")
        if array.tell() < block:
            array.write((",\n" if array.tell() else "") + json.dumps(dict(zip(m.COLUMNS, row)), separators=(",", ":")))
        n += 1
        if min(csv.tell(), array.tell()) >= block:
            break
    m.repeat(f"{folder}/large.csv", (",".join(m.COLUMNS) + "\n").encode(), csv.getvalue().encode(), b"", b"", a.size)
    m.repeat(f"{folder}/large.json", b"[", array.getvalue().encode(), b"]\n", b",\n", a.size)


def project(folder, url, name, output, records):
    """A project of one target."""
    d = f"{folder}/{name}"
    os.mkdir(d)
    with open(f"{d}/asflow.hcl", "w") as f:
        f.write(f'target "{output}" {{\n  fetch {{\n    url = "{url}"\n{records}  }}\n}}\n')
    return d


with m.Folder("large") as folder:
    os.mkdir(f"{folder}/www")
    m.apart(generate, f"{folder}/www")
    with m.Nginx(folder, f"{folder}/www") as base:
        build = [asflow, "build", "--progress", "none"]
        sides = {
            "curl -o": (["curl", "-sf", "-o", "large.csv", f"{base}/large.csv"], None, "large.csv"),
            "asflow csv": (build, (f"{base}/large.csv", "large.csv", ""), "large.csv"),
            "curl | zstd -3": (["sh", "-c", f"curl -sf {base}/large.csv | zstd -3 -q -o large.csv.zst"], None, "large.csv.zst"),
            "asflow csv.zst": (build, (f"{base}/large.csv", "large.csv.zst", ""), "large.csv.zst"),
            "asflow jsonl.zst": (build, (f"{base}/large.json", "large.jsonl.zst", '    records = ".[]"\n'), "large.jsonl.zst"),
        }
        got, bytes_of = {s: [] for s in sides}, {}
        for r in range(a.r):
            for s, (command, spec, output) in sides.items():
                name = f"run-{r}-{len(bytes_of)}-{s.replace(' ', '').replace('|', '')}"
                if spec:
                    d = project(folder, spec[0], name, spec[1], spec[2])
                else:
                    d = f"{folder}/{name}"
                    os.mkdir(d)
                got[s].append(m.measure(command, d))
                bytes_of[s] = os.path.getsize(f"{d}/{output}")
                shutil.rmtree(d)
        print(f"one file of {a.size / 1e6:.0f} MB, medians of {a.r}")
        print(f"{'':18}{'wall s':>8}{'MB/s':>7}{'cpu s':>8}{'MB':>6}{'file MB':>9}")
        for s in sides:
            w, c, mem = m.medians(got[s])
            print(f"{s:18}{w:8.2f}{a.size / 1e6 / w:7.0f}{c:8.2f}{mem:6.0f}{bytes_of[s] / 1e6:9.1f}")
        zst = bytes_of["asflow csv.zst"] / bytes_of["curl | zstd -3"]
        print(f"csv:       {m.paired(got['asflow csv'], got['curl -o']):.2f} times curl's speed")
        print(f"csv.zst:   {m.paired(got['asflow csv.zst'], got['curl | zstd -3']):.2f} times the speed of curl | zstd -3, {zst:.3f} of its size")
        print(f"jsonl.zst: {1 / m.paired(got['asflow jsonl.zst'], got['asflow csv.zst']):.2f} times the time of csv.zst")
