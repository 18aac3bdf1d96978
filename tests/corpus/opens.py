#!/usr/bin/env python3
"""opens.py CASE...: each case is made, mended with every step that its plan has, and given to the pool's own library:
where its after.json says that nothing is left to be done, the library opens it, finds all of its content, and goes on
using it.

A case without an after.json, or one that leaves something, is not looked at."""
import collections
import json
import os
import pathlib
import shutil
import subprocess
import sys

import mend
import walk

READERS = {"obj": "obj_content", "log": "log_content", "blk": "blk_read"}
# Of a pool of 513 GiB, the first blocks.
READ = {"blk_two": ("0", "200")}
# What this machine's libraries cannot open, however sound it is.
ELSEWHERE = {"pmemobj/heap-size": "a pool of major 3"}


def skipped(case, expect):
    """Why the library has no say in it, or None."""
    base = [line.split()[1] for line in (case / "recipe").read_text().splitlines() if line.startswith("base ")][0]
    if base[:3] not in READERS:
        return "no pool of a library's"
    if expect["exit"]:
        return "something is left"
    return ELSEWHERE.get(f"{case.parent.name}/{case.name}")


def opened(args, case, tally):
    wanted = case / "after.json"
    expect = json.loads(wanted.read_text()) if wanted.exists() else None
    why = skipped(case, expect) if expect else "nothing is mended"
    if why:
        tally[why] += 1
        return
    out = args.out.resolve() / case.parent.name / case.name
    source, options = walk.make(args, case, out)
    source = pathlib.Path(source)
    copy = out.with_suffix(".mended")
    mend.clear(copy)
    # to a copy where it lies in an archive, or is called unread; a copied set has a set file of its own
    copied = source.suffix not in ("", ".set") or source.is_dir() or any(out.rglob("*.map"))
    mend.repair(args, str(source), options, *(["--to", str(copy)] if copied else ["--in-place"]))
    pool = copy if copied else source
    if pool.is_dir():
        pool = pool / "pool.set"
    base = (case / "recipe").read_text().split("base ")[1].split()[0]
    kind = base[:3]
    done = subprocess.run([str(pathlib.Path(args.peers) / READERS[kind]), str(pool), *READ.get(base, ())],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=120, check=False)
    if done.returncode or (kind == "obj" and done.stdout.split()[-1:] != [b"sound"]):
        raise walk.Failed(f"{READERS[kind]} ends with {done.returncode}: {done.stderr.decode(errors='replace')}"
                          f"{done.stdout[-500:].decode(errors='replace')}")
    tally["opened"] += 1
    if not args.keep:
        shutil.rmtree(out)
        mend.clear(copy, source.with_name(source.name + ".journal"))


def main():
    args = walk.arguments(__doc__)
    os.environ["PMEM_IS_PMEM_FORCE"] = "1"
    tally = collections.Counter()
    failed = 0
    for case in args.cases:
        try:
            opened(args, case.resolve(), tally)
        except (walk.Failed, subprocess.TimeoutExpired) as why:
            print(f"--- {case.parent.name}/{case.name}: {why}\n")
            failed += 1
    print(", ".join(f"{word}: {nr}" for word, nr in sorted(tally.items())) + f"; not opened: {failed}")
    sys.exit(failed > 0 or tally["opened"] == 0)


if __name__ == "__main__":
    main()
