"""What PMDK's own library reads from each replica of a pool, and whose bytes a part holds.

A program reads the first replica alone. A set file that names the replicas in turn, another one first each time, fits the
links of the same ring: so each can be read as a program would."""
import os
import pathlib
import shutil
import subprocess

PAGE, BLOCK = 4096, 64


def replicas(text):
    """Of a set file: its options, and for each replica its parts: size and path."""
    options, groups = [], [[]]
    for line in text.splitlines()[1:]:
        words = line.split()
        if words[:1] == ["OPTION"]:
            options.append(line)
        elif words == ["REPLICA"]:
            groups.append([])
        elif len(words) == 2 and words[1].startswith("/"):
            groups[-1].append((words[0], pathlib.Path(words[1])))
    return options, groups


def views(peers, set_file, copy):
    """Of each replica: its objects, a line each, or the reason why the library does not read them. copy: a directory."""
    options, groups = replicas(set_file.read_text())
    found = []
    for first in range(len(groups)):
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        turned = []
        for group in groups[first:] + groups[:first]:
            for _, path in group:
                subprocess.run(["cp", "--sparse=always", str(path), str(copy / path.name)], check=True)
            turned.append("\n".join(f"{size} {copy / path.name}" for size, path in group))
        (copy / "pool").write_text("\n".join(["PMEMPOOLSET", *options, "\nREPLICA\n".join(turned)]) + "\n")
        done = subprocess.run([str(peers / "obj_content"), str(copy / "pool")], capture_output=True, text=True, check=False,
                              env={**os.environ, "PMEM_IS_PMEM_FORCE": "1"})
        lines = done.stdout.splitlines()
        found.append(lines[:-1] if done.returncode == 0 and lines[-1:] == ["sound"] else [f"{done.returncode}: {done.stderr}"])
    shutil.rmtree(copy)
    return found


def places(text):
    """Where the pool lies: of each part its replica, file name, first byte of the pool on it, how many, where they begin in it."""
    options, groups = replicas(text)
    single = any("SINGLEHDR" in line for line in options)
    for replica, group in enumerate(groups):
        at = 0
        for nr, (size, path) in enumerate(group):
            skip = PAGE if nr and not single else 0
            length = int(size.rstrip("M")) * (1 << 20 if size.endswith("M") else 1) - skip
            yield replica, path.name, at, length, skip
            at += length


def invented(text, before, name, ours, peers):
    """Where a part's bytes are not the peer's, nor those of any part before the call. before: those of all files."""
    parts = list(places(text))
    _, _, begin, length, skip = next(p for p in parts if p[1] == name)
    for at in range(begin, begin + length, BLOCK):
        off = at - begin + skip
        mine = ours[off:off + BLOCK]
        if mine == peers[off:off + BLOCK] or at < PAGE:
            continue
        if not any(mine == before[other][at - start + first:at - start + first + BLOCK]
                   for _, other, start, room, first in parts if other in before and start <= at < start + room):
            yield at
