#!/usr/bin/env python3
"""fuzz.py: random damage to real pools, mended by us and by pmempool, judged by the pool's own library.

Each case damages one field, one page, or one range of a pool's structures. What the library then finds is compared with
what it found before the damage: by itself, after `pmemscope repair`, after `pmempool check -r -a -y` (of a set with
replicas: or after `pmempool sync`, whichever gives more). Never is anything lost by our repair that was there without it,
undo always gives the damaged bytes back, and nothing ends by a signal. Prints how often each made the pool whole.

With --sealed, each case writes another value into one field of a BTT's info blocks, one or both of them, and seals it: their
checksums hold.

A case by hand: --base NAME --first N --cases 1 --keep."""
import argparse
import collections
import hashlib
import itertools
import json
import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "corpus"))
import walk  # noqa: E402

PAGE = 4096
CHUNK, RUN, USED = 262144, 2, 3
TIMEOUT = 60
OURS_ENDS = (0, 1, 4, 5, 64)  # repair's statuses: nothing to do, mended, some is left, it is no pool any more


class Wrong(Exception):
    """What must never be."""


def run(words):
    """Status (None: it did not end) and standard output. A pipe would do, but a peer that hangs keeps it."""
    try:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        return None, b""
    return done.returncode, done.stdout


def copy_sparse(source, target):
    """Data of the file only; zeros become holes."""
    with source.open("rb") as f, target.open("wb") as t:
        size = os.fstat(f.fileno()).st_size
        t.truncate(size)
        at = 0
        while at < size:
            try:
                at = os.lseek(f.fileno(), at, os.SEEK_DATA)
            except OSError:
                break
            end = os.lseek(f.fileno(), at, os.SEEK_HOLE)
            while at < end:
                data = os.pread(f.fileno(), min(1 << 16, end - at), at)
                if data.count(0) != len(data):
                    os.pwrite(t.fileno(), data, at)
                at += len(data)


class Base:
    """A pool without damage, sparse, and where its structures are."""

    def __init__(self, args, name, work):
        walk.make_base(args.peers, args.bases, name)
        self.args, self.name, self.work = args, name, work
        self.kind = name[:3]
        self.pristine = work / "pristine"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        self.copy(pathlib.Path(args.bases) / name, self.pristine)
        self.is_set = (self.pristine / "pool.set").exists()
        report = work / "report.json"
        run([args.pmemscope, "analyze", "--json", str(report), "--max-findings", "1", str(self.source(self.pristine))])
        self.report = json.loads(report.read_text())
        self.paths = [pathlib.Path(s["path"]).name for s in self.report["sources"]]
        self.spots = collections.defaultdict(list)
        self.infos = []  # (file, offset) of the two info blocks of each arena
        self.find_spots(self.report["model"])
        whole = work / "whole"
        self.copy(self.pristine, whole)
        self.root_len = []
        self.whole = self.content(whole)
        self.root_len = [line.split()[3] for line in map(str, self.whole) if line.startswith("root ")][:1]
        shutil.rmtree(whole)
        if len(self.whole) < 2 or not self.spots:
            raise SystemExit(f"{name}: the peer finds nothing in it")
        self.replicas = len({n["path"] for n in self.nodes(self.report["model"]) if n["name"] == "replica"})

    def nodes(self, node):
        yield node
        for child in node.get("children", []):
            yield from self.nodes(child)

    def source(self, where):
        return where / ("pool.set" if self.is_set else "pool")

    def copy(self, source, target):
        """All files; a set file names those beside it."""
        target.mkdir()
        for path in source.iterdir():
            if path.suffix == ".set":
                text = path.read_text().replace("@DIR@", str(target)).replace(str(source) + "/", str(target) + "/")
                (target / path.name).write_text(text)
            else:
                copy_sparse(path, target / path.name)

    def spot(self, kind, node_places, off, length):
        """Bytes [off, off+length) of a structure, as (file, offset, length); the first place is enough."""
        for place in node_places:
            if off < place["length"]:
                self.spots[kind].append((self.paths[place["source"]], place["offset"] + off,
                                         min(length, place["length"] - off)))
                return
            off -= place["length"]

    def find_spots(self, model):
        """Fields by the kind of structure they are in, from the report's own model and layouts."""
        for node in self.nodes(model):
            layout = self.report["layouts"].get(node.get("layout", ""))
            if layout is None or not node.get("place") or node["state"] not in ("read", "damaged"):
                continue
            count, stride = node.get("count", 1), node.get("stride", layout["size"])
            for i in range(count) if count <= 64 else sorted(random.Random(node["path"]).sample(range(count), 64)):
                for field in layout["fields"]:
                    self.spot(f'{node["layout"]}.{field["name"]}', node["place"], i * stride + field["offset"],
                              field["width"])
            if node.get("layout") == "obj_chunk_hdr":
                self.find_runs(node)
            if node["name"] in ("info", "info2") and node["layout"] == "btt_info" and node["place"][0]["length"] == PAGE:
                self.infos.append((self.paths[node["place"][0]["source"]], node["place"][0]["offset"]))

    def find_runs(self, node):
        """Headers and bitmaps of the runs of one zone, and headers of its huge objects."""
        place = node["place"][0]
        name = self.paths[place["source"]]
        data = (self.pristine / name).read_bytes()
        first = place["offset"] + 65528 * 8
        for i in range(node["count"]):
            at = place["offset"] + 8 * i
            kind, size = int.from_bytes(data[at:at + 2], "little"), int.from_bytes(data[at + 4:at + 8], "little")
            begin = first + i * CHUNK
            if begin >= len(data):
                break  # in the next part
            if kind == RUN:
                self.spots["run.unit"].append((name, begin, 8))
                self.spots["run.alignment"].append((name, begin + 8, 8))
                for word in range(38):
                    self.spots["run.bitmap"].append((name, begin + 16 + 8 * word, 8))
            if kind == USED and size:
                self.spots["huge.header"].append((name, begin, 16))

    def content(self, where):
        """What the pool's library finds, as a set of things; its copy is used up."""
        source = str(self.source(where))
        peers = self.args.peers
        if self.kind == "obj":
            status, out = run([f"{peers}/obj_content", source, *self.root_len])
            lines = set(out.decode(errors="replace").splitlines())
            # a line that was cut off, or objects that the library crashed behind, are no content to rely on
            return lines if status == 0 else lines - {"sound"}
        if self.kind == "log":
            status, out = run([f"{peers}/log_content", source])
            blocks = {(i, out[i:i + 512]) for i in range(0, len(out), 512)}
            return blocks | {("length", len(out)), "sound"} if status == 0 else set()
        if self.kind == "blk":
            status, out = run([f"{peers}/blk_read", source])
            size = 512
        else:
            disk = where / "disk"
            status, _ = run([self.args.pmemscope, "extract", "-q", source, "disk", "-o", str(disk)])
            out, size = disk.read_bytes() if disk.exists() else b"", 4096
            disk.unlink(missing_ok=True)
        if status != 0:
            return set()
        zero = bytes(size)
        blocks = {(i, hashlib.md5(out[i:i + size]).digest()) for i in range(0, len(out), size)
                  if out[i:i + size] != zero}
        return blocks | {("length", len(out)), "sound"}


def draw(rng, base):
    """A damage: its kind, what structure it hits, and what is written: (file, offset, bytes), ..."""
    what = rng.choice(sorted(base.spots))
    name, at, length = rng.choice(base.spots[what])
    if base.replicas > 1 and name.startswith("r0p") and rng.random() < 0.4:
        name = "r1p" + name[3:]
    how = rng.choice(("field", "field", "page", "range"))
    if how == "page":
        at, length = at // PAGE * PAGE, PAGE
    elif how == "range":
        length = rng.choice((16, 64, 200, 512, 3000, 8192, 20000))
        at = max(0, at - rng.randrange(length))
    size = (base.pristine / name).stat().st_size
    at = min(at, size - 1)  # replicas may be of different lengths
    length = min(length, size - at)
    with (base.pristine / name).open("rb") as f:
        f.seek(at)
        was = f.read(length)
    style = rng.choice(("noise", "noise", "zeros", "ones", "bit"))
    if style == "bit":
        bit = rng.randrange(len(was) * 8)
        now = bytearray(was)
        now[bit // 8] ^= 1 << bit % 8
        now = bytes(now)
    else:
        now = {"noise": rng.randbytes(length), "zeros": bytes(length), "ones": b"\xff" * length}[style]
    return how, what, style, [(name, at, now)]


def fletcher64(block):
    low = high = 0
    for word in struct.unpack("<1024I", block):
        low = (low + word) % (1 << 32)
        high = (high + low) % (1 << 32)
    return high << 32 | low


def draw_sealed(rng, base):
    """Another value in a field of an arena's info blocks, under checksums that hold."""
    layout = base.report["layouts"]["btt_info"]
    field = rng.choice([f for f in layout["fields"] if f["name"] not in ("sig", "checksum")])
    first = 2 * rng.randrange(len(base.infos) // 2)
    which = rng.choice(("both", "both", "both", "first", "backup"))
    style = rng.choice(("noise", "zeros", "ones", "bit", "near", "usual"))
    off, width = field["offset"], field["width"]
    made = []
    for copy, (name, at) in enumerate(base.infos[first:first + 2]):
        with (base.pristine / name).open("rb") as f:
            f.seek(at)
            block = bytearray(f.read(PAGE))
        was = int.from_bytes(block[off:off + width], "little")
        if copy == 0:
            value = {"noise": rng.randrange(1 << 8 * width), "zeros": 0, "ones": (1 << 8 * width) - 1,
                     "bit": was ^ 1 << rng.randrange(8 * width), "near": was + rng.choice((-4096, -1, 1, 64, 4096)),
                     "usual": rng.choice((1, 2, 64, 256, 512, 520, 528, 1024, 4096, 4160, 65536, 1 << 39))}[style]
        block[off:off + width] = (value % (1 << 8 * width)).to_bytes(width, "little")
        block[-8:] = bytes(8)
        block[-8:] = fletcher64(block).to_bytes(8, "little")
        if which != ("backup", "first")[copy]:
            made.append((name, at, bytes(block)))
    return f"sealed {which}", f'btt_info.{field["name"]}', style, made


def ours(base, where):
    """Our repair, and its way back tried on another copy."""
    args = base.args
    journal = where / "journal"
    damaged = {p.name: hashlib.md5(p.read_bytes()).digest() for p in where.iterdir()}
    status, out = run([args.pmemscope, "repair", "-q", "--in-place", "--yes", "--advanced", "--journal", str(journal),
                       str(base.source(where))])
    if status not in OURS_ENDS:
        raise Wrong(f"repair ended with {status}: {out[-2000:].decode(errors='replace')}")
    if not journal.exists():
        return status
    mended = base.work / "mended"
    shutil.rmtree(mended, ignore_errors=True)
    base.copy(where, mended)
    status, out = run([args.pmemscope, "undo", "-q", str(journal)])
    if status != 0:
        raise Wrong(f"undo ended with {status}: {out.decode(errors='replace')}")
    for name, digest in damaged.items():
        if hashlib.md5((where / name).read_bytes()).digest() != digest:
            raise Wrong(f"undo did not give the bytes of {name} back")
    shutil.rmtree(where)
    mended.rename(where)
    for path in where.glob("*.set"):
        path.write_text(path.read_text().replace(str(mended) + "/", str(where) + "/"))
    return status


def theirs(base, damaged):
    """The most that a tool of the peer's gives."""
    ways = [["pmempool", "check", "-r", "-a", "-y"]]
    if base.replicas > 1:
        ways.append(["pmempool", "sync"])
    best = set()
    for way in ways:
        where = base.work / "peer"
        base.copy(damaged, where)
        run([*way, str(base.source(where))])
        found = base.content(where) & base.whole
        shutil.rmtree(where)
        if len(found) > len(best):
            best = found
    return best


def case(base, number):
    """One case: how it went with us and with the peer, and what was hit."""
    rng = random.Random(f"{base.name} {base.args.seed} {number}")
    how, what, style, made = (draw_sealed if base.args.sealed else draw)(rng, base)
    name, at, now = made[0]
    said = f"{base.name} {number}: {how} {what}, {style} in {len(now)} bytes of {name} at {at:#x}"
    damaged, copy, mended = (base.work / d for d in ("damaged", "copy", "ours"))
    for path in (damaged, copy, mended, base.work / "peer", base.work / "mended"):
        shutil.rmtree(path, ignore_errors=True)
    base.copy(base.pristine, damaged)
    for name, at, now in made:
        with (damaged / name).open("r+b") as f:
            f.seek(at)
            f.write(now)
    base.copy(damaged, copy)
    before = base.content(copy) & base.whole
    base.copy(damaged, mended)
    try:
        ours(base, mended)
        if base.args.keep:
            base.copy(mended, copy.with_name("mended"))
        after = base.content(mended) & base.whole
        lost = before - after
        if lost:
            raise Wrong(f"{len(lost)} of {len(before)} things that were there are gone: {sorted(map(str, lost))[:3]}")
    except Wrong as why:
        print(f"--- {said}: {why}\n", flush=True)
        return "worse", None, how, what, said
    peer = None
    if before == base.whole:
        word = "harmless"
    else:
        word = "whole" if after == base.whole else "more" if len(after) > len(before) else "same"
        if base.args.peer:
            found = theirs(base, damaged)
            peer = ("whole" if found == base.whole else "worse" if before - found
                    else "more" if len(found) > len(before) else "same")
    return word, peer, how, what, said


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--pmemscope", required=True)
    p.add_argument("--peers", required=True, help="directory of the programs that use PMDK")
    p.add_argument("--bases", required=True, help="directory of base pools, made when missing")
    p.add_argument("--out", required=True, type=pathlib.Path, help="directory to work in")
    p.add_argument("--base", action="append", help="which pools (default: all)")
    p.add_argument("--cases", type=int, default=100, help="of each pool")
    p.add_argument("--first", type=int, default=0)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--sealed", action="store_true", help="fields of BTT info blocks, under checksums that hold")
    p.add_argument("--no-peer", dest="peer", action="store_false")
    p.add_argument("--table", action="store_true", help="a line for each kind of structure")
    p.add_argument("--list", action="store_true", help="a line for each case that did not become whole")
    p.add_argument("--keep", action="store_true", help="the directories of the last case stay")
    args = p.parse_args()
    os.environ["PMEM_IS_PMEM_FORCE"] = "1"
    args.out = args.out.resolve()
    failed = 0
    every = ("blk_used", "blk_odd", "blk_set", "btt_ext4") if args.sealed else (
        "obj_used", "obj_tx", "obj_mixed", "obj_pair_tx", "obj_2x3", "blk_used", "blk_set", "log_used", "log_set", "btt_ext4")
    for name in args.base or every:
        base = Base(args, name, args.out / name)
        tally, by = collections.Counter(), collections.defaultdict(collections.Counter)
        for number in range(args.first, args.first + args.cases):
            word, peer, how, what, said = case(base, number)
            tally[word] += 1
            tally[f"peer {peer}"] += 1
            by[how, what][word] += 1
            by[how, what][f"peer {peer}"] += 1
            failed += word == "worse"
            if args.list and word in ("same", "more"):
                print(f"{word:5} (peer: {peer}) {said}", flush=True)
        hurt = args.cases - tally["harmless"]
        print(f"{name}: {args.cases} damages, {hurt} hurt the content; whole again: {tally['whole']} by us, "
              f"{tally['peer whole']} by the peer; more than before: {tally['more']} and {tally['peer more']}; "
              f"worse than before: {tally['worse']} and {tally['peer worse']}", flush=True)
        if args.table:
            for (how, what), t in sorted(by.items()):
                words = ", ".join(f"{word} {nr}" for word, nr in sorted(t.items()))
                print(f"    {how} {what}: {words}")
        if not args.keep:
            shutil.rmtree(base.work)
    sys.exit(failed > 0)


main()
