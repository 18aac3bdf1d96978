#!/usr/bin/env python3
"""tool.py CASE...: the peer's pmempool on the peer's library and on ours, over the corpus.

Each case that is one pool or one set of the peer's is checked, repaired, synchronised, transformed, and its features asked
for and changed, on a copy for each library. Compared is how the tool ends. Where that differs, the difference has a name (classify)
and the name a line in differences.md. Of ours alone: what it refuses and a dry run change no byte, and it always ends."""
import argparse
import collections
import json
import os
import pathlib
import shutil
import subprocess
import sys

import differential as d

sys.path.append(str(pathlib.Path(__file__).parents[2] / "corpus"))
import walk  # noqa: E402

KERNELS = {"btt_ext4", "btt_v11", "fsdax_ext4"}  # bases that are namespaces: the peer takes them for pools without a header
ONE = [["check", "-v"], ["check", "-rydv"], ["check", "-rv"], ["check", "-ryv"], ["check", "-rayv"],
       ["feature", "-q", "SHUTDOWN_STATE"], ["feature", "-d", "SHUTDOWN_STATE"], ["feature", "-e", "CHECK_BAD_BLOCKS"]]
SET = [["sync", "-d"], ["sync"], ["sync", "-b"], ["transform", "-d", "to.more"], ["transform", "to.more"], ["transform", "to.less"],
       ["transform", "to.other"]]
READS = [["check", "-v"], ["check", "-rydv"], ["feature", "-q", "SHUTDOWN_STATE"], ["sync", "-d"], ["transform", "-d", "to.more"]]
WAIT = 60


def targets(source):
    """Set files beside it: a replica more, the last one less, SINGLEHDR the other way."""
    where = source.parent
    lines = source.read_text(errors="surrogateescape").splitlines()
    single = [line for line in lines if line.startswith("OPTION") and "SINGLEHDR" in line]
    last = max((i for i, line in enumerate(lines) if line.startswith("REPLICA")), default=len(lines))
    other = [line for line in lines if line not in single] if single else [*lines[:1], "OPTION SINGLEHDR", *lines[1:]]
    for name, text in (("to.more", [*lines, "REPLICA", f"40M {where}/new0", f"8M {where}/new1"]), ("to.less", lines[:last]), ("to.other", other)):
        (where / name).write_text("\n".join(text) + "\n", errors="surrogateescape")


def touched(where):
    """What our writes change; the bytes themselves would take long to read."""
    return {str(p): (s.st_ino, s.st_size, s.st_mtime_ns, s.st_mode) for p in where.rglob("*") for s in [p.lstat()] if not p.is_dir()}


def tool(library, words):
    """How it ends, and what it says."""
    env = {**os.environ, "PMEM_IS_PMEM_FORCE": "1"}
    env.pop("LD_LIBRARY_PATH", None)
    if library:
        env["LD_LIBRARY_PATH"] = library
    try:
        done = subprocess.run(["pmempool", *words], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=WAIT, check=False)
    except subprocess.TimeoutExpired:
        return "hangs", ""
    text = done.stdout.decode(errors="replace").strip()
    return ("dies" if done.returncode < 0 else done.returncode), text


def classify(verb, peer, ours, ids):
    """The name of a difference, or None when there is none, or "" when it has no name. ids: what is wrong with the case."""
    if peer == ours:
        return None
    about = {i.split(".")[0] for i in ids}
    stricter, further = (peer, ours) == (0, 1), (peer, ours) == (1, 0)
    if peer in ("dies", "hangs"):
        return "peer-dies"
    if "poolset.path.twice" in ids and stricter:
        return "named-twice"
    if verb[0] == "feature" and stricter and ids:
        return "feature-header"
    if verb[0] in ("sync", "transform") and stricter and ids[0].startswith(("pool.hdr.", "pool.set.features")):
        return "sync-features"
    if verb[0] != "check":
        return ""
    repairs = verb[1] != "-v"
    if any(i.startswith("pool.bad-blocks") for i in ids) and stricter:
        return "bad-blocks-left"
    if "poolset.parts.order" in ids and repairs:
        return "parts-order"
    if further and repairs and "poolset" in about:
        return "set-file"
    if stricter and "log.set.replicas" in ids:
        return "log-replicas"
    if further and ids == ["btt.flog.half-logged"]:
        return "recoverable"
    if stricter and about & {"obj", "btt", "blk", "pool"}:
        return "obj-contents" if "obj" in about else "blk-contents" if about & {"btt", "blk"} else "header-fields"
    if further and repairs and about & {"obj", "btt", "blk", "pool"}:
        return "header-repair" if "pool" in about else "blk-repair"
    return ""


def one(args, case, tally, names):
    out = args.out / case.parent.name / case.name
    source = pathlib.Path(walk.make(args, case, out)[0])
    # the peer takes a set file or a pool file; where it lies must not change, a set file names its parts
    if not source.is_file() or source.suffix not in ("", ".set"):
        shutil.rmtree(out)
        return
    with source.open("rb") as f:
        is_set = f.read(11) == b"PMEMPOOLSET"
    if is_set:
        targets(source)
    ids = sorted({f["id"] for f in json.loads((case / "expect.json").read_text())["findings"]})
    keep = args.out / "keep"
    shutil.rmtree(keep, ignore_errors=True)
    subprocess.run(["cp", "-a", "--sparse=always", str(out), str(keep)], check=True)
    for verb in ONE + (SET if is_set else []):
        last = [str(source), str(source.parent / verb[-1])] if verb[0] == "transform" else [str(source)]
        words = [*(verb[:-1] if verb[0] == "transform" else verb), *last]
        reads = verb in READS
        ends = []
        for library in (args.library, None):
            before = touched(out)
            ends.append(tool(library, words))
            after = touched(out)
            if library and after != before and (reads or ends[0][0] not in (0, 1)):
                yield f"{' '.join(words)}: ours ends with {ends[0][0]} and wrote: {ends[0][1]}"
            if not reads: # what is written through a mapping need not show in a file's times
                shutil.rmtree(out)
                subprocess.run(["cp", "-a", "--sparse=always", str(keep), str(out)], check=True)
        ours, peer = ends
        tally["calls"] += 1
        why = classify(verb, peer[0], ours[0], ids)
        if ours[0] in ("dies", "hangs"):
            yield f"{' '.join(words)}: ours {ours[0]}"
        elif why is None:
            tally["the same"] += 1
        elif why in names:
            tally[why] += 1
        else:
            yield f"{case.parent.name}/{case.name} {' '.join(verb)}: the peer {peer[0]}, we {ours[0]} {ids}\n    peer: {peer[1][-300:]}\n    ours: {ours[1][-300:]}"
    shutil.rmtree(out)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("cases", type=pathlib.Path, nargs="+", metavar="CASE")
    p.add_argument("--library", required=True, help="directory of our libpmempool.so.1")
    p.add_argument("--damage", required=True)
    p.add_argument("--peers", required=True, help="directory of the programs that use PMDK")
    p.add_argument("--bases", required=True, help="directory of base pools, made when missing")
    p.add_argument("--out", required=True, type=pathlib.Path, help="directory to work in")
    args = p.parse_args()
    args.out = args.out.resolve()
    tally, wrong, names = collections.Counter(), 0, d.listed()
    for case in args.cases:
        if any(line.split()[1] in KERNELS for line in (case / "recipe").read_text().splitlines() if line.startswith("base ")):
            continue
        for why in one(args, case.resolve(), tally, names):
            print(why)
            wrong += 1
    for name, nr in sorted(tally.items()):
        print(f"{nr:6} {name}")
    shutil.rmtree(args.out, ignore_errors=True)
    return wrong != 0


if __name__ == "__main__":
    sys.exit(main())
