#!/usr/bin/env bash
# Results told together: what the tables, the page and SARIF say, and that it does not matter who made the results.
. "$(dirname "$0")/../lib.sh"
printf '#!/bin/sh\nexec "$BIN" batch --quiet --reproducible "$@"\n' >batch
chmod +x batch
PATH=$PWD:$PATH

mkdir in
for i in 1 2 3 4; do
	pmempool create log -s 2M in/good$i.log
	pmempool create log -s 2M in/bad$i.log
	put in/bad$i.log 40 'XXXX' # the same fault in all
done
evil=$'in/<script>alert(1)<\xff">.log'
cp in/bad1.log "$evil"
put "$evil" 9000 'another'
head -c 3000000 /dev/urandom >in/noise
(head -c 4096 in/good1.log && head -c 300000000 /dev/zero) | zstd -q >in/bomb # it expands to far more than anything real does
exits 0 "$PMEMSCOPE" batch manifest make in -o m.jsonl
exits 4 batch m.jsonl -o one -j2
exits 4 "$PMEMSCOPE" batch merge one
says out '11 images, '
for i in 0 1 2; do
	batch m.jsonl -o shards --shard $i/3 -j1 >/dev/null || true
done
exits 4 "$PMEMSCOPE" batch merge shards -o merged
for f in images.jsonl findings.jsonl fleet.sarif; do
	cmp -s one/fleet/$f merged/$f || fail "$f differs between shards and one run"
done
# each on storage of its own: only the reports' places differ
for i in 0 1 2; do
	batch m.jsonl -o own$i --shard $i/3 -j1 >/dev/null || true
done
exits 4 "$PMEMSCOPE" batch merge own0 own1 own2 -o several
cmp -s one/fleet/findings.jsonl several/findings.jsonl || fail "findings differ when shards keep their own"
cmp -s one/fleet/fleet.sarif several/fleet.sarif || fail "SARIF differs when shards keep their own"

python3 - <<'PY' || fail "what is told of all is not right"
import json, re, sqlite3, os, subprocess
from urllib.parse import unquote
images = [json.loads(l) for l in open("one/fleet/images.jsonl")]
findings = [json.loads(l) for l in open("one/fleet/findings.jsonl")]
assert [i["id"] for i in images] == sorted(i["id"] for i in images)
assert sum(i["verdict"] == "clean" for i in images) == 4, images
assert sum(i["error"] for i in images) == sum(f["severity"] == "error" for f in findings) > 0
db = sqlite3.connect("one/fleet/fleet.sqlite")
q = lambda sql: db.execute(sql).fetchall()
assert q("SELECT count(*) FROM images") == [(11,)]
assert q("SELECT images.verdict, status FROM images JOIN findings ON images.id = image WHERE findings.id = 'batch.worker.bound'") == [("unread", "limit")]
assert q("SELECT count(*) FROM findings") == [(len(findings),)]
assert max(n for n, in q("SELECT images FROM clusters")) == 5, q("SELECT id, images FROM clusters")
assert q("PRAGMA integrity_check") == [("ok",)]
told = [l for l in open(os.environ["SOURCE"] + "/README.md") if l.startswith("    SELECT ")]
assert len(told) >= 4, told
for query in told:
	db.execute(query)
	for check in re.findall(r"findings WHERE id = '([^']*)'", query):
		assert subprocess.run([os.environ["BIN"], "explain", check], stdout=subprocess.DEVNULL).returncode == 0, check
sarif = json.load(open("one/fleet/fleet.sarif"))
results = sum(len(r.get("results", [])) for r in sarif["runs"])
assert sarif["version"] == "2.1.0" and results >= len([f for f in findings]), results
assert [r["ruleId"] for r in sarif["runs"][-1]["results"]] == ["batch.worker.bound"]
assert len(sarif["runs"]) == 8 and len(sarif["runs"][-1]["artifacts"]) == 5, [len(r.get("artifacts", [])) for r in sarif["runs"]]
for page, here in (("one/fleet/fleet.html", "one/fleet"), ("merged/fleet.html", "merged"), ("several/fleet.html", "several")):
	html = open(page, encoding="utf-8").read()
	assert "<script" not in html and "alert(1)&lt;" in html, "markup of a name"
	links = re.findall(r'href="([^"#]+)"', html)
	assert len(links) >= 6, links
	for l in links:
		assert os.path.exists(os.path.join(here, unquote(l))), l
PY
no_control one/fleet/images.jsonl
no_control one/fleet/fleet.sarif

# redacted: no name of a file is anywhere in the results
exits 4 batch m.jsonl -o hidden -j2 --redact ids
exits 4 "$PMEMSCOPE" batch merge hidden
! grep -rlE 'bad1|good1|/in/' hidden --include='*.json' --include='*.jsonl' --include='*.sarif' --include='*.html' ||
	fail "a name is told in spite of --redact"

# all that is written is as the schema says
python3 "$SOURCE/tests/report/validate.py" "$SOURCE/report/json/batch.schema.json" m.jsonl one/fleet/*.jsonl hidden/fleet/*.jsonl one/??/*/done.json \
	hidden/??/*/done.json || fail "not by the schema"

# what one check found at several places of the same images is one row of the page
mkdir lanes
for i in 1 2; do
	pmempool create obj -s 8M lanes/$i.obj
	for n in 3 5; do put lanes/$i.obj $((8192 + 3072 * n)) 'XXXXXXXXXXXXXXXX'; done
done
put lanes/2.obj $((8192 + 3072 * 7)) 'XXXXXXXXXXXXXXXX'
exits 4 batch lanes -o lanes.out
exits 4 "$PMEMSCOPE" batch merge lanes.out
python3 - <<'PY' || fail "the page does not tell what images have in common"
import json, re
findings = [json.loads(l) for l in open("lanes.out/fleet/findings.jsonl")]
who, rows = {}, {}
for f in findings:
	who.setdefault((f["severity"], f["id"], f["fingerprint"]), set()).add(f["image"])
for (severity, check, _), images in who.items():
	rows.setdefault((severity, check, frozenset(images)), []).append(images)
page = open("lanes.out/fleet/fleet.html", encoding="utf-8").read()
table = page.split('id="clusters"')[1].split("</section>")[0]
assert {len(r) for r in rows.values()} == {1, 2}, rows
assert table.count("<tr>") - 1 == len(rows), (table.count("<tr>"), len(rows))
assert sum(map(int, re.findall(r'data-label="findings">([0-9]+)<', table))) == len(findings)
assert table.count("and 1 more place<") == sum(len(r) == 2 for r in rows.values())
PY

# a log that was cut off costs its run, not the file of all
log=$(ls one/??/*/report.sarif | head -1)
head -c 300 "$log" >cut && mv cut "$log"
exits 4 "$PMEMSCOPE" batch merge one -o cut
[ "$(python3 -c 'import json; print(len(json.load(open("cut/fleet.sarif"))["runs"]))')" = 7 ] || fail "a SARIF that was cut off spoils that of all"

# a result that does not stand, and one that a power failure spoilt
first=$(ls -d one/??/* | head -1)
: >"$first/done.json"
exits 8 "$PMEMSCOPE" batch merge one
says out '1 without a result that stands'
exits 8 "$PMEMSCOPE" batch merge missing
exits 64 "$PMEMSCOPE" batch merge in
exits 16 "$PMEMSCOPE" batch merge
exit $failed
