#!/usr/bin/env python3
"""mend.py CASE...: each case is made, mended in place with every step that its plan has, and analysed again; what is
left is compared with its after.json. Then the way back is taken: the damaged bytes must be there again. What cannot be
mended in place (compressed, or with a mapfile that goes on calling its ranges unread) is mended into a copy.

A case without a plan has no after.json. --write puts down what was found instead: to be read line by line before it
is committed. --keep leaves the mended files where they are."""
import collections
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys

import walk


def digest(path):
    """Of what is not zero and where, so that hundreds of GiB of holes cost nothing."""
    step, total = 1 << 16, hashlib.sha256()
    with path.open("rb") as f:
        at, size = 0, os.fstat(f.fileno()).st_size
        while at < size:
            try:
                start = os.lseek(f.fileno(), at, os.SEEK_DATA)
            except OSError:
                break  # a hole up to the end
            end = os.lseek(f.fileno(), start, os.SEEK_HOLE)
            for at in range(start // step * step, end, step):
                data = os.pread(f.fileno(), step, at)
                if data.count(0) != len(data):
                    total.update(at.to_bytes(8, "little") + data)
            at += step
    return size, total.hexdigest()


def sums(directory):
    return {str(p.relative_to(directory)): digest(p)
            for p in sorted(directory.rglob("*")) if p.is_file() and not p.is_symlink()}


def repair(args, source, options, *words):
    done = subprocess.run([args.pmemscope, "repair", "--advanced", "--yes", *options, *words, source],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=300, check=False)
    if done.returncode < 0:
        raise walk.Failed(f"repair ended by signal {-done.returncode}\n{done.stderr}")
    return done


def steps_of(plan):
    made = collections.Counter((s["finding"], s["class"]) for s in plan["steps"] if s["made"])
    return [{"id": ident, "class": kind, "count": nr} for (ident, kind), nr in sorted(made.items())]


def pretty(after):
    rows = ",\n".join("    " + json.dumps(s) for s in after["steps"])
    return f'{{\n  "steps": [\n{rows}\n  ],\n{walk.pretty(after)[2:]}'


def clear(*paths):
    for p in paths:
        if p.is_dir():
            shutil.rmtree(p)
        else:
            p.unlink(missing_ok=True)


def mend(args, case):
    """False: there is nothing to be mended."""
    out = args.out.resolve() / case.parent.name / case.name
    source, options = walk.make(args, case, out)
    wanted = case / "after.json"
    plan_file, journal = out.with_suffix(".plan"), out.with_suffix(".journal")
    copy = out.with_suffix(".mended")
    clear(plan_file, journal, copy)
    repair(args, source, options, "--plan", str(plan_file))
    plan = json.loads(plan_file.read_text()) if plan_file.exists() else {"steps": []}
    steps = steps_of(plan)
    if not steps:
        clear(out, plan_file)
        if wanted.exists():
            raise walk.Failed("it has an after.json, and nothing is mended any more")
        return False
    before = sums(out)
    copied = not all(t["plain"] for t in plan["targets"]) or any(out.rglob("*.map"))
    done = repair(args, source, options, *(["--to", str(copy)] if copied else ["--in-place", "--journal", str(journal)]))
    if not (copy if copied else journal).exists():
        raise walk.Failed(f"repair: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    report, status = walk.analyse(args, str(copy) if copied else source, options, out)
    found = pretty({"steps": steps} | walk.told(report, status))
    if args.write:
        wanted.write_text(found)
        print(f"{case.parent.name}/{case.name}: {found}", end="")
    elif not wanted.exists():
        raise walk.Failed(f"no after.json; found:\n{found}")
    elif found != pretty(json.loads(wanted.read_text())):
        raise walk.Failed(f"expected after the repair:\n{wanted.read_text()}\nfound:\n{found}\nthe mended pool: {source}")
    if args.keep:
        return True
    if not copied:
        walk.run([args.pmemscope, "undo", str(journal)])
    if sums(out) != before:
        raise walk.Failed("the bytes are not those before the repair any more")
    shutil.rmtree(out)
    clear(plan_file, journal, copy, out.with_suffix(".json"))
    return True


def main():
    args = walk.arguments(__doc__)
    failed = mended = 0
    for case in args.cases:
        try:
            mended += mend(args, case.resolve())
        except walk.Failed as why:
            print(f"--- {case.parent.name}/{case.name}: {why}\n")
            failed += 1
    print(f"{len(args.cases)} cases, {mended} mended, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
