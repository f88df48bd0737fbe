#!/usr/bin/env python3
"""Turns the events of `go test -json` into what `go test` prints, and holds the skips against a list.

usage: tests.py EVENTS SKIPS

SKIPS has a line for each test that may be skipped: its name, and after a space the reason. Anything else that is skipped is an error.
Printed are the output of what failed, each skip with its reason, and, after the line '-- summary', a line for each package.
"""
import collections, json, sys

allowed = {}
with open(sys.argv[2]) as f:
    for line in f:
        name, _, why = line.strip().partition(" ")
        if name and not name.startswith("#"):
            allowed[name] = why
output = collections.defaultdict(list)
count = collections.Counter()
summary, bad = [], False
broken = collections.defaultdict(list)                        # what the compiler says, by package
with open(sys.argv[1]) as f:
    for line in f:
        try:
            e = json.loads(line)
        except ValueError:
            print(line, end="")
            bad = True
            continue
        key = (e.get("Package"), e.get("Test"))
        action = e["Action"]
        if action == "build-output":
            broken[e["ImportPath"]].append(e["Output"])
        elif action == "output":
            output[key].append(e["Output"])
        elif action in ("pass", "fail", "skip") and e.get("Test"):
            count[action] += 1
            if action == "fail":
                print(f"--- FAIL: {key[1]} ({key[0]}, {e['Elapsed']} s)")
                print("".join(output[key]), end="")
            elif action == "skip":
                why = " ".join(x.strip() for x in output[key] if not x.startswith(("===", "--- ")))
                print(f"--- SKIP: {key[1]} ({key[0]}) {why}")
                if key[1] not in allowed and key[1].split("/")[0] not in allowed:
                    print(f"nobody has allowed {key[1]} to be skipped; {sys.argv[2]} is the list")
                    bad = True
            output.pop(key, None)
        elif action in ("pass", "fail", "skip"):
            lines = output[key]
            if action == "fail":
                print("".join(lines), end="")
            last = [x.rstrip() for x in lines if x.startswith(("ok", "FAIL", "?", "---"))]
            summary.append(last[-1] if last else f"{action}\t{key[0]}")
            bad = bad or action == "fail"
for lines in broken.values():
    print("".join(lines), end="")
print("-- summary")
print("\n".join(sorted(summary)))
print(f"{count['pass']} tests passed, {count['fail']} failed, {count['skip']} skipped")
sys.exit(bad or not count["pass"])
