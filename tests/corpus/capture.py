#!/usr/bin/env python3
"""capture.py CASE...: what is found in a capture is what is found in the pool.

Each case is captured whole, and without user bytes; the capture is analysed and its findings compared with those of
the damaged pool itself, place by place. --deep looks at every object too."""
import argparse
import json
import pathlib
import shutil
import subprocess
import sys

import walk

# Checks that read user bytes: without them they cannot find the same. Why, case by case.
NEEDS_USER_BYTES = {
    "btt/map-error": "tells what is in the block that is marked",
    "pmemblk/marked": "tells what is in the block that is marked",
    "pmemobj/object-flags": "follows pointers in user bytes",
    "pmemobj/object-size": "follows pointers in user bytes",
    "pmemobj/object-orphan": "follows pointers in user bytes",
    "pmemobj/object-unread": "follows pointers in user bytes",
    "pmemobj/object-unreachable": "follows pointers in user bytes",
    "pmemobj/pointer-foreign": "follows pointers in user bytes",
    "pmemobj/pointer-freed": "follows pointers in user bytes",
    "pmemobj/pointer-inside": "follows pointers in user bytes",
    "pmemobj/pointer-nowhere": "follows pointers in user bytes",
    "poolset/control-deep": "follows pointers in user bytes",
    "pool/replica-data": "compares user bytes of replicas",
    "poolset/bad-blocks-cleared": "compares user bytes of replicas",
    "pmemlog/residue": "looks behind the log's end",
    "pmemlog/zero-pages": "looks for zeros in the log",
}
# Findings about a mapfile or a list of bad blocks itself, not about the pool: a capture has a mapfile of its own.
ABOUT_LISTS = ("source/bad-blocks", "source/bad-blocks-read", "source/map-cover", "source/map-filler", "source/map-other",
               "source/map-unfinished")
# An archive holds a file once: of two names for it that are links, the second leads nowhere.
LINKED = ("poolset/path-twice-link",)
# Options that tell of where the evidence lies, or what could not be read of it: the capture has that in it.
ABOUT_FILES = ("--map", "--mapfile")


def findings(report, scrubbed):
    """In the evidence's own terms: nothing that depends on which file a place was read from; and, where names were
    replaced, nothing that may tell one."""
    rows = []
    for f in report["findings"]:
        if f["id"] == "pool.part.missing":
            f["actual"] = "missing"  # no such file; not in the archive
        if scrubbed:
            rows.append([f["id"], f["severity"], f["verdict"], f["path"], f["repair"]])
            continue
        places = [(e["offset"], e["length"]) for e in f["evidence"]]
        rows.append([f["id"], f["severity"], f["verdict"], f["message"], f["path"], f["fingerprint"], f.get("expected"),
                     f.get("actual"), f["repair"], places])
    return sorted(rows, key=json.dumps)


def of_capture(options):
    kept, words = [], iter(options)
    for word in words:
        name = word.split("=")[0]
        if name not in ABOUT_FILES:
            kept.append(word)
        elif "=" not in word or name == "--map" and word == name:
            next(words)
    return kept


def capture(args, source, options, how, out):
    done = subprocess.run([args.pmemscope, "capture", "-q", *options, *how, str(source), "-o", str(out)],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=300, check=False)
    if done.returncode not in (0, 4):
        raise walk.Failed(f"capture {how} ends with {done.returncode}: {done.stderr}")


def analyse(args, source, options, out):
    """Not --reproducible: that replaces the files' names in sentences, and these may be any word."""
    report = out.with_suffix(".json")
    done = subprocess.run([args.pmemscope, "analyze", *options, "--json", str(report), str(source)],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=300, check=False)
    if not report.exists():
        raise walk.Failed(f"no report; exit status {done.returncode}\n{done.stderr}")
    return json.loads(report.read_text()), done.returncode


def compare(args, source, options, how, wanted, out):
    archive = out.with_name(out.name + ".tar.gz")
    capture(args, source, options, how, archive)
    report, status = analyse(args, archive, of_capture(options), archive)
    scrubbed = "--scrub" in how
    found, wanted = findings(report, scrubbed), (findings(wanted[0], scrubbed), wanted[1])
    archive.unlink()
    archive.with_suffix(".json").unlink()
    if found != wanted[0] or status != wanted[1]:
        gone = [w for w in wanted[0] if w not in found]
        new = [w for w in found if w not in wanted[0]]
        raise walk.Failed(f"{' '.join(how) or 'whole'}: exit {status}, not {wanted[1]}\n  only in the pool: "
                          + "\n    ".join(map(json.dumps, gone)) + "\n  only in the capture: "
                          + "\n    ".join(map(json.dumps, new)))


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("cases", type=pathlib.Path, nargs="+", metavar="CASE")
    for word in ("--pmemscope", "--damage", "--peers", "--bases"):
        p.add_argument(word, required=True)
    p.add_argument("--out", required=True, type=pathlib.Path, help="directory to work in")
    p.add_argument("--deep", action="store_true")
    args = p.parse_args()
    failed = nr = 0
    for case in args.cases:
        name = f"{case.resolve().parent.name}/{case.name}"
        out = args.out.resolve() / name
        source, options = walk.make(args, case, out)
        deep = ["--deep"] if args.deep else []
        report, status = analyse(args, source, options + deep, out)
        for how in ([], ["--metadata-only"], ["--metadata-only", "--scrub"]):
            if name in LINKED + ABOUT_LISTS or how and name in NEEDS_USER_BYTES:
                continue
            nr += 1
            try:
                compare(args, source, options + deep, how, (report, status), out)
            except walk.Failed as why:
                print(f"--- {name}: {why}\n")
                failed += 1
        shutil.rmtree(out)
        out.with_suffix(".json").unlink()
    print(f"{len(args.cases)} cases, {nr} captures, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
