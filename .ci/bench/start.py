#!/usr/bin/env python3
"""Times `asflow version`, beside /bin/true, and shows the size of the binary.

usage: start.py ASFLOW [-r 51]
"""
import argparse, os, shutil, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import measure as m

p = argparse.ArgumentParser(formatter_class=argparse.RawDescriptionHelpFormatter, description=__doc__)
p.add_argument("asflow"); p.add_argument("-r", type=int, default=51)
a = p.parse_args()
asflow = os.path.abspath(a.asflow) if os.sep in a.asflow else shutil.which(a.asflow)
sides = {"asflow version": [asflow, "version"], "true": ["true"]}
got = {s: [] for s in sides}
os.sync = lambda: None                                        # nothing is written
for r in range(a.r + 1):                                       # the first round warms up
    for s, command in sides.items():
        run = m.measure(command, ".")
        if r:
            got[s].append(run)
print(f"medians of {a.r}")
for s in sides:
    w, c, mem = m.medians(got[s])
    print(f"{s:16}{w * 1000:7.1f} ms wall {c * 1000:7.1f} ms cpu {mem:5.0f} MB")
print(f"binary          {os.path.getsize(asflow) / 1e6:7.1f} MB")
