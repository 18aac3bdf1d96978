#!/usr/bin/env python3
"""batch.py CASE...: the corpus as a fleet: hostile and broken images among good ones, in one batch.

Each report of the batch is the one that analyze makes of the same source by itself; sets are there as captures too. Then
the same batch is killed at random points (--kills times) and run again: what it comes to is what it comes to undisturbed.
Cases whose source needs options of its own are left out, and counted."""
import argparse
import json
import pathlib
import random
import shutil
import subprocess
import sys
import time

import walk


def run(words, **more):
    return subprocess.run([str(w) for w in words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=900,
                          check=False, **more)


def make_all(args, out):
    """The sources that need no options; what a set looks like captured."""
    sources, left_out = [], 0
    for case in args.cases:
        here = out / "cases" / case.parent.name / case.name
        source, options = walk.make(args, case, here)
        if options:
            left_out += 1
            continue
        sources.append(source)
        if case.parent.name == "poolset":
            archive = here.with_name(here.name + ".tar.gz")
            if run([args.pmemscope, "capture", "-q", source, "-o", archive]).returncode in (0, 4):
                sources.append(str(archive))
    return sources, left_out


def results(out):
    """All that the results say, without the time they took."""
    told = {}
    for done in sorted(out.glob("??/*/done.json")):
        doc = json.loads(done.read_text())
        del doc["microseconds"]
        told[done.parent.name] = [doc] + [(p.name, p.read_bytes()) for p in sorted(done.parent.iterdir()) if p != done]
    return told


def compare(args, images, out):
    """Report by report beside analyze's."""
    failed = 0
    for image in images:
        alone = out / "alone.json"
        status = run([args.pmemscope, "analyze", "-q", "--reproducible", "--json", alone, image["source"]]).returncode
        ours = out / "whole" / image["id"][:2] / image["id"]
        done = json.loads((ours / "done.json").read_text())
        if alone.read_bytes() != (ours / "report.json").read_bytes() or done["exit_status"] != status or "finding" in done:
            print(f"--- {image['source']}: {ours} is not what analyze tells (status {status}): {done}")
            failed += 1
        alone.unlink()
    return failed


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("cases", type=lambda a: pathlib.Path(a).resolve(), nargs="+", metavar="CASE")
    for name in ("--pmemscope", "--damage", "--peers", "--bases"):
        p.add_argument(name, required=True)
    p.add_argument("--out", required=True, type=lambda a: pathlib.Path(a).resolve())
    p.add_argument("--kills", type=int, default=10)
    p.add_argument("--seed", type=int, default=1)
    args = p.parse_args()
    shutil.rmtree(args.out, ignore_errors=True)
    sources, left_out = make_all(args, args.out)
    manifest = args.out / "m.jsonl"
    made = run([args.pmemscope, "batch", "manifest", "make", "-o", manifest, *sources])
    if made.returncode:
        sys.exit(f"manifest make: {made.returncode}: {made.stderr}")
    lines = [json.loads(line) for line in manifest.read_text().splitlines()]
    images = [line for line in lines if line["source"] in set(sources) and line["kind"] != "parts"]

    def batch(into):
        return [args.pmemscope, "batch", "-q", "--reproducible", "-j2", str(manifest), "-o", str(args.out / into)]

    began = time.monotonic()
    whole = run(batch("whole"))
    seconds = time.monotonic() - began
    failed = compare(args, images, args.out)
    wanted = results(args.out / "whole")
    if whole.returncode != 4 or len(wanted) != len(lines):
        print(f"--- the batch ends with {whole.returncode} and {len(wanted)} results of {len(lines)}: {whole.stdout}{whole.stderr}")
        failed += 1

    dice, cut_off = random.Random(args.seed), 0
    for _ in range(args.kills):
        victim = subprocess.Popen(batch("killed"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            victim.wait(dice.uniform(0.02, max(0.05, 2 * seconds / args.kills)))
        except subprocess.TimeoutExpired:
            victim.kill()
            victim.wait()
            cut_off += 1
    again = run(batch("killed"))
    if again.returncode != whole.returncode or results(args.out / "killed") != wanted:
        print(f"--- killed {cut_off} times and run again ({again.returncode}), it is not what it is undisturbed: {args.out}")
        failed += 1
    if any((args.out / "killed" / ".aside").iterdir()):
        print("--- dead runs left something aside")
        failed += 1
    print(f"{len(lines)} images of {len(args.cases)} cases ({left_out} need options), {len(images)} compared one by one, "
          f"killed {cut_off} times of {args.kills}: {failed} failed")
    if failed == 0:
        shutil.rmtree(args.out)
    sys.exit(failed > 0 or cut_off == 0)


if __name__ == "__main__":
    main()
