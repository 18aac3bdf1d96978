#!/usr/bin/env bash
# Two captures of one pool, made by PMDK: what changed between them, in every form.
. "$(dirname "$0")/lib.sh"

pmempool create obj --layout=confidential -s 20M before
"$PEERS/obj_use" close before
cp before after
"$PEERS/obj_use" tx after >/dev/null 2>&1 || true # killed, as it should be
diff() { "$PMEMSCOPE" diff --quiet "$@"; }

# nothing: 0, and said
exits 0 "$PMEMSCOPE" diff before before
says out 'The same'
cp before renamed
gzip -k before
exits 0 "$PMEMSCOPE" diff renamed before.gz

# a transaction under way
exits 4 "$PMEMSCOPE" diff before after --text --json tx.json --html tx.html
says out 'sds_dirty 0 -> 1'
says out 'lanes.lane[0]'
says out 'pool.sds.dirty'
exits 4 "$PMEMSCOPE" diff after before --json back.json
[ ! -s out ] || fail "text though only JSON was asked for"
grep -q '<script' tx.html && fail "the page has a script"
says tx.html 'sds_dirty 0 -&gt; 1'
says tx.html "default-src 'none'"

# damage: new findings, and gone ones the other way round
cp before damaged
put damaged 100 'XXXX'
exits 4 "$PMEMSCOPE" diff before damaged --json damaged.json
exits 4 "$PMEMSCOPE" diff damaged before --json mended.json
exits 4 "$PMEMSCOPE" diff damaged after --json both.json

# an array: the flog of a BTT, range by range
pmempool create blk 512 -s 32M blk
cp blk blk-after
"$PEERS/blk_use" close blk-after >/dev/null
exits 4 "$PMEMSCOPE" diff blk blk-after --json blk.json --text
grep -qE 'flog\[[0-9]+-[0-9]+\]$' out || fail "no range of the flog: $(head -c 300 out)"
exits 4 "$PMEMSCOPE" diff blk blk-after --max-changes 1 --json cut.json

python3 "$here/validate.py" "$SOURCE/report/json/diff.schema.json" tx.json back.json damaged.json mended.json both.json blk.json cut.json ||
	fail "not by the schema"
grep -qE '"path": "blk.btt.arena\[0\].map"' blk.json || fail "the map's entries are not compared"
exits 4 "$PMEMSCOPE" diff damaged after --sarif both.sarif
python3 - <<'PY' || fail "baseline states"
import json
run = json.load(open("both.sarif"))["runs"][0]
states = {(r["ruleId"], r["baselineState"]) for r in run["results"]}
assert {("pool.sds.dirty", "new"), ("pool.hdr.checksum", "absent")} <= states, states
assert all(run["tool"]["driver"]["rules"][r["ruleIndex"]]["id"] == r["ruleId"] for r in run["results"])
assert "redactionTokens" not in run
PY
exits 4 "$PMEMSCOPE" diff damaged after --sarif strict.sarif --redact strict
python3 - <<'PY' || fail "tokens, and messages that are strings"
import json
run = json.load(open("strict.sarif"))["runs"][0]
assert run["redactionTokens"] and len(set(run["redactionTokens"])) == len(run["redactionTokens"])
assert all(isinstance(r["message"]["text"], str) for r in run["results"])
assert all(isinstance(n["message"]["text"], str) for i in run["invocations"] for n in i["toolExecutionNotifications"])
PY

python3 - <<'PY' || fail "the documents do not tell what happened"
import json
def load(name):
	return json.load(open(name + ".json"))
def fields(d):
	return {(c["path"], c["field"]): (c.get("was"), c.get("now")) for c in d["changes"] if c["kind"] == "field"}
def ids(d, which):
	return {f["id"] for f in d["findings"][which]}
tx, back = load("tx"), load("back")
assert not tx["same"] and tx["before"]["verdict"] == "clean" and tx["after"]["verdict"] == "recoverable"
assert fields(tx)["replica[0].part[0].header", "sds_dirty"] == (0, 1)
assert {k: (b, a) for k, (a, b) in fields(tx).items()} == fields(back)
new = [c for c in tx["changes"] if c["kind"] == "new"]
assert any(c["path"] == "lanes.lane[0]" for c in new), new
assert [c["path"] for c in back["changes"] if c["kind"] == "gone"] == [c["path"] for c in new]
assert "pool.sds.dirty" in ids(tx, "new") and ids(back, "gone") == ids(tx, "new")
damaged, mended, both = load("damaged"), load("mended"), load("both")
assert "pool.hdr.checksum" in ids(damaged, "new") and ids(damaged, "new") == ids(mended, "gone")
assert "pool.hdr.checksum" in ids(both, "gone") and "pool.sds.dirty" in ids(both, "new")
blk, cut = load("blk"), load("cut")
assert any(c["kind"] == "elements" and c["fields"] for c in blk["changes"])
assert len(cut["changes"]) == 1 and cut["changes_total"] == blk["changes_total"] > 1
PY

# not one pool: refused in words, unless asked for
pmempool create obj --layout=confidential -s 20M other
exits 16 "$PMEMSCOPE" diff before other
says err '--force'
[ "$(wc -l <err)" = 1 ] || fail "more than one line"
exits 4 "$PMEMSCOPE" diff --force before other
exits 16 "$PMEMSCOPE" diff before
exits 16 "$PMEMSCOPE" diff before after other
exits 8 "$PMEMSCOPE" diff before missing
exits 16 "$PMEMSCOPE" diff before after --json - --html -

# what a level leaves out is in none of the forms, and one value has one token on both sides
cp before hidden-one
cp damaged hidden-two
for level in ids metadata-only strict; do
	{
		diff --redact $level -f hidden-one other --text --json r.json || true
		diff --redact $level hidden-one hidden-two --text --html r.html || true
		cat r.json r.html
	} >$level.all
	[ "$(wc -c <$level.all)" -gt 5000 ] || fail "$level: hardly anything was told"
	for secret in confidential hidden- $(pmempool info before | grep -oE '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}' | sort -u); do
		! grep -qiF -- "$secret" $level.all || fail "$level tells '$secret'"
	done
done
# the same bytes give the same document
diff --reproducible before after --json one.json || true
diff --reproducible before after --json two.json || true
cmp one.json two.json || fail "not the same twice"
exit $failed
