#!/usr/bin/env python3
"""peer.py CASE...: wherever pmempool check finds damage, so do we.

On every case of the corpus that is one pool of the peer's (its file, or its set file), and on pmemblk and pmemlog pools
with seeded damage: a bit, a word, a page, in the headers and in the BTT's own structures."""
import argparse
import collections
import os
import pathlib
import random
import shutil
import subprocess
import sys

import walk

PAGE = 4096

# What the peer calls damage and is none: its own library opens the pool and goes on.
PEER_WRONG = {"pmemblk/flog-half": "a lane's first write, cut off before its number",
              "pool/control-sds-same": "the device's counters are in a file of the case, which the peer does not read"}
KERNELS = {"btt_ext4", "btt_v11", "fsdax_ext4"}  # bases that are namespaces: the peer takes them for pools without a header


def ours(args, source, options=()):
    done = subprocess.run([args.pmemscope, "check", "-q", *options, str(source)], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=300, check=False)
    if done.returncode not in (0, 1, 4, 5, 64):
        raise walk.Failed(f"check ends with {done.returncode}: {done.stdout}")
    return done.returncode


def peers(source):
    """True: the peer finds damage. None: it has no opinion, it could not look."""
    done = subprocess.run(["pmempool", "check", "-v", str(source)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          stdin=subprocess.DEVNULL, text=True, timeout=300, check=False, errors="replace")
    last = done.stdout.rstrip().rpartition("\n")[2]
    if done.returncode < 0:
        return None, f"the peer died of signal {-done.returncode}"
    for word, damage in (("not consistent", True), ("cannot repair", True), ("sync required", True),
                         ("consistent", False)):
        if last.endswith(": " + word):
            return damage, done.stdout
    return None, done.stdout


def differ(args, source, options, tally):
    """Why we and the peer do not agree, or None. The peer comes last: it may write unasked."""
    status = ours(args, source, options)
    damage, said = peers(source)
    tally["damaged" if damage else "no opinion" if damage is None else "sound"] += 1
    if damage and status == 0:
        return f"the peer finds damage, we do not:\n{said}"
    if damage is False and status:
        tally["only we found something"] += 1
    return None


def cases(args, tally):
    for case in args.cases:
        if any(line.split()[1] in KERNELS for line in (case / "recipe").read_text().splitlines() if line.startswith("base ")):
            continue
        out = args.out / case.parent.name / case.name
        source, options = walk.make(args, case, out)
        source = pathlib.Path(source)
        # the peer takes a set file or a pool file; where it lies must not change, a set file names its parts
        if source.is_file() and source.suffix in ("", ".set"):
            why = differ(args, source, options, tally)
            name = f"{case.parent.name}/{case.name}"
            if why and name not in PEER_WRONG:
                yield f"{name}: {why}"
        shutil.rmtree(out)


def windows(pool, kind):
    """Where damage is interesting: (offset, length)."""
    size = pool.stat().st_size
    yield 0, 3 * PAGE
    if kind == "blk":
        with pool.open("rb") as f:
            f.seek(2 * PAGE)
            info = f.read(PAGE)
        at = 2 * PAGE
        for field in (0x60, 0x68, 0x70):  # mapoff, flogoff, infooff
            off = int.from_bytes(info[field:field + 8], "little")
            if off and at + off < size:
                yield at + off, min(2 * PAGE, size - at - off)
    yield size - PAGE, PAGE


def damaged(rng, pool, copy, kind):
    """A copy of pool, damaged in one way; in words, how."""
    shutil.copyfile(pool, copy)
    at, length = rng.choice(list(windows(pool, kind)))
    wide = rng.choice((1, 1, 4, 8, 64, 512, PAGE))
    at += rng.randrange(max(1, length - wide)) // wide * wide
    how = rng.choice(("noise", "zeros", "bit", "ones"))
    with copy.open("r+b") as f:
        f.seek(at)
        was = f.read(wide)
        now = {"noise": rng.randbytes(len(was)), "zeros": bytes(len(was)), "ones": b"\xff" * len(was),
               "bit": bytes([was[0] ^ 1 << rng.randrange(8)]) + was[1:]}[how]
        f.seek(at)
        f.write(now)
    return f"{how} in {wide} bytes at {at:#x}"


def seeds(args, tally):
    work = args.out / "seeds"
    work.mkdir(parents=True, exist_ok=True)
    for name in ("blk_used", "blk_laid", "blk_fresh", "log_used", "log_fresh"):
        walk.make_base(args.peers, args.bases, name)
        pool = pathlib.Path(args.bases) / name / "pool"
        for seed in range(args.seeds):
            rng = random.Random(f"{name} {seed}")
            copy = work / "pool"
            how = damaged(rng, pool, copy, name[:3])
            why = differ(args, copy, (), tally)
            if why:
                yield f"{name}, seed {seed} ({how}): {why}"
            copy.unlink()
    work.rmdir()


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("cases", type=pathlib.Path, nargs="*", metavar="CASE")
    p.add_argument("--pmemscope", required=True)
    p.add_argument("--damage", required=True)
    p.add_argument("--peers", required=True, help="directory of the programs that use PMDK")
    p.add_argument("--bases", required=True, help="directory of base pools, made when missing")
    p.add_argument("--out", required=True, type=pathlib.Path, help="directory to work in")
    p.add_argument("--seeds", type=int, default=30, help="damages of each pool")
    args = p.parse_args()
    os.environ["PMEM_IS_PMEM_FORCE"] = "1"
    args.out = args.out.resolve()
    tally = collections.Counter()
    failed = 0
    for part in (cases, seeds):
        for why in part(args, tally):
            print(f"--- {why}\n")
            failed += 1
    print(", ".join(f"{word}: {nr}" for word, nr in sorted(tally.items())) + f"; disagreements: {failed}")
    sys.exit(failed > 0 or tally["damaged"] < 20)


main()
