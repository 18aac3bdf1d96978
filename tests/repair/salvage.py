#!/usr/bin/env python3
"""salvage.py: pmemobj pools that cannot be made whole, salvaged, and judged by libpmemobj.

Pools of a random history are damaged in their structures or cannot be read in part. Of each, `repair --to --salvage` makes
a new pool. The library must open it, call it consistent, and find every object that it found before the damage at its own
offset, byte for byte, under the same pool id; but for those that the list of losses names. Then it allocates and frees in it,
and nothing of that lies over what was there. Nothing is wrong in it by our own checks. Prints what each damage cost."""
import argparse
import json
import pathlib
import random
import re
import shutil
import subprocess
import sys

import jsonschema

ROOT = pathlib.Path(__file__).parents[2]
HEAP, ZONE, META, CHUNK = 0x302000, 0x302000 + 1024, 0x80000, 262144
HEADERS, CHUNKS = ZONE + 64, ZONE + META
FREE, USED, RUN = 2, 3, 4


class Wrong(Exception):
    """What must never be."""


def run(*words):
    done = subprocess.run([str(w) for w in words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=120, check=False)
    return done.returncode, done.stdout.decode(errors="replace")


class Pool:
    def __init__(self, path, rng):
        self.path, self.rng = path, rng
        self.data = bytearray(path.read_bytes())
        self.lost = []
        self.all_blocks = list(self.walk())

    def word(self, at, length=8):
        return int.from_bytes(self.data[at:at + length], "little")

    def walk(self):
        c, nr = 0, self.word(ZONE + 4, 4)
        while c < nr:
            header = self.word(HEADERS + 8 * c)
            yield c, header & 0xffff, header >> 32
            c += header >> 32

    def blocks(self, kind=None):
        """First chunk, type and length of each block of the first zone, as it was."""
        return [b for b in self.all_blocks if kind in (None, b[1])]

    def any(self, kind):
        return self.rng.choice(self.blocks(kind) or self.blocks())

    def fill(self, at, length, style="noise"):
        self.data[at:at + length] = self.rng.randbytes(length) if style == "noise" else bytes(length)

    def lose(self, at, length):
        self.fill(at, length, "zeros")
        self.lost.append((at, length))

    def write(self):
        self.path.write_bytes(self.data)
        if self.lost:
            at, lines = 0, ["# Mapfile. Created by GNU ddrescue version 1.27", "0x0 + 1"]
            for lost, length in sorted(self.lost):
                if lost > at:
                    lines.append(f"{at:#x} {lost - at:#x} +")
                lines.append(f"{lost:#x} {length:#x} -")
                at = lost + length
            lines.append(f"{at:#x} {len(self.data) - at:#x} +")
            pathlib.Path(str(self.path) + ".map").write_text("\n".join(lines) + "\n")


def page_of(at):
    return at // 4096 * 4096


def heap_header(p):
    p.fill(HEAP, 1024)


def zone_header(p):
    p.fill(ZONE, 64)


def zone_header_lost(p):
    p.lose(page_of(ZONE), 4096)


def chunk_headers(p):
    c, _, _ = p.any(None)
    p.fill(HEADERS + 8 * c, 8 * p.rng.randrange(2, 24))


def chunk_headers_zero(p):
    c, _, _ = p.any(None)
    p.fill(HEADERS + 8 * c, 8 * p.rng.randrange(2, 24), "zeros")


def all_chunk_headers(p):
    p.lose(page_of(ZONE) + 4096, 4096)
    p.lose(page_of(ZONE), 4096)


def run_header(p):
    c, _, _ = p.any(RUN)
    p.fill(CHUNKS + CHUNK * c, 16)


def run_head_lost(p):
    c, _, _ = p.any(RUN)
    p.lose(page_of(CHUNKS + CHUNK * c), 4096)
    p.lose(page_of(CHUNKS + CHUNK * c) + 4096, 4096)


def run_bitmap(p):
    # of objects without headers a bitmap tells alone
    c = p.rng.choice([c for c, _, _ in p.blocks(RUN) if p.data[HEADERS + 8 * c + 2] & 2 == 0])
    p.fill(CHUNKS + CHUNK * c + 16, p.rng.choice((8, 64, 304)))


def huge_header(p):
    c, _, _ = p.any(USED)
    p.fill(CHUNKS + CHUNK * c, 16)


def lanes(p):
    p.fill(0x2000 + 3072 * p.rng.randrange(1000), 3072 * 20)


def all_lanes(p):
    p.fill(0x2000, 3072 * 1024)


def header(p):
    p.fill(0, 4096)


def header_and_descriptor(p):
    p.fill(0, 8192)


def header_and_descriptor_lost(p):
    p.lose(0, 8192)


def data_pages(p):
    for _ in range(6):
        c, _, length = p.any(p.rng.choice((RUN, USED)))
        p.lose(page_of(CHUNKS + CHUNK * c + p.rng.randrange(8192, length * CHUNK)), 4096)


def any_pages(p):
    for page in p.rng.sample(range(len(p.data) // 4096), 40):
        p.lose(4096 * page, 4096)


def cut(p):
    last = max(c + length for c, kind, length in p.blocks() if kind != FREE)
    del p.data[page_of(CHUNKS + CHUNK * p.rng.randrange(last // 2, last) + p.rng.randrange(CHUNK)):]


def everything(p):
    for damage in (header, heap_header, zone_header, chunk_headers, run_header, all_lanes, data_pages):
        damage(p)


DAMAGES = [heap_header, zone_header, zone_header_lost, chunk_headers, chunk_headers_zero, all_chunk_headers, run_header,
           run_head_lost, run_bitmap, huge_header, lanes, all_lanes, header, header_and_descriptor,
           header_and_descriptor_lost, data_pages, any_pages, cut, everything]


def content(args, pool, root):
    """Of the library: offset -> (the pool's id, length, type, sum). And whether it could be used."""
    status, out = run(f"{args.peers}/obj_content", pool, *root)
    objects = {}
    for line in out.splitlines():
        words = line.split()
        if words and words[0] == "root":
            objects[int(words[2])] = (words[1], int(words[3]), "root", words[4])
        elif len(words) == 5:
            objects[int(words[1])] = (words[0], int(words[2]), words[3], words[4])
    return objects, status == 0 and out.endswith("sound\n"), out


def case(args, work, seed, damage):
    pristine, path, new, told = work / "pristine", work / "pool", work / "new", work / "losses.json"
    rng = random.Random(f"{seed} {damage.__name__}")
    shutil.copyfile(pristine, work / "copy")
    was, sound, out = content(args, work / "copy", ())
    if not sound:
        raise Wrong(f"the pool before: {out[-300:]}")
    root = [str(length) for _, length, kind, _ in was.values() if kind == "root"]
    shutil.copyfile(pristine, path)
    pool = Pool(path, rng)
    damage(pool)
    pool.write()
    status, out = run(args.pmemscope, "repair", path, "--to", new, "--salvage", "--losses", told)
    if status not in (0, 1, 4) or not new.exists():
        raise Wrong(f"repair ended with {status}: {out[-1500:]}")
    losses = json.loads(told.read_text()) if told.exists() else None
    if losses:
        jsonschema.validate(losses, json.loads((ROOT / "report/json/losses.schema.json").read_text()))
    status, report = run(args.pmemscope, "check", "--deep", "-v", new)
    if status:
        raise Wrong(f"in the new pool: {report}")
    shutil.copyfile(new, work / "copy")
    status, why = run(f"{args.peers}/obj_open_check", work / "copy", "-")
    if status:
        raise Wrong(f"pmemobj_check: {why}")
    now, sound, why = content(args, work / "copy", root)
    if not sound:
        raise Wrong(f"libpmemobj: {why[-300:]}")
    objects = losses["objects"] if losses else None
    cut_off = objects and any(objects[f]["objects"] > 64 for f in ("hit", "other", "gone"))
    gone = [o for o in was if o not in now]
    other = [o for o in was if o in now and now[o] != was[o]]
    told = [range(o["offset"], o["offset"] + o["size"]) for fate in ("hit", "other", "gone") for o in objects[fate]["first"]] + [
        range(b["offset"], b["offset"] + b["length"]) for b in objects["unknown"]["first"]] if objects else []
    for step in losses["steps"] if losses else []:
        chunk = re.fullmatch(r"heap\.zone\[0\]\.chunk\[(\d+)\]", step["path"])
        told += [range(CHUNKS + CHUNK * c, CHUNKS + CHUNK * (c + length)) for c, _, length in pool.blocks()
                 if chunk and c == int(chunk[1])]
    unsaid = [o for o in gone + other if not any(o in place for place in told)]
    ids = {o[0] for o in was.values()} | {o[0] for o in now.values()}
    if len(ids) > 1:
        raise Wrong(f"other pool ids: {ids}")
    return len(was), len(gone), len(other), len([o for o in now if o not in was]), 0 if cut_off else len(unsaid), unsaid


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pmemscope", required=True)
    parser.add_argument("--peers", required=True)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--seeds", type=int, default=1, help="histories, each with every damage")
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--only", help="one damage")
    parser.add_argument("--keep", action="store_true")
    args = parser.parse_args()
    failed = 0
    for damage in DAMAGES:
        if args.only and damage.__name__ != args.only:
            continue
        for seed in range(args.first, args.first + args.seeds):
            work = args.out / f"{damage.__name__}.{seed}"
            shutil.rmtree(work, ignore_errors=True)
            work.mkdir(parents=True)
            run(f"{args.peers}/obj_random", work / "pristine", seed, 600, "close")
            try:
                before, gone, other, more, unsaid, which = case(args, work, seed, damage)
                print(f"{damage.__name__:28} {seed:4}: of {before} objects {gone} gone, {other} changed, {more} more"
                      + (f", {unsaid} of these not told: {which[:5]}" if unsaid else ""))
                failed += unsaid != 0
            except Wrong as why:
                print(f"{damage.__name__:28} {seed:4}: WRONG: {why}")
                failed += 1
            if not args.keep:
                shutil.rmtree(work)
    print(f"{failed} failed")
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
