#!/usr/bin/env bash
# How the command behaves towards people and scripts.
. "$(dirname "$0")/lib.sh"

pmempool create obj --layout=books -s 20M good
cp good bad
put bad 100 'XXXX'

# words that are none: one line, the nearest one, 16
exits 16 "$PMEMSCOPE"
exits 16 "$PMEMSCOPE" analyse good
says err 'did you mean analyze?'
[ "$(wc -l <err)" = 1 ] || fail "more than one line"
exits 16 "$PMEMSCOPE" analyze --jsn x good
says err 'did you mean --json?'
exits 16 "$PMEMSCOPE" analyze --only pool.hdr.checksun good
says err 'pool.hdr.checksum'
exits 16 "$PMEMSCOPE" explain pool.hdr.checksun
says err 'pool.hdr.checksum'
exits 16 "$PMEMSCOPE" analyze
exits 16 "$PMEMSCOPE" analyze --json
exits 16 "$PMEMSCOPE" analyze -Z good
exits 16 "$PMEMSCOPE" analyze --text=yes good
exits 16 "$PMEMSCOPE" analyze --fail-on fatal good
says err 'note, warning or error'
exits 16 "$PMEMSCOPE" analyze --redact all good
exits 16 "$PMEMSCOPE" analyze --redact ids --user-bytes good
exits 16 "$PMEMSCOPE" analyze --max-findings -1 good
for types in '' 3- 7-3 x 3,,4 99999999999999999999 -1; do
	exits 16 "$PMEMSCOPE" analyze --roots="$types" good
	says err '--roots wants type numbers'
done
exits 16 "$PMEMSCOPE" analyze --memory 12Q good
exits 16 "$PMEMSCOPE" analyze --map nothing good
exits 16 "$PMEMSCOPE" analyze --progress=x good
exits 16 "$PMEMSCOPE" analyze --json - --sarif - good
exits 16 "$PMEMSCOPE" analyze --html x.html good bad
exits 16 "$PMEMSCOPE" analyze --plan x.plan good bad
exits 16 "$PMEMSCOPE" analyze --plan x.plan --redact ids bad
exits 16 "$PMEMSCOPE" show good there.is.none
exits 16 "$PMEMSCOPE" show --json --hex good
exits 0 "$PMEMSCOPE" --help
exits 0 "$PMEMSCOPE" --version
says out pmemscope
for verb in analyze check show explain; do
	exits 0 "$PMEMSCOPE" $verb --help
	says out "usage: pmemscope $verb"
done

# what is no pool: one clear line, at once
echo text >text
: >empty
mkfifo fifo
mkdir dir
for s in text empty fifo; do
	exits 64 "$PMEMSCOPE" analyze "$s"
	[ "$(wc -l <err)" = 1 ] || fail "$s: not one line"
	says err "$s: "
	exits 64 "$PMEMSCOPE" check "$s"
	[ "$(wc -l <out)" = 1 ] || fail "$s: not one line"
	exits 64 "$PMEMSCOPE" show "$s"
done
exits 64 "$PMEMSCOPE" analyze dir
exits 8 "$PMEMSCOPE" analyze missing
says err missing

# statuses
exits 0 "$PMEMSCOPE" check good
exits 4 "$PMEMSCOPE" check bad
exits 4 "$PMEMSCOPE" check bad good
exits 64 "$PMEMSCOPE" check bad good text
exits 8 "$PMEMSCOPE" check bad missing
exits 4 "$PMEMSCOPE" check -v --skip 'pool.hdr.*' bad
! grep -q pool.hdr. out || fail "--skip"
exits 4 "$PMEMSCOPE" check --only pool.hdr.checksum bad
exits 4 "$PMEMSCOPE" check --fail-on error bad
exits 4 "$PMEMSCOPE" check -v bad
says out pool.hdr.checksum
[ "$("$PMEMSCOPE" check good bad | wc -l)" = 2 ] || fail "check: not one line a source"

# nothing is written to what is looked at
before=$(sha256sum good bad)
"$PMEMSCOPE" analyze --deep --json x.json good bad >/dev/null || true
[ "$before" = "$(sha256sum good bad)" ] || fail "evidence was changed"

# streams: - is standard output, a reader may leave, nothing else gets in between
"$PMEMSCOPE" analyze --json - bad 2>err | python3 -m json.tool >/dev/null || true
"$PMEMSCOPE" analyze --json - good | python3 -c 'import json, sys; json.load(sys.stdin)' || fail "--json -"
"$PMEMSCOPE" explain | head -1 >/dev/null || fail "explain | head"
(set +o pipefail; "$PMEMSCOPE" show --depth 9 --limit 100000 good 2>err | head -1 >/dev/null)
[ ! -s err ] || fail "a reader that left is no error: $(cat err)"
exits 8 sh -c "'$PMEMSCOPE' analyze --json - good >/dev/full"
exits 8 sh -c "'$PMEMSCOPE' explain >/dev/full"
"$PMEMSCOPE" analyze --json /dev/null good || fail "/dev/null"

# files: written aside, nothing left when it fails
exits 8 "$PMEMSCOPE" analyze --json no/such/dir/x good
says err 'no/such/dir/x'
mkdir reports
exits 0 "$PMEMSCOPE" analyze --json reports/a.json --sarif reports/a.sarif --markdown reports/a.md --jsonl reports/a.jsonl good
[ "$(ls reports | wc -l)" = 4 ] || fail "$(ls reports)"
[ ! -s out ] || fail "text although it is no terminal and other reports were asked for"
umask 027
"$PMEMSCOPE" analyze --json mode.json good
[ "$(stat -c %a mode.json)" = 640 ] || fail "mode $(stat -c %a mode.json)"

# narrow and wide: no line is longer, words are not lost
for columns in 40 80 200; do
	COLUMNS=$columns "$PMEMSCOPE" analyze --text bad >text || true
	awk -v w=$columns 'length($0) > w { bad = 1; print length($0) ": " $0 } END { exit bad }' text ||
		fail "a line is longer than $columns"
	says text pool.hdr.checksum
	COLUMNS=$columns "$PMEMSCOPE" show --hex bad 'replica[0].part[0].header' >text
	awk -v w=$columns 'length($0) > w { bad = 1 } END { exit bad }' text || fail "hex: longer than $columns"
done
for verb in analyze show; do
	COLUMNS=40 "$PMEMSCOPE" $verb --help | awk 'length($0) > 40 { bad = 1; print } END { exit bad }' || fail "help $verb"
done

# colour: only when asked for, or on a terminal that wants it
colored() { LC_ALL=C grep -q $'\e' text; }
"$PMEMSCOPE" analyze --text bad >text || true
! colored || fail "colour in a file"
"$PMEMSCOPE" analyze --text --color=always bad >text || true
colored || fail "no colour with --color=always"
if command -v script >/dev/null; then
	script -qec "'$PMEMSCOPE' analyze bad" text >/dev/null || true
	colored || fail "no colour on a terminal"
	NO_COLOR=1 script -qec "'$PMEMSCOPE' analyze bad" text >/dev/null || true
	! LC_ALL=C grep -q $'\e\\[[0-9;]*m' text || fail "colour in spite of NO_COLOR"
fi

# show: the tree, a structure, a field, elements
exits 0 "$PMEMSCOPE" show good
says out 'replica[0]'
exits 0 "$PMEMSCOPE" show good 'replica[0].part[0].header.signature'
says out PMEMOBJ
exits 0 "$PMEMSCOPE" show --json good 'replica[0].part[0].header'
python3 -c 'import json; assert json.load(open("out"))["fields"]["signature"] == "PMEMOBJ"' || fail "show --json"
exits 0 "$PMEMSCOPE" show --hex good 'replica[0].part[0].header'
says out '50 4d 45 4d 4f 42 4a 00'

# an index is kept when asked for, beside nothing of the evidence, and used by the next
mkdir keep
gzip -c good >good.gz
ls >before
exits 0 "$PMEMSCOPE" analyze --keep-index keep --json first.json good.gz
[ "$(ls keep | wc -l)" = 1 ] || fail "no index was kept"
exits 0 "$PMEMSCOPE" analyze --keep-index keep --json second.json good.gz
python3 - <<'PY' || fail "with an index the report is another"
import json
first, second = (json.load(open(f + ".json")) for f in ("first", "second"))
assert "opened by an index" in second["sources"][0]["note"]
assert "note" not in first["sources"][0]
assert first["sources"][0]["decoded"] == second["sources"][0]["decoded"]
assert first["findings"] == second["findings"] and first["model"] == second["model"]
PY
exits 0 "$PMEMSCOPE" show --keep-index keep good.gz 'replica[0].part[0].header.signature'
says out PMEMOBJ
exits 8 "$PMEMSCOPE" check --keep-index nowhere good.gz
says err 'nowhere/good.gz'
ls | grep -vx 'first.json\|second.json\|out\|err' | diff - <(grep -vx 'out\|err' before) >/dev/null || fail "something else was written"

# explain: every check has its words, in both forms
"$PMEMSCOPE" explain --json >all.json
python3 - <<'PY' || fail "explain --json"
import json
all = json.load(open("all.json"))
assert len(all) > 50
for c in all:
	assert c["id"] and c["says"] and c["means"] and c["remedy"] and c["source"] and (c["covers"] or c["id"].startswith("batch.")), c
PY

# progress and signals
exits 0 "$PMEMSCOPE" analyze --progress=fd:3 --json /dev/null good 3>progress
while read -r line; do
	python3 -c 'import json, sys; json.loads(sys.argv[1])' "$line" || fail "progress: $line"
done <progress
head -c 16M /dev/zero | gzip -1 >zeros.gz # a gzip file may have many members
{ gzip -1 <good && for _ in $(seq 200); do cat zeros.gz; done; } >slow.gz
"$PMEMSCOPE" analyze --quiet --json slow.json slow.gz >/dev/null 2>err &
pid=$!
# it looks after signals from when it blocks them: SIGTERM is bit 14
for _ in $(seq 100); do
	blocked=$(awk '/SigBlk/ { print $2 }' /proc/$pid/status 2>/dev/null || echo 0)
	((0x$blocked & 0x4000)) && break
	sleep 0.02
done
kill -TERM $pid 2>/dev/null && {
	status=0
	wait $pid || status=$?
	[ $status = 32 ] || [ $status = 0 ] || fail "after SIGTERM: status $status"
	[ $status = 0 ] || [ ! -e slow.json ] || fail "a report in spite of SIGTERM"
	! ls slow.json.* 2>/dev/null || fail "something was left behind"
}
rm -f zeros.gz slow.gz
exit $failed
