#!/usr/bin/env python3
"""differential.py: the peer's library and ours on the same pools, undamaged and damaged, seeded.

Each case is a pool, a damage and a call. Compared are the result, the class of errno and the files afterwards. Where
the two differ, the difference has a name (below, in classify), and the name has a line with the reason in
differences.md; one without is a failure. Of ours alone it is asked besides: what we call repaired, the peer's check and
the matching library of the peer take; what we refuse, and every dry run, changed no byte; no call dies or hangs."""
import argparse
import collections
import errno
import hashlib
import json
import os
import pathlib
import random
import shutil
import signal
import struct
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
PEER = "libpmempool.so.1"
PAGE, HEADER_SUM, WAIT = 4096, 4088, 20
OK, NOT, REPAIRED, CANNOT, ERROR, SYNC, INIT = ("CONSISTENT", "NOT_CONSISTENT", "REPAIRED", "CANNOT_REPAIR", "ERROR",
                                               "SYNC_REQ", "INIT")
FORMAT, REPAIR, DRY, ADVANCED, YES, VERBOSE = 0x20, 1, 2, 4, 8, 0x10
# offset, length
FIELDS = {"signature": (0, 8), "major": (8, 4), "compat": (12, 4), "incompat": (16, 4), "ro_compat": (20, 4),
          "poolset_uuid": (24, 16), "uuid": (40, 16), "prev_part_uuid": (56, 16), "next_part_uuid": (72, 16),
          "prev_repl_uuid": (88, 16), "next_repl_uuid": (104, 16), "crtime": (120, 8), "arch": (128, 16),
          "unused": (144, 1904), "unused2": (2048, 1976), "checksum": (HEADER_SUM, 8)}


def fletcher(data, sum_at=HEADER_SUM):
    lo = hi = 0
    for at in range(0, len(data), 4):
        word = 0 if sum_at <= at < sum_at + 8 else struct.unpack_from("<I", data, at)[0]
        lo = (lo + word) & 0xffffffff
        hi = (hi + lo) & 0xffffffff
    return hi << 32 | lo


def seal(path):
    """The header's checksum made anew, as its own CKSUM_2K bit says."""
    with open(path, "r+b") as f:
        page = bytearray(f.read(PAGE))
        covered = page[:2048] + bytes(2048) if page[16] & 2 else page
        struct.pack_into("<Q", page, HEADER_SUM, fletcher(bytes(covered)))
        f.seek(0)
        f.write(page)


def put(path, at, data):
    with open(path, "r+b") as f:
        f.seek(at)
        f.write(data)


def get(path, at, length):
    with open(path, "rb") as f:
        f.seek(at)
        return f.read(length)


# ---- pools

class Pool:
    """name, kind, the set file's lines ("" for one file), what pmempool create is given"""

    def __init__(self, name, kind, lines=None, options=(), size="4M"):
        self.name, self.kind, self.lines, self.options, self.size = name, kind, lines, options, size

    def make(self, where):
        where.mkdir(parents=True)
        main = where / "pool"
        if self.lines:
            main.write_text("PMEMPOOLSET\n" + "".join(line.replace("@", str(where)) + "\n" for line in self.lines))
        size = () if self.lines else ("-s", self.size)
        kind, bsize = self.kind, ()
        if kind == "blk":
            bsize = ("512",)
        subprocess.run(["pmempool", "create", *self.options, *size, kind, *bsize, str(main)], check=True,
                       env={**os.environ, "PMEM_IS_PMEM_FORCE": "1"}, stdout=subprocess.DEVNULL)

    def parts(self, where):
        return sorted(p for p in where.iterdir() if p.name != "pool") if self.lines else [where / "pool"]


POOLS = [
    Pool("log", "log"), Pool("log3", "log", ["2M @/a", "2M @/b", "3M @/c"]),
    Pool("log1", "log", ["OPTION SINGLEHDR", "2M @/a", "2M @/b"]),
    Pool("blk", "blk", size="18M", options=("-w",)), Pool("blk0", "blk", size="18M"),
    Pool("blk2", "blk", ["9M @/a", "9M @/b"], options=("-w",)),
    Pool("obj", "obj", size="8M", options=("-l", "books")), Pool("obj3", "obj", ["8M @/a", "8M @/b", "8M @/c"]),
    Pool("pair", "obj", ["8M @/a", "8M @/b", "REPLICA", "10M @/c", "8M @/d"]),
    Pool("pair1", "obj", ["OPTION SINGLEHDR", "8M @/a", "8M @/b", "REPLICA", "16M @/c"]),
]

SETS = ["PMEMPOOLSET", "PMEMPOOLSET \n8M @/a\n", "PMEMPOOLSETX\n8M @/a\n", "PMEMPOOLSET\n", "PMEMPOOLSET\nREPLICA\n8M @/a\n",
        "PMEMPOOLSET\n8M @/a\nREPLICA\n", "PMEMPOOLSET\n8M @/a\nREPLICA\nREPLICA\n8M @/b\n", "PMEMPOOLSET\nREPLICA h x\n",
        "PMEMPOOLSET\n8M @/a\nREPLICAX\n8M @/b\n", "PMEMPOOLSET\n8M @/a\nREPLICA \n8M @/b\n", "PMEMPOOLSET\n8M @/a\nREPLICA h /x\n",
        "PMEMPOOLSET\n8M @/a\nREPLICA h x y\n", "PMEMPOOLSET\n8M @/a\nREPLICA h x\n8M @/b\n", "PMEMPOOLSET\n8M @/a x\n",
        "PMEMPOOLSET\n8M\n", "PMEMPOOLSET\n   \n8M @/a\n", "PMEMPOOLSET\n8M a\n", "PMEMPOOLSET\n0 @/a\n", "PMEMPOOLSET\n8X @/a\n",
        "PMEMPOOLSET\n8m @/a\n", "PMEMPOOLSET\n8.5M @/a\n", "PMEMPOOLSET\n-8M @/a\n", "PMEMPOOLSET\nAUTO @/a\n",
        "PMEMPOOLSET\nAUTO @/none\n", "PMEMPOOLSET\n8M @/a\nOPTION\n", "PMEMPOOLSET\n8M @/a\nOPTION FOO\n",
        "PMEMPOOLSET\n8M @/a\nREPLICA host x\n", "PMEMPOOLSET\n8M @\n", "PMEMPOOLSET\n8M @/a\n8M @\n",
        "PMEMPOOLSET\n8M @/none/a\n", "PMEMPOOLSET\n8M @/a\n8M @/a\n", "PMEMPOOLSET\n8M @/a\nREPLICA\n8M @/a\n",
        "PMEMPOOLSET\n8M /dev/null\n", "PMEMPOOLSET\n8M /dev/null\n8M @/a\n", "pmempoolset\n8M @/a\n", "PMEMPOOLSET\n\n# c\n8M @/a # d\n",
        "PMEMPOOLSET\r\n8M @/a\r\n", "PMEMPOOLSET\n8M @/a", "PMEMPOOLSET\n8M @/a\nOPTION NOHDRS\n",
        "PMEMPOOLSET\n8M @/a\nOPTION SINGLEHDR NOHDRS\n", "PMEMPOOLSET\nOPTIONSINGLEHDR\n8M @/a\n"]


# ---- damages: each a name and what it does to (pool, where, rng)

def header_damage(rng, pool, where):
    parts = pool.parts(where)
    if "OPTION SINGLEHDR" in (pool.lines or ()):
        parts = [parts[0]]
    part = rng.choice(parts)
    field = rng.choice(list(FIELDS))
    at, length = FIELDS[field]
    how = rng.choice(["zero", "flip", "ones", "noise"])
    sealed = rng.random() < 0.3 and field != "checksum"
    data = bytearray(get(part, at, length))
    if how == "flip":
        bit = rng.randrange(length * 8)
        data[bit // 8] ^= 1 << bit % 8
    else:
        data = bytes(length) if how == "zero" else b"\xff" * length if how == "ones" else rng.randbytes(length)
    put(part, at, data)
    if sealed:
        seal(part)
    return f"header {part.name} {field} {how}{' sealed' if sealed else ''}", ("header", field, sealed)


def header_gone(rng, pool, where):
    part = rng.choice(pool.parts(where))
    noise = rng.random() < 0.5
    put(part, 0, rng.randbytes(PAGE) if noise else bytes(PAGE))
    return f"header {part.name} {'noise' if noise else 'zeroed'}", ("gone",)


def sds(rng, pool, where):
    part = rng.choice(pool.parts(where)[:1] + pool.parts(where)[-1:])
    record = bytearray(64)
    how = rng.choice(["dirty", "dirty-count", "dirty-id", "count", "sum", "off"])
    if how == "off":
        put(part, 16, bytes([get(part, 16, 1)[0] & ~4]))
        record = bytearray(rng.randbytes(64))
    else:
        struct.pack_into("<QQB", record, 0, 3 if "count" in how else 0, 7 if how == "dirty-id" else 0, "dirty" in how)
        struct.pack_into("<Q", record, 56, fletcher(bytes(record), 56) ^ (how == "sum"))
    put(part, 4024, record)
    seal(part)
    return f"sds {part.name} {how}", ("sds", how)


def content(rng, pool, where):
    """The descriptor of the pool, the BTT of a blk pool, anything within an obj pool."""
    first = pool.parts(where)[0]
    if pool.kind == "log":
        at, value = PAGE + 8 * rng.randrange(3), rng.choice([0, 1, 8192, 1 << 21, 1 << 40, rng.getrandbits(64)])
        put(first, at, struct.pack("<Q", value))
    elif pool.kind == "blk":
        at = rng.choice([PAGE, rng.randrange(2 * PAGE, 3 * PAGE)])
        put(first, at, rng.choice([rng.randbytes(4), bytes(4), b"\xff" * 4]))
    else:
        at = rng.choice([rng.randrange(PAGE, 2 * PAGE), rng.randrange(3 * PAGE, 1 << 20), 3153920 + rng.randrange(4096)])
        put(first, at, rng.choice([rng.randbytes(8), bytes(8), b"\xff" * 8]))
    return f"content byte {at}", ("content",)


def blk_page(rng, pool, where):
    """Up to three words of the BTT's map or flog, found through the info block."""
    first = pool.parts(where)[0]
    info = get(first, 2 * PAGE, PAGE)
    tables = [2 * PAGE + off for off in struct.unpack_from("<QQ", info, 0x60)]
    if pool.kind != "blk" or not all(0 < at < first.stat().st_size - 64 for at in tables):
        return content(rng, pool, where)
    places = [rng.choice(tables) + 4 * rng.randrange(16) for _ in range(rng.choice([1, 1, 2, 3]))]
    for at in places:
        put(first, at, struct.pack("<I", rng.choice([rng.getrandbits(32), 0xc0000000 | rng.randrange(40000)])))
    return f"btt bytes {places}", ("btt",)


def files(rng, pool, where):
    part = rng.choice(pool.parts(where))
    how = rng.choice(["missing", "short", "long", "empty", "directory", "fifo", "link", "dangling", "locked", "tiny"])
    size = part.stat().st_size
    if how == "short":
        os.truncate(part, size - PAGE)
    elif how == "long":
        os.truncate(part, size + PAGE)
    elif how == "tiny":
        os.truncate(part, 100)
    elif how == "empty":
        os.truncate(part, 0)
    elif how == "link":
        part.rename(where / "moved")
        part.symlink_to(where / "moved")
    elif how != "locked":
        part.unlink()
        if how == "directory":
            part.mkdir()
        elif how == "fifo":
            os.mkfifo(part)
        elif how == "dangling":
            part.symlink_to(where / "nowhere")
    return f"file {part.name} {how}", ("file", how, part)


def set_text(rng, pool, where):
    if not pool.lines:
        return header_damage(rng, pool, where)
    how = rng.choice(["text", "text", "text", "swap", "option", "drop"])
    main = where / "pool"
    lines = main.read_text().splitlines()
    if how == "text":
        text = rng.choice(SETS)
        main.write_bytes(text.replace("@", str(where)).encode())
        return f"set {text!r}", ("set", text)
    if how == "swap":
        parts = [i for i, line in enumerate(lines) if "/" in line]
        a, b = parts[0], parts[1]
        lines[a], lines[b] = lines[b], lines[a]
    elif how == "option":
        lines = [line for line in lines if "OPTION" not in line] if "OPTION SINGLEHDR" in lines else lines + ["OPTION SINGLEHDR"]
    else:
        lines = lines[:-1]
    main.write_text("\n".join(lines) + "\n")
    return f"set {how}", ("set", how)


def none(_rng, _pool, _where):
    return "undamaged", ("none",)


DAMAGES = [none, header_damage, header_damage, header_damage, header_gone, sds, content, blk_page, files, set_text]


# ---- calls

def check_call(rng, where):
    flags = FORMAT | rng.choice([0, 0, REPAIR, REPAIR, REPAIR | ADVANCED, REPAIR | DRY, REPAIR | YES, REPAIR | ADVANCED | YES,
                                 REPAIR | VERBOSE, VERBOSE])
    answers = rng.choice(["yes", "yes", "yes", "no", "-", "maybe", "yes,no"]) if flags & REPAIR else "yes"
    kind = rng.choice([0] * 8 + [1, 2, 3, 4, 5])
    args = [str(where / "pool"), str(kind), hex(flags), answers]
    if rng.random() < 0.08 and not flags & DRY:
        args.append(str(where / "backup"))
    return "check", args


def feature_call(rng, where):
    call = rng.choice(["query", "query", "enable", "disable"])
    return call, [str(where / "pool"), str(rng.choice([0, 1, 2, 3, 3, 2, 1, 4])), "0" if rng.random() < 0.95 else "1"]


def rm_call(rng, where):
    return "rm", [str(where / "pool"), hex(rng.choice([0, 0, 1, 2, 3, 4, 8]))]


CALLS = [check_call] * 6 + [feature_call] * 2 + [rm_call]


def state(where):
    out = {}
    for p in sorted(where.rglob("*")):
        st = p.lstat()
        if p.is_file() and not p.is_symlink():
            with p.open("rb") as f:
                out[p.name] = (st.st_size, hashlib.file_digest(f, "blake2b").hexdigest())
        else:
            out[p.name] = (st.st_mode, "")
    return out


def call(args, library, name, rest, lock):
    holder = open(lock, "r+b") if lock else None
    try:
        if holder:
            import fcntl
            fcntl.flock(holder, fcntl.LOCK_EX)
        done = subprocess.run([sys.executable, str(HERE / "caller.py"), library, name, *rest], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=WAIT, check=False)
    except subprocess.TimeoutExpired:
        return {"result": "HANGS"}
    finally:
        if holder:
            holder.close()
    if done.returncode < 0:
        return {"result": "DIES", "signal": signal.Signals(-done.returncode).name}
    if done.returncode:
        return {"result": "DIES", "signal": done.stderr[-300:]}
    return json.loads(done.stdout)


def told(r):
    return f"{r['result']}{' ' + errno.errorcode.get(r['errno'], str(r['errno'])) if 'errno' in r else ''}" \
           f"{' ' + r['signal'] if 'signal' in r else ''}"


def classify(pool, damage, name, rest, peer, ours, changed):
    """The name of a difference, or None when there is none, or "" when it has no name."""
    p, o = peer["result"], ours["result"]
    if p == o and peer.get("errno") == ours.get("errno"):
        return None
    flags = int(rest[2], 0) if name == "check" else 0
    asked = rest[1] if name == "check" else ""
    bad = damage[0] in ("header", "gone", "sds", "set")
    judged = o in (NOT, REPAIRED, CANNOT, SYNC)
    if p in ("DIES", "HANGS"):
        return "peer-dies"
    if name != "check":
        if name in ("query", "enable", "disable") and o == -1 and ours["errno"] == errno.EINVAL:
            return "feature-errno" if p == -1 and peer["errno"] in (0, errno.ENOTSUP) else \
                "feature-header" if p != -1 and bad else ""
        return "named-twice" if damage[0] == "set" and o == -1 and ours["errno"] == errno.EINVAL and \
            peer.get("errno") in (errno.EAGAIN, errno.ENOENT) else \
            "rm-whole" if name == "rm" and damage[0] in ("file", "set") and o == -1 else ""
    if o == INIT:
        if ours["errno"] != errno.EINVAL:
            return ""
        return "btt-of-set" if asked == "4" and pool.lines else "type-reserved" if asked == "5" else \
            "named-twice" if peer.get("errno") == errno.EAGAIN else ""
    if p == INIT:
        return "type-declared" if damage[0] in ("header", "gone") and asked in "123" and judged else ""
    if asked == "4":
        return "btt-declared" if damage[0] in ("header", "gone", "btt") and judged else ""
    if pool.kind == "obj" and damage[0] == "content" and p == OK and judged:
        return "obj-contents"
    if damage[0] == "set" and flags & REPAIR and (p, o) == (NOT, CANNOT):
        return "set-contradicts"
    if p == OK and judged and (damage[0] == "header" or damage == ("sds", "off") and len(pool.lines or ()) > 1):
        return "header-fields"
    if p == OK and judged and pool.kind == "blk" and damage[0] in ("content", "btt"):
        return "blk-contents"
    if flags & REPAIR and pool.kind == "blk" and damage[0] in ("content", "btt"):
        if p in (CANNOT, NOT) and o == REPAIRED:
            return "blk-repair"
        if p == CANNOT and o == NOT and answers_mixed(rest):
            return "refused-apart"
    if flags & REPAIR and p in (CANNOT, NOT) and o in (REPAIRED, NOT, CANNOT) and bad:
        return "header-repair"
    if flags & REPAIR and p == REPAIRED and o in (CANNOT, NOT):
        return "repaired-unopenable" if bad and not opened(pool, rest[0]) else \
            "refused-apart" if answers_mixed(rest) else ""
    return ""


def opened(pool, path):
    """The matching library opens what the peer has just repaired."""
    return call(None, PEER, "open", [pool.kind, path], None)["result"] == 0


def answers_mixed(rest):
    return rest[3] in ("yes,no", "no", "-", "maybe")


def listed():
    """Names of differences.md, one a row of its table."""
    text = (HERE / "differences.md").read_text()
    return {line.split("|")[1].strip(" `") for line in text.splitlines() if line.startswith("| `")}


def one(args, seed, tally, bases, names):
    rng = random.Random(seed)
    pool = rng.choice(POOLS)
    where = args.out / "pool"
    shutil.rmtree(where, ignore_errors=True)
    subprocess.run(["cp", "-a", "--sparse=always", str(bases / pool.name), str(where)], check=True)
    damage, kind = rng.choice(DAMAGES)(rng, pool, where)
    name, rest = rng.choice(CALLS)(rng, where)
    lock = kind[2] if kind[:2] == ("file", "locked") else None
    keep = args.out / "keep"
    shutil.rmtree(keep, ignore_errors=True)
    subprocess.run(["cp", "-a", "--sparse=always", str(where), str(keep)], check=True)
    before = state(where)
    ours = call(args, args.library, name, rest, lock)
    after = state(where)
    text = f"seed {seed}: {pool.name}, {damage}: {name} {' '.join(rest[1:])}"
    yield from alone(pool, where, name, rest, ours, before, after, text)
    shutil.rmtree(where)
    keep.rename(where)
    peer = call(args, PEER, name, rest, lock)
    changed = (state(where) != before, after != before)
    why = classify(pool, kind, name, rest, peer, ours, changed)
    tally["cases"] += 1
    if why is None:
        tally["the same"] += 1
    elif why in names:
        tally[why] += 1
    else:
        yield f"{text}: the peer {told(peer)}{' and writes' if changed[0] else ''}, we {told(ours)}" \
              f"{' and write' if changed[1] else ''}\n    peer: {peer.get('said')}\n    ours: {ours.get('said')}"


def alone(pool, where, name, rest, ours, before, after, text):
    """What holds of ours whatever the peer does."""
    result = ours["result"]
    if result in ("DIES", "HANGS"):
        yield f"{text}: ours {told(ours)}"
    if name == "check":
        flags = int(rest[2], 0)
        writes = flags & REPAIR and not flags & DRY and result in (REPAIRED, NOT)
        if after != before and not writes and len(rest) < 5:
            yield f"{text}: ours wrote, and says {result}"
        if result == REPAIRED and flags & REPAIR and not flags & DRY:
            again = call(None, PEER, "check", [rest[0], "0", hex(FORMAT), "yes"], None)
            if again["result"] not in (OK, SYNC):
                yield f"{text}: repaired by us, and the peer's check says {told(again)} {again.get('said')}"
            opened = call(None, PEER, "open", [pool.kind, rest[0]], None)
            if opened["result"] != 0:
                yield f"{text}: repaired by us, and the peer does not open it: {told(opened)}"
    elif result == -1 and after != before:
        yield f"{text}: ours refused with {told(ours)}, and wrote"
    if result in (-1, INIT) and not ours.get("said", [["", "x"]])[0][1]:
        yield f"{text}: no message"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--library", required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--cases", type=int, default=150)
    parser.add_argument("--first", type=int, default=1)
    args = parser.parse_args()
    shutil.rmtree(args.out, ignore_errors=True)
    bases = args.out / "bases"
    # set files name absolute paths, so every pool is made where it will be used, and kept elsewhere
    for pool in POOLS:
        pool.make(args.out / "pool")
        bases.mkdir(exist_ok=True)
        subprocess.run(["cp", "-a", "--sparse=always", str(args.out / "pool"), str(bases / pool.name)], check=True)
        shutil.rmtree(args.out / "pool")
    tally, wrong, names = collections.Counter(), 0, listed()
    for seed in range(args.first, args.first + args.cases):
        for why in one(args, seed, tally, bases, names):
            print(why)
            wrong += 1
    for name, nr in sorted(tally.items()):
        print(f"{nr:6} {name}")
    shutil.rmtree(args.out)
    return wrong != 0


if __name__ == "__main__":
    sys.exit(main())
