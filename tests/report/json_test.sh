#!/usr/bin/env bash
# JSON of pools that PMDK made, sound and damaged: by the schema, and the same twice.
. "$(dirname "$0")/lib.sh"
schema=$SOURCE/report/json/schema.json

pmempool create obj --layout=books -s 20M obj.pool
pmempool create log -s 4M log.pool
pmempool create blk 512 -s 20M blk.pool
printf 'PMEMPOOLSET\n8M %s/a.part\n8M %s/b.part\nREPLICA\n16M %s/c.part\n' "$PWD" "$PWD" "$PWD" >set
pmempool create obj --layout=two set
for form in open tx; do
	pmempool create obj --layout=items -s 20M "$form.pool"
	"$PEERS/obj_use" "$form" "$form.pool" >/dev/null || true
done
for n in obj log blk; do
	cp "$n.pool" "bad-$n.pool"
	put "bad-$n.pool" 100 'XXXX'
	put "bad-$n.pool" 4100 'XXXX'
	put "bad-$n.pool" 8300 'XXXX'
done
gzip -k obj.pool
mkdir dir
cp a.part c.part dir/
head -c 3000 obj.pool >short.pool
echo text >text
printf '# Mapfile. Created by GNU ddrescue version 1.27\n0x0     ?     1\n0x0 0x1000 +\n0x1000 0x1000 -\n0x2000 0x13FE000 +\n' >tx.pool.map

sources=(obj.pool log.pool blk.pool set open.pool tx.pool bad-obj.pool bad-log.pool bad-blk.pool obj.pool.gz dir
	short.pool text)
for s in "${sources[@]}"; do
	"$PMEMSCOPE" analyze --quiet --json "$s.json" "$s" 2>err || true
	[ -s "$s.json" ] || fail "no report of $s: $(cat err)"
done
for s in bad-obj.pool tx.pool set; do
	"$PMEMSCOPE" analyze --quiet --deep --user-bytes --json "$s.deep.json" "$s" 2>err || true
	for level in ids metadata-only strict; do
		"$PMEMSCOPE" analyze --quiet --redact "$level" --json "$s.$level.json" "$s" 2>err || true
	done
done
"$PMEMSCOPE" analyze --quiet --json all.json "${sources[@]}" 2>err || true
python3 "$here/validate.py" "$schema" ./*.json || fail "not by the schema"

# the files say what they are about
python3 - <<'PY' || fail "the reports do not say what is known of these pools"
import json
def load(n): return json.load(open(n))
assert len(load("all.json")) == 13
assert load("obj.pool.json")["pool"]["format"] == "pmemobj"
assert load("text.json")["pool"] is None and load("text.json")["summary"]["exit_status"] == 64
for n in ("obj", "log", "blk"):
	r = load(f"bad-{n}.pool.json")
	assert r["summary"]["verdict"] in ("damaged", "repairable"), n
	assert r["summary"]["counts"]["error"] > 0
	for f in r["findings"]:
		assert f["id"] in r["checks"], f["id"]
		for e in f["evidence"]:
			assert e["source"] is None or e["offset"] + e["length"] <= r["sources"][e["source"]]["decoded"]["size"]
# evidence is where the file has it: the checksum of the header, by the bytes themselves
r = load("bad-obj.pool.json")
f = next(f for f in r["findings"] if f["id"] == "pool.hdr.checksum")
e = f["evidence"][0]
bytes_ = open("bad-obj.pool", "rb").read()[e["offset"]:e["offset"] + e["length"]]
assert hex(int.from_bytes(bytes_, "little")) == f["actual"], f
layers = [l["kind"] for l in load("obj.pool.gz.json")["sources"][0]["layers"]]
assert layers == ["file", "gzip"], layers
s = load("set.json")["pool"]["replicas"]
assert [len(x["parts"]) for x in s] == [2, 1], s
assert load("tx.pool.json")["sources"][0]["unread"]["bytes"] == 4096
# every node's layout is explained, every path is one
def walk(n, depth=0):
	yield n
	for c in n.get("children", []):
		assert c["path"].startswith(n["path"]), (n["path"], c["path"])
		yield from walk(c)
for name in ("obj.pool", "set", "bad-blk.pool"):
	r = load(name + ".json")
	nodes = list(walk(r["model"]))
	assert len(nodes) > 3
	assert {n["layout"] for n in nodes if "layout" in n} == set(r["layouts"])
	paths = [n["path"] for n in nodes]
	assert len(paths) == len(set(paths)), "paths are not unique"
	for f in r["findings"]:
		assert f["node"] in paths, f["node"]
PY

# same bytes in, same bytes out, wherever they lie and whatever they are called
mkdir -p other/place
for s in obj.pool bad-obj.pool bad-blk.pool tx.pool obj.pool.gz; do
	cp "$s" "other/place/renamed-$s"
	touch -d '2001-02-03' "other/place/renamed-$s"
	[ ! -f "$s.map" ] || cp "$s.map" "other/place/renamed-$s.map"
	reports() { # PREFIX SOURCE
		"$PMEMSCOPE" analyze --quiet --reproducible --json $1.json --jsonl $1.jsonl --sarif $1.sarif \
			--markdown $1.md --html $1.html --text "$2" >$1.text || true
	}
	reports one "$s"
	reports two "other/place/renamed-$s"
	for form in json jsonl sarif md html text; do
		cmp one.$form two.$form || fail "$s: $form differs"
		! grep -qF "$(hostname)" one.$form || [ "$(hostname | wc -c)" -lt 5 ] || fail "$s: the host is in $form"
		! grep -qF "$PWD" one.$form || fail "$s: a path is in $form"
	done
done

# lines: a head, then the findings; all of it as the report has it, which is by the schema
for s in bad-blk.pool bad-obj.pool tx.pool set text; do
	"$PMEMSCOPE" analyze --quiet --reproducible --jsonl lines --json whole "$s" || true
	python3 - <<'PY' || fail "$s: --jsonl is not what --json is"
import json
(head, *findings), whole = [json.loads(l) for l in open("lines")], json.load(open("whole"))
assert head.pop("record") == "report" and {f.pop("record") for f in findings} <= {"finding"}
assert findings == whole.pop("findings")
whole = {k: v for k, v in whole.items() if k not in ("model", "layouts", "map")}
assert head == whole, head.keys() ^ whole.keys()
PY
done
"$PMEMSCOPE" analyze --quiet --jsonl lines bad-blk.pool bad-obj.pool || true
[ "$(grep -c '"record": *"report"' lines)" = 2 ] || fail "--jsonl of two"

# a directory gets a file for each
"$PMEMSCOPE" analyze --quiet --json many/ obj.pool log.pool
python3 "$here/validate.py" "$schema" many/001-obj.pool.json many/002-log.pool.json || fail "--json DIR/"

# SARIF: places count in artifacts that there are, rules are those that results name
"$PMEMSCOPE" analyze --quiet --sarif a.sarif bad-obj.pool obj.pool.gz || true
python3 - <<'PY' || fail "--sarif"
import json
log = json.load(open("a.sarif"))
assert log["version"] == "2.1.0" and len(log["runs"]) == 2
for run in log["runs"]:
	rules = run["tool"]["driver"]["rules"]
	for r in run["results"]:
		assert rules[r["ruleIndex"]]["id"] == r["ruleId"]
		for l in r["locations"]:
			if "physicalLocation" in l:
				p = l["physicalLocation"]
				a = run["artifacts"][p["artifactLocation"]["index"]]
				assert p["region"]["byteOffset"] + p["region"]["byteLength"] <= a["length"]
gz = log["runs"][1]["artifacts"]
assert gz[1]["parentIndex"] == 0 and gz[1]["length"] == 20 << 20, gz
PY
exit $failed
