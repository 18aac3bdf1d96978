#!/usr/bin/env python3
"""caller.py LIBRARY CALL...: one call of a libpmempool, told as a line of JSON.

CALL: check PATH TYPE FLAGS ANSWERS [BACKUP] | rm PATH FLAGS | query|enable|disable PATH FEATURE FLAGS
    | sync PATH FLAGS | transform PATH PATH FLAGS | version MAJOR MINOR
    | open KIND PATH (the matching library of the peer opens the pool)
ANSWERS: what is said to one question after the other, the last one for ever: yes,no,-; "-" leaves it unanswered."""
import ctypes
import json
import os
import sys

RESULTS = ["CONSISTENT", "NOT_CONSISTENT", "REPAIRED", "CANNOT_REPAIR", "ERROR", "SYNC_REQ"]
TYPES = ["info", "error", "question"]
STATUSES_MAX = 10000


class Args(ctypes.Structure):
    _fields_ = [("path", ctypes.c_char_p), ("backup", ctypes.c_char_p), ("type", ctypes.c_int), ("flags", ctypes.c_uint)]


class Status(ctypes.Structure):
    _fields_ = [("type", ctypes.c_int), ("msg", ctypes.c_char_p), ("answer", ctypes.c_void_p)]


def check(lib, path, kind, flags, answers, backup=None):
    args = Args(path.encode(), backup.encode() if backup else None, int(kind), int(flags, 0))
    lib.pmempool_check_init.restype = ctypes.c_void_p
    lib.pmempool_check.restype = ctypes.POINTER(Status)
    ctypes.set_errno(0)
    ctx = lib.pmempool_check_init(ctypes.byref(args), ctypes.c_size_t(ctypes.sizeof(args)))
    if not ctx:
        return {"result": "INIT", "errno": ctypes.get_errno()}
    said, kept, left = [], {}, answers.split(",")
    while status := lib.pmempool_check(ctypes.c_void_p(ctx)):
        s = status.contents
        said.append([TYPES[s.type], s.msg.decode(errors="replace")])
        if s.type == 2 and left[0] != "-":
            word = kept.setdefault(left[0], ctypes.create_string_buffer(left[0].encode()))
            s.answer = ctypes.addressof(word)
        if s.type == 2 and len(left) > 1:
            left.pop(0)
        if len(said) > STATUSES_MAX:
            raise SystemExit("it does not end")
    return {"result": RESULTS[lib.pmempool_check_end(ctypes.c_void_p(ctx))], "said": said}


def opens(kind, path):
    lib = ctypes.CDLL(f"libpmem{kind}.so.1", use_errno=True)
    function = getattr(lib, f"pmem{kind}_open")
    function.restype = ctypes.c_void_p
    pool = function(path.encode(), None) if kind == "obj" else function(path.encode(), ctypes.c_size_t(0)) \
        if kind == "blk" else function(path.encode())
    if not pool:
        return {"result": -1, "errno": ctypes.get_errno()}
    getattr(lib, f"pmem{kind}_close")(ctypes.c_void_p(pool))
    return {"result": 0}


def main():
    library, call, *rest = sys.argv[1:]
    if call == "open":
        print(json.dumps(opens(*rest)))
        return
    lib = ctypes.CDLL(library, use_errno=True)
    if call == "check":
        print(json.dumps(check(lib, *rest)))
        return
    name = f"pmempool_feature_{call}" if call in ("query", "enable", "disable") else f"pmempool_{call}"
    values = [ctypes.c_uint(int(r, 0)) if r.lstrip("-").replace("0x", "").isalnum() and r.lstrip("-")[0].isdigit()
              else r.encode() for r in rest]
    ctypes.set_errno(0)
    result = getattr(lib, name)(*values)
    out = {"result": result}
    if result == -1:
        lib.pmempool_errormsg.restype = ctypes.c_char_p
        out["errno"] = ctypes.get_errno()
        out["said"] = [["error", lib.pmempool_errormsg().decode(errors="replace")]]
    print(json.dumps(out))


if __name__ == "__main__":
    os.environ["PMEM_IS_PMEM_FORCE"] = "1"
    main()
