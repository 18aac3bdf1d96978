#!/usr/bin/env python3
"""replicas.py: sync and transform, the peer's library and ours on the same replicated pools, seeded.

As differential.py: each case is a pool, a damage and a call; where the two differ, the difference has a name (classify)
and the name a line in differences.md. When both succeed, the files are compared too: all bytes but those that name a
time or are drawn by lot. Of ours alone it is asked besides: what it made, the peer's check and libpmemobj take, and the
latter reads from every replica the objects that were there before the damage; what it refuses, and a dry run, changed no
byte; no part of it lies about afterwards; no call dies or hangs."""
import argparse
import collections
import errno
import hashlib
import os
import pathlib
import random
import shutil
import stat
import subprocess
import sys

import differential as d
import views

OWN_WORDS = (0x1a20, 0x2000)  # of a replica's first part: what the library keeps there at run time
KEPT = ".pmempool-old"
POOLS = [
    d.Pool("pair", "obj", ["8M @/a", "8M @/b", "REPLICA", "10M @/c", "8M @/d"]),
    d.Pool("pair1", "obj", ["OPTION SINGLEHDR", "8M @/a", "8M @/b", "REPLICA", "16M @/c"]),
    d.Pool("five", "obj", ["8M @/a", "8M @/b", "8M @/c", "REPLICA", "12M @/d", "12M @/e"]),
    d.Pool("triple", "obj", ["8M @/a", "8M @/b", "REPLICA", "16M @/c", "REPLICA", "8M @/d", "10M @/e"]),
    d.Pool("plain", "obj", ["8M @/a", "8M @/b", "REPLICA", "8M @/c", "8M @/d"]),
    d.Pool("lone", "obj", ["8M @/a", "8M @/b"]),
]
MORE = ["REPLICA", "9M @/n", "8M @/o"]


def fill(args, pool, where):
    """Objects in it, and no feature in one of them."""
    main = str(where / "pool")
    quiet = {"check": True, "env": {**os.environ, "PMEM_IS_PMEM_FORCE": "1"}, "stdout": subprocess.DEVNULL}
    subprocess.run([str(args.peers / "obj_use"), "close", main], **quiet)
    if pool.name == "plain":
        subprocess.run(["pmempool", "feature", "-d", "SHUTDOWN_STATE", main], **quiet)
    subprocess.run(["pmempool", "sync", main], check=False, stderr=subprocess.DEVNULL)


# ---- damages

def several(rng, pool, where):
    """Parts of one replica, or of several, that are not there; not seldom the first of one and the last of another."""
    parts = pool.parts(where)
    gone = [parts[0], parts[-1]] if rng.random() < 0.4 else rng.sample(parts, rng.choice([1, 2, 2, 3]) if len(parts) > 2 else 1)
    for part in gone:
        part.unlink()
    return f"gone {' '.join(p.name for p in gone)}", ("several", frozenset(p.name for p in gone))


def recovery(rng, pool, where):
    """What an interrupted repair of bad blocks leaves beside the set file."""
    how = rng.choice(["empty", "one", "header", "partial", "cut", "order"])
    replica = part = 0
    names = []
    for line in pool.lines:
        if line == "REPLICA":
            replica, part = replica + 1, 0
        elif "/" in line:
            names.append(where / f"pool_r{replica}_p{part}_badblocks.txt")
            part += 1
    chosen = rng.randrange(len(names))
    for i, name in enumerate(names):
        text = "0 0\n"
        if i == chosen:
            text = {"one": "1048576 8192\n0 0\n", "header": "0 4096\n0 0\n", "cut": "1048576 8192\n",
                    "order": "2097152 4096\n1048576 4096\n0 0\n"}.get(how, text)
        if how != "partial" or i != chosen:
            name.write_text(text)
    return f"recovery files, {how} {names[chosen].name}", ("recovery", how)


def foreign(rng, pool, where):
    """A part of a pool of the same shape, or of the same pool at another place."""
    parts = pool.parts(where)
    one, other = rng.sample(parts, 2)
    how = rng.choice(["other", "place"])
    if how == "other":
        d.put(one, 24, rng.randbytes(16))
        d.seal(one)
    else:
        size = one.stat().st_size
        shutil.copyfile(other, one)
        os.truncate(one, size)
    return f"foreign {one.name} {how}", ("foreign", how)


def contents(rng, pool, where):
    """Bytes of one replica that are not those of the others; the headers are well."""
    part = rng.choice(pool.parts(where))
    at = rng.randrange(d.PAGE, part.stat().st_size - 64)
    d.put(part, at, rng.randbytes(rng.choice([1, 8, 64])))
    return f"content {part.name} {at}", ("content",)


DAMAGES = [d.none, d.none, d.none, d.header_damage, d.header_damage, d.header_gone, d.sds, contents, d.files, d.files,
           several, several, recovery, foreign, d.set_text]


# ---- calls

def sync_call(rng, _pool, where):
    return "sync", [str(where / "pool"), hex(rng.choice([0, 0, 0, 1, 2, 3, 4]))]


def target_lines(rng, pool):
    """A set file that the pool could become, or could not."""
    lines = list(pool.lines)
    starts = [i for i, line in enumerate(lines) if line == "REPLICA"]
    single = "OPTION SINGLEHDR"
    how = rng.choice(["end", "end", "end", "front", "remove", "remove", "first", "single", "single", "same", "both", "small",
                      "path", "twice", "there", "short"])
    if how in ("end", "both"):
        lines += MORE
    elif how == "front":
        head = lines[:1] if lines[0] == single else []
        lines = head + MORE[1:] + ["REPLICA"] + lines[len(head):]
    elif how in ("remove", "first"):
        if not starts:
            return how, lines
        head = lines[:1] if lines[0] == single else []
        lines = lines[:starts[-1]] if how == "remove" else head + lines[starts[0] + 1:]
    elif how == "single":
        lines = lines[1:] if lines[0] == single else [single] + lines
    elif how == "small":
        lines += ["REPLICA", "8M @/n"]
    elif how == "path":
        lines += ["REPLICA", "9M @/none/n", "8M @/o"]
    elif how == "twice":
        lines += ["REPLICA", "9M @/n", "8M @/n"]
    elif how == "there":
        lines += ["REPLICA", "20M @/kept"]
    elif how == "short":
        lines += ["REPLICA", "20M @/n", "4M @/o"]
    if how == "both":
        lines = lines[1:] if lines[0] == single else [single] + lines
    return how, lines


def transform_call(rng, pool, where):
    how, lines = target_lines(rng, pool)
    if how == "there":
        (where / "kept").write_bytes(bytes(d.PAGE))
    (where / "to").write_text("PMEMPOOLSET\n" + "".join(line.replace("@", str(where)) + "\n" for line in lines))
    return "transform", [str(where / "pool"), str(where / "to"), hex(rng.choice([0, 0, 0, 2]))]


CALLS = [sync_call, sync_call, transform_call]


# ---- what is compared

def parts_of(set_file):
    """replica, part, path"""
    replica = part = 0
    for line in set_file.read_text(errors="replace").splitlines()[1:]:
        words = line.split()
        if words == ["REPLICA"]:
            replica, part = replica + 1, 0
        elif len(words) == 2 and words[1].startswith("/"):
            yield replica, part, pathlib.Path(words[1])
            part += 1


def picture(where, set_file):
    """Every file: its size and mode, its header without times, its uuids by who has them first, a digest of the rest."""
    uuids, out = {}, {}
    parts = {path: (replica, part) for replica, part, path in parts_of(set_file)}
    single = "OPTION SINGLEHDR" in set_file.read_text()
    for path in list(parts) + sorted(p for p in where.iterdir() if p not in parts):
        if not path.is_file() or path.name.endswith(KEPT):
            continue
        data = bytearray(path.read_bytes())
        mode = stat.S_IMODE(path.stat().st_mode)
        head = ""
        if path in parts and (parts[path][1] == 0 or not single):
            page, data[:d.PAGE] = bytes(data[:d.PAGE]), bytes(d.PAGE)
            names = [uuids.setdefault(page[at:at + 16], len(uuids)) for at in range(24, 120, 16)]
            head = (names, page[:24], page[128:d.HEADER_SUM])
        if path in parts and parts[path][1] == 0:
            low, high = OWN_WORDS
            data[low:high] = bytes(high - low)
        out[path.name] = (len(data), mode, head, hashlib.blake2b(data).hexdigest())
    return out


def unlike(ours, peers):
    """Names of files that differ, and in what."""
    words = ("size", "mode", "header", "content")
    for name in sorted(ours.keys() | peers.keys()):
        a, b = ours.get(name), peers.get(name)
        if a is None or b is None:
            yield name, "only the peer has it" if a is None else "only we have it"
        elif a != b:
            yield name, " ".join(w for w, x, y in zip(words, a, b) if x != y)


class Case:
    """A pool, a damage, a call; and what came of it in each library."""

    def __init__(self, args, pool, damage, call, target):
        self.args, self.damage, self.call, self.target = args, damage, call, target
        self.wanted = args.wanted[pool.name]
        self.before = self.bytes()
        self.told, self.files, self.picture, self.views = {}, {}, {}, {}

    def bytes(self):
        return {p.name: p.read_bytes() for p in (self.args.out / "pool").iterdir() if p.is_file()}

    def take(self, who, library, rest, lock):
        """Makes the call. What is asked for later is kept: the other library works in the same place."""
        self.told[who] = d.call(self.args, library, self.call, rest, lock)
        done = self.told[who]["result"] == 0 and not int(rest[-1], 0) & 2
        self.files[who] = self.bytes()
        self.picture[who] = picture(self.args.out / "pool", self.target) if done else {}
        self.views[who] = views.views(self.args.peers, self.target, self.args.out / "copy") if done else []

    def results(self):
        return self.told["peer"]["result"], self.told["ours"]["result"]

    def differ(self):
        return list(unlike(self.picture["ours"], self.picture["peer"])) if self.results() == (0, 0) else []

    def wrote(self, who):
        return self.files[who] != self.before

    def meaningless(self):
        """Files differ only where libpmemobj reads nothing, and what ours has there some replica had before."""
        text, ours, peers = self.target.read_text(), self.files["ours"], self.files["peer"]
        return self.views["ours"] == self.views["peer"] and all(
            what == "content" and not any(views.invented(text, self.before, name, ours[name], peers[name]))
            for name, what in self.differ())

    def unopened(self):
        """What the peer left, the library does not open. To be asked while it lies there."""
        return d.call(None, d.PEER, "open", ["obj", str(self.target)], None)["result"] != 0


def classify(case):
    """The name of a difference, or None when there is none, or "" when it has no name."""
    (p, o), damage, peer, ours = case.results(), case.damage, case.told["peer"], case.told["ours"]
    if p == o and peer.get("errno") == ours.get("errno") and not case.differ():
        return None
    if p in ("DIES", "HANGS"):
        return "peer-dies"
    if damage[:2] == ("file", "locked") and ours.get("errno") == errno.EAGAIN:
        return "part-locked"
    if (p, o) == (0, -1) and ours["errno"] == errno.EINVAL and case.unopened():
        return "sync-features"
    if (p, o) == (-1, 0) and damage[:2] == ("file", "dangling") and peer["errno"] == errno.EEXIST:
        return "sync-link"
    if (p, o) == (-1, 0) and "no healthy replica" in peer["said"][0][1]:
        return "sync-union"
    if p == o == -1 and {peer["errno"], ours["errno"]} == {errno.EINVAL, errno.ENOENT} and damage[0] != "none":
        return "two-faults"
    if p == o == 0 and damage[0] == "content" and case.call == "sync" and not case.wrote("peer"):
        return "sync-contents"
    if p == o == 0 and case.meaningless():
        return "sync-part"
    return ""


def copied(source, to):
    shutil.rmtree(to, ignore_errors=True)
    subprocess.run(["cp", "-a", "--sparse=always", str(source), str(to)], check=True)


def one(args, seed, tally, bases, names):
    rng = random.Random(f"replicas {seed}")
    pool = rng.choice(POOLS)
    where, keep = args.out / "pool", args.out / "keep"
    copied(bases / pool.name, where)
    make = rng.choice(CALLS)
    damage, kind = rng.choice(DAMAGES if make is sync_call or rng.random() < 0.3 else [d.none])(rng, pool, where)
    call, rest = make(rng, pool, where)
    lock = kind[2] if kind[:2] == ("file", "locked") else None
    case = Case(args, pool, kind, call, pathlib.Path(rest[-2]))
    text = f"seed {seed}: {pool.name}, {damage}: {call} {rest[-1]} {'|'.join(case.target.read_text(errors='replace').split(chr(10))[1:])}"
    copied(where, keep)
    before = d.state(where)
    case.take("ours", args.library, rest, lock)
    yield from alone(case, rest, before, d.state(where), text)
    shutil.rmtree(where)
    keep.rename(where)
    case.take("peer", d.PEER, rest, lock)
    why = classify(case)
    tally["cases"] += 1
    tally[f"{call}: {'done' if case.results()[0] == 0 else 'refused'} by the peer"] += 1
    if why is None:
        tally["the same"] += 1
    elif why in names:
        tally[why] += 1
    else:
        tally["without a name"] += 1
        peer, ours = case.told["peer"], case.told["ours"]
        yield f"{text}: the peer {d.told(peer)}{' and writes' if case.wrote('peer') else ''}, we {d.told(ours)}" \
              f"{' and write' if case.wrote('ours') else ''} {case.differ()}\n    peer: {peer.get('said')}\n    ours: {ours.get('said')}"


def alone(case, rest, before, after, text):
    """What holds of ours whatever the peer does."""
    ours, dry = case.told["ours"], int(rest[-1], 0) & 2
    result = ours["result"]
    if result in ("DIES", "HANGS"):
        yield f"{text}: ours {d.told(ours)}"
    elif result == -1 or dry:
        if after != before:
            yield f"{text}: ours {d.told(ours)}{', a dry run,' if dry else ''} wrote"
        if result == -1 and not ours["said"][0][1]:
            yield f"{text}: no message"
    else:
        left = [name for name in after if "pmempool-" in name and not name.endswith(KEPT)]
        if left:
            yield f"{text}: left {left}"
        found = case.views["ours"]
        wanted = found[0] if case.damage[0] == "content" else case.wanted # which bytes were right nobody knows
        if any(view != wanted for view in found):
            yield f"{text}: done by us, and libpmemobj reads other objects: {[sorted(set(v) ^ set(wanted)) for v in found]}"
        again = d.call(None, d.PEER, "check", [str(case.target), "0", hex(d.FORMAT), "yes"], None)
        if again["result"] != d.OK:
            yield f"{text}: done by us, and the peer's check says {d.told(again)} {again.get('said')}"
        opened = d.call(None, d.PEER, "open", ["obj", str(case.target)], None)
        if opened["result"] != 0:
            yield f"{text}: done by us, and the peer does not open it: {d.told(opened)}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--library", required=True)
    parser.add_argument("--peers", type=pathlib.Path, required=True, help="directory of the programs that use PMDK")
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--cases", type=int, default=100)
    parser.add_argument("--first", type=int, default=1)
    args = parser.parse_args()
    shutil.rmtree(args.out, ignore_errors=True)
    bases, args.wanted = args.out / "bases", {}
    for pool in POOLS:
        pool.make(args.out / "pool")
        fill(args, pool, args.out / "pool")
        bases.mkdir(exist_ok=True)
        copied(args.out / "pool", bases / pool.name)
        args.wanted[pool.name], *others = views.views(args.peers, args.out / "pool" / "pool", args.out / "copy")
        if any(other != args.wanted[pool.name] for other in others):
            sys.exit(f"{pool.name}: libpmemobj's own replicas are not alike")
        shutil.rmtree(args.out / "pool")
    tally, wrong, names = collections.Counter(), 0, d.listed()
    for seed in range(args.first, args.first + args.cases):
        for why in one(args, seed, tally, bases, names):
            print(why, flush=True)
            wrong += 1
        if seed % 25 == 0:
            print(f"to seed {seed}", flush=True)
    for name, nr in sorted(tally.items()):
        print(f"{nr:6} {name}")
    shutil.rmtree(args.out)
    return wrong != 0


if __name__ == "__main__":
    sys.exit(main())
