#!/usr/bin/env bash
# What is left out at a level stands in no output of that level, in no spelling.
. "$(dirname "$0")/lib.sh"

mkdir secret-directory
pool=secret-directory/hidden-name.pool
printf 'PMEMPOOLSET\n10M %s/secret-directory/part-one\n10M %s/secret-directory/part-two\n' "$PWD" "$PWD" >secret-directory/set
pmempool create obj --layout=confidential secret-directory/set
pmempool create obj --layout=confidential -s 20M $pool
"$PEERS/obj_use" tx $pool >/dev/null 2>&1 || true
# bytes of the application, where they are sure to be seen: in the log of a transaction and in the heap
uuids=$(pmempool info $pool | grep -oE '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}' | sort -u)
[ -n "$uuids" ] || fail "no uuid to look for"
cp $pool secret-directory/torn.pool
put secret-directory/torn.pool 60 'XXXX'
put secret-directory/torn.pool 4200 'private words'

"$PMEMSCOPE" batch manifest make secret-directory -o many.jsonl

outputs() { # LEVEL OPTION...: all that can be written, one after the other
	local s level=$1 path
	shift
	for s in $pool secret-directory/torn.pool secret-directory/set; do
		rm -f o.*
		"$PMEMSCOPE" analyze --quiet --redact "$level" "$@" --json o.json --jsonl o.jsonl --sarif o.sarif \
			--markdown o.md --html o.html --text $s 2>&1 || true
		cat o.*
	done
	"$PMEMSCOPE" check -v --quiet --redact "$level" "$@" secret-directory/torn.pool 2>&1 || true
	"$PMEMSCOPE" diff --quiet --redact "$level" --force $pool secret-directory/torn.pool --text --json o.json --html o.html \
		--sarif o.sarif 2>&1 || true
	"$PMEMSCOPE" report --from o.json --text 2>&1 || true
	rm -rf results
	"$PMEMSCOPE" batch many.jsonl -o results --redact "$level" --quiet -j2 2>&1 || true
	"$PMEMSCOPE" batch merge results 2>&1 || true
	cat o.* results/??/*/* results/fleet/*
	"$PMEMSCOPE" show --quiet --redact "$level" --depth 20 secret-directory/set 2>&1 || true
	for path in 'replica[0].part[0].header' obj.descriptor; do
		"$PMEMSCOPE" show --quiet --redact "$level" $pool "$path" 2>&1 || true
		"$PMEMSCOPE" show --quiet --redact "$level" --hex $pool "$path" 2>&1 || true
	done
}
hex_of() { printf %s "$1" | od -An -v -tx1 | tr -d ' \n'; }
absent() { # LEVEL SECRET
	! grep -qiF -- "$2" "$1.all" || fail "$1 tells '$2': $(grep -iF -m1 -- "$2" "$1.all" | cut -c1-200)"
	! tr -d ' ' <"$1.all" | grep -qiF -- "$(hex_of "$2")" || fail "$1 tells '$2' in hex"
}

outputs none >none.all
says none.all confidential
says none.all hidden-name
for level in ids metadata-only strict; do
	outputs $level --deep >$level.all
	[ "$(wc -c <$level.all)" -gt 10000 ] || fail "$level: hardly anything was told"
	absent $level confidential
	absent $level hidden-name
	absent $level secret-directory
	absent $level part-one
	[ "$(hostname | wc -c)" -lt 5 ] || absent $level "$(hostname)"
	for u in $uuids; do
		absent $level "$u"
		tr -d ' ' <$level.all | grep -qiF -- "$(echo "$u" | tr -d - | cut -c17-32)" && fail "$level tells half of a uuid"
	done
done
absent metadata-only 'private words'
absent strict 'private words'
grep -q 'uuid-1' ids.all || fail "no tokens"
! grep -qE '[0-9a-f]{64}' strict.all || fail "strict tells a digest"

# the same value is the same token everywhere, the same evidence the same tokens
"$PMEMSCOPE" analyze --quiet --redact ids --json a.json $pool || true
python3 - <<'PY' || fail "tokens are not consistent"
import json
def header(r):
	def walk(n):
		yield n
		for c in n.get("children", []):
			yield from walk(c)
	return next(n for n in walk(r["model"]) if n["path"].endswith("header") and "uuid" in n["fields"])["fields"]
h = header(json.load(open("a.json")))
assert h["uuid"] == h["prev_part_uuid"] == h["next_part_uuid"] and h["uuid"] != h["poolset_uuid"], h
PY

# bytes of the application: never unless asked for
"$PMEMSCOPE" analyze --quiet --json b.json $pool || true
! grep -q '"user_data": true, "before": {"hex"' b.json || fail "user data without being asked"
exit $failed
