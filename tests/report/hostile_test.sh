#!/usr/bin/env bash
# Evidence that wants to be more than data: markup, bytes that are no text, orders to a terminal.
. "$(dirname "$0")/lib.sh"

evil=$'<script>alert(1)</script>\e[2J\e]0;x\a|`"'
pmempool create obj --layout=plain -s 20M pool
# the layout name lies at the start of the descriptor
put pool 4096 '<script>alert(1)</script>\033[2J\033]0;x\007|`"\000'
cp pool notext
put notext 4096 '\377\376\200name\000'
file=$'evil \e[31m<img src=x onerror=alert(1)>\n|x\u202e.pool'
cp pool "$file"
put "$file" 100 'XXXX'

for s in pool notext "$file"; do
	"$PMEMSCOPE" analyze --quiet --json out.json --jsonl out.jsonl --sarif out.sarif --markdown out.markdown \
		--text --color=never "$s" >out.text 2>err || true
	for form in json jsonl sarif markdown text; do
		no_control out.$form
	done
	no_control err
	python3 -m json.tool out.json >/dev/null || fail "$s: no JSON"
	python3 -m json.tool out.sarif >/dev/null || fail "$s: no SARIF"
	! grep -q '<script\|<img' out.markdown || fail "$s: markup in Markdown"
	for args in "check -v" show; do
		$PMEMSCOPE $args --quiet --color=never "$s" >text 2>err || true
		no_control text
		no_control err
		[ -s text ] || fail "$s: $args says nothing"
	done
	"$PMEMSCOPE" show --hex "$s" obj.descriptor >text 2>err
	no_control text
done
python3 - "$evil" <<'PY' || fail "the name does not come out as it went in"
import json, subprocess, sys, os
def layout(source):
	subprocess.run([os.environ["BIN"], "analyze", "-q", "--json", "o.json", source], stderr=subprocess.DEVNULL)
	def walk(n):
		yield n
		for c in n.get("children", []):
			yield from walk(c)
	r = json.load(open("o.json"))
	return next(n for n in walk(r["model"]) if n["path"] == "obj.descriptor")["fields"]["layout"]
assert layout("pool") == sys.argv[1], layout("pool")
assert layout("notext")["hex"].startswith("fffe806e616d65"), layout("notext")
PY

# names of options and commands come back escaped too
exits 16 "$PMEMSCOPE" $'\e[31mx'
no_control err
exits 16 "$PMEMSCOPE" analyze $'--\e[31mx'
no_control err
exits 16 "$PMEMSCOPE" show pool $'\e[31mx'
no_control err
exit $failed
