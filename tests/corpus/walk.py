#!/usr/bin/env python3
"""walk.py CASE...: carries out each case's recipe, analyses the result, and compares with its expect.json.

--write puts down what was found instead: to be read line by line before it is committed.
--keep leaves the damaged files where they are."""
import argparse
import collections
import functools
import json
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests" / "report"))
import validate  # noqa: E402

PATHS_TOLD = 4  # findings of one kind whose places are compared one by one


class Failed(Exception):
    pass


def run(words):
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise Failed(f"{words[0]}: exit status {done.returncode}")
    return done.stdout


@functools.cache
def make_base(peers, bases, name):
    run([str(pathlib.Path(__file__).with_name("bases.sh")), peers, bases, name])


@functools.cache
def schema():
    return validate.validator_of(ROOT / "report" / "json" / "schema.json")


def make(args, case, out):
    recipe = case / "recipe"
    for line in recipe.read_text().splitlines():
        if line.startswith("base "):
            make_base(args.peers, args.bases, line.split()[1])
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    source, *options = run([args.damage, str(recipe), args.bases, str(out)]).splitlines()
    return source, options


def analyse(args, source, options, out):
    report = out.with_suffix(".json")
    done = subprocess.run([*args.under.split(), args.pmemscope, "analyze", "--reproducible", *options,
                           "--json", str(report), source],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=300, check=False)
    if not report.exists():
        raise Failed(f"no report; exit status {done.returncode}\n{done.stdout}{done.stderr}")
    with report.open() as f:
        found = json.load(f)
    wrong = list(validate.complaints(schema(), found))
    if wrong:
        raise Failed("not by the schema\n" + "\n".join(wrong[:10]))
    return found, done.returncode


def told(report, status):
    """What an expect.json holds, from a report."""
    groups = collections.defaultdict(list)
    for f in report["findings"]:
        groups[f["id"], f["severity"], f["verdict"]].append(f["path"])
    findings = []
    for (ident, severity, verdict), paths in sorted(groups.items()):
        row = {"id": ident, "severity": severity, "verdict": verdict, "count": len(paths)}
        if len(paths) <= PATHS_TOLD:
            row["paths"] = sorted(paths)
        findings.append(row)
    # whether damage can be mended is no property of what was found
    verdict = report["summary"]["verdict"].replace("repairable", "damaged")
    return {"exit": status, "verdict": verdict, "findings": findings}


def pretty(expect):
    rows = ",\n".join("    " + json.dumps(f) for f in expect["findings"])
    inner = f"[\n{rows}\n  ]" if rows else "[]"
    return (f'{{\n  "exit": {expect["exit"]}, "verdict": {json.dumps(expect["verdict"])},\n'
            f'  "findings": {inner}\n}}\n')


def walk(args, case):
    out = args.out.resolve() / case.parent.name / case.name
    source, options = make(args, case, out)
    report, status = analyse(args, source, options, out)
    found = pretty(told(report, status))
    wanted = case / "expect.json"
    if args.write:
        wanted.write_text(found)
        print(f"{case.parent.name}/{case.name}: {found}", end="")
    elif found != pretty(json.loads(wanted.read_text())):
        places = "".join(f'{f["id"]} at {f["path"]}: {f["message"]}\n' for f in report["findings"])
        raise Failed(f"expected:\n{wanted.read_text()}\nfound:\n{found}\n{places}the damaged pool: {source}")
    if not args.keep:
        shutil.rmtree(out)
        out.with_suffix(".json").unlink()


def arguments(about):
    p = argparse.ArgumentParser(description=about)
    p.add_argument("cases", type=pathlib.Path, nargs="+", metavar="CASE")
    p.add_argument("--pmemscope", required=True)
    p.add_argument("--damage", required=True)
    p.add_argument("--peers", required=True, help="directory of the programs that use PMDK")
    p.add_argument("--bases", required=True, help="directory of base pools, made when missing")
    p.add_argument("--out", required=True, type=pathlib.Path, help="directory to work in")
    p.add_argument("--under", default="", help="words before the program: valgrind ...")
    p.add_argument("--write", action="store_true")
    p.add_argument("--keep", action="store_true")
    return p.parse_args()


def main():
    args = arguments(__doc__)
    failed = 0
    for case in args.cases:
        try:
            walk(args, case.resolve())
        except Failed as why:
            print(f"--- {case.parent.name}/{case.name}: {why}\n")
            failed += 1
    print(f"{len(args.cases)} cases, their reports by the schema, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
