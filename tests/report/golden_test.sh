#!/usr/bin/env bash
# Reports that were kept stay readable: those in golden/ were written by earlier versions and are never made anew.
. "$(dirname "$0")/lib.sh"
golden=$here/golden

nr=0
cp "$golden"/* .
gunzip ./*.html.gz
mkdir again
for report in *.json *.html; do
	exits 0 "$PMEMSCOPE" report --from "$report" --text --html again/page.html --json again/again.json
	no_control out
	python3 - "$report" again/again.json again/page.html out <<'PY' || fail "$report: what was kept is not what is told"
import json, re, sys
def of_page(text):
	return json.loads(re.search(r'<script type="application/json" id="report-data">(.*?)</script>', text, re.S).group(1))
kept, page = open(sys.argv[1]).read(), open(sys.argv[3]).read()
kept = of_page(kept) if sys.argv[1].endswith(".html") else json.loads(kept)
told = " ".join(open(sys.argv[4]).read().split())
assert json.load(open(sys.argv[2])) == kept
if kept.get("document") == "diff":
	assert kept["after"]["verdict"] in told and kept["after"]["verdict"] in page
	assert all(f["id"] in told and f["id"] in page for f in kept["findings"]["new"])
else:
	assert kept["summary"]["verdict"] in told
	assert all(f["id"] in told and f["id"] in page for f in kept["findings"])
	assert of_page(page)["summary"] == kept["summary"]
PY
	nr=$((nr + 1))
done
[ $nr -ge 7 ] || fail "only $nr reports are in $golden"

# a page of today is the same page again
pmempool create obj --layout=books -s 20M pool
exits 0 "$PMEMSCOPE" analyze --reproducible --html a.html --json a.json pool
exits 0 "$PMEMSCOPE" report --from a.html --html b.html
cmp a.html b.html || fail "a page made from a page is another"
"$PMEMSCOPE" report --from - <a.json >out || fail "not from standard input"
says out clean
exits 16 "$PMEMSCOPE" report --from a.json --html - --json -
exits 16 "$PMEMSCOPE" report a.json

# what is no report, or one of a later generation: one clear line
sed 's/"schema_version": "1.0"/"schema_version": "2.0"/' a.json >later.json
sed 's/"schema_version": "1.0"/"schema_version": "1.9"/' a.json >newer.json
head -c 3000 a.json >cut.json
echo '[]' >array.json
: >empty.json
echo '<html><script type="application/json" id="report-data">{' >cut.html
exits 0 "$PMEMSCOPE" report --from newer.json
for f in later.json cut.json array.json empty.json cut.html pool; do
	exits 64 "$PMEMSCOPE" report --from $f
	[ "$(wc -l <err)" = 1 ] || fail "$f: not one line"
	says err "$f: "
done
exits 8 "$PMEMSCOPE" report --from missing
exits 64 "$PMEMSCOPE" analyze a.json # a report is no evidence

# any key may be missing or of another type: no crash
python3 - "$PMEMSCOPE" "$golden/obj-damaged.json" <<'PY' || fail "a report that is not whole"
import copy, json, subprocess, sys
doc = json.load(open(sys.argv[2]))
doc.pop("model"), doc.pop("layouts", None)
def paths(v, at=()):
	for k, w in (v.items() if isinstance(v, dict) else enumerate(v[:1]) if isinstance(v, list) else ()):
		yield at + (k,)
		if len(at) < 2:
			yield from paths(w, at + (k,))
todo = list(paths(doc))
for n, path in enumerate(todo):
	for odd in ((None, 7, [[]], "x", {"a": {}})[n % 5],):
		bad = copy.deepcopy(doc)
		at = bad
		for k in path[:-1]:
			at = at[k]
		at[path[-1]] = odd
		r = subprocess.run([sys.argv[1], "report", "--from", "-", "--text", "--html", "odd.html"], input=json.dumps(bad).encode(),
			stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
		assert r.returncode in (0, 64), (path, odd, r.returncode, r.stderr[:300])
PY

# an index: the worst first, links that lead there, in whatever directory it lies
mkdir -p kept/sub 'out & in'
cp pool bad
put bad 100 'XXXX'
exits 4 "$PMEMSCOPE" analyze --html kept/sub/ --json kept/sub/ pool bad
cp a.html 'kept/a <b>.html'
echo text >kept/other.html
exits 0 "$PMEMSCOPE" report --index kept kept/sub --html 'out & in/index.html'
python3 - <<'PY' || fail "the index does not lead to its reports"
import html, os, re, urllib.parse
page = open("out & in/index.html").read()
links = [os.path.join("out & in", urllib.parse.unquote(html.unescape(h))) for h in re.findall(r'href="([^"]*)"', page)]
assert len(links) == 3 and all(os.path.isfile(l) for l in links), links
assert "bad" in links[0] and "<script" not in page and "<b>.html" not in page
assert re.search(r"<b>1</b> damaged", page) and re.search(r"<b>2</b> clean", page), page[-3000:]
PY
exits 64 "$PMEMSCOPE" report --index kept/other.html a.json --html i.html
[ -s i.html ] || fail "one that is no report keeps the others from the index"
exits 64 "$PMEMSCOPE" report --index 'out & in' --html j.html
exits 16 "$PMEMSCOPE" report --index kept
exit $failed
