#!/usr/bin/env bash
# A capture is what tar, bsdtar, gunzip and bgzip read, gives the same bytes back, goes on where it was cut off, says what could
# not be read, and without user bytes holds none. Gets the program's path.
set -euo pipefail
pmemscope=$1
dir=${SCRATCH:-/tmp}/capture
rm -rf "$dir"
mkdir -p "$dir"
trap 'rm -rf "$dir"' EXIT

fail() {
	echo "FAIL: $*" >&2
	exit 1
}
run() { # STATUS ARGS...
	local want=$1 status=0
	shift
	"$pmemscope" "$@" >"$dir/out" 2>"$dir/said" || status=$?
	[ "$status" -eq "$want" ] || { cat "$dir/said" >&2; fail "$* gave $status, not $want"; }
}
killed() { # a peer that ends itself with SIGKILL
	local status=0
	( "$@"; exit $? ) >/dev/null 2>&1 || status=$?
	[ "$status" = 137 ] || fail "$*: was to be killed, ended with $status"
}
sparse() { # FILE KIB: no more than that on disk
	[ "$(du -k "$1" | cut -f1)" -le "$2" ] || fail "$1 takes $(du -k "$1" | cut -f1) KiB"
}
same_findings() { # SOURCE CAPTURE OPTIONS...
	local a=$1 b=$2
	shift 2
	for i in "$a" "$b"; do
		"$pmemscope" analyze "$@" --json "$dir/found.json" "$i" >/dev/null || [ $? -eq 4 ]
		python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
print(d["summary"]["verdict"])
for f in d["findings"]: print(f["id"], f["path"], f["fingerprint"], f.get("expected"), f.get("actual"))' "$dir/found.json" >"$dir/found.$([ "$i" = "$a" ] && echo a || echo b)"
	done
	diff "$dir/found.a" "$dir/found.b" >"$dir/out" || { cat "$dir/out" >&2; fail "$a and $b do not have the same findings"; }
	[ "$(head -1 "$dir/found.a")" != unread ] || fail "$a was not read"
}
archive_good() { # FILE
	gunzip -t "$1" || fail "gunzip -t"
	tar tzf "$1" >"$dir/list" || fail "tar tzf"
	command -v bgzip >/dev/null && { bgzip -t "$1" || fail "bgzip -t"; }
	[ "$(tail -1 "$dir/list")" = capture.json ] || fail "no capture.json at the end of $1"
}
unpacked_same() { # ARCHIVE MEMBER FILE: by both tars
	local tool
	for tool in tar bsdtar; do
		command -v $tool >/dev/null || { echo "no $tool here"; continue; }
		rm -rf "$dir/x" && mkdir "$dir/x"
		$tool -xzf "$1" -C "$dir/x" || fail "$tool cannot unpack $1"
		cmp "$dir/x/$2" "$3" || fail "$tool: $2 is not what was captured"
	done
}

# a pool whose process was killed inside a transaction
pmempool create -s 32M obj --layout=many "$dir/pool"
killed "$PEERS/obj_use" tx "$dir/pool"
before=$(sha256sum "$dir/pool"; stat -c %Y "$dir/pool")
run 0 capture "$dir/pool" -o "$dir/whole.tar.gz"
archive_good "$dir/whole.tar.gz"
unpacked_same "$dir/whole.tar.gz" pool "$dir/pool"
same_findings "$dir/pool" "$dir/whole.tar.gz"
same_findings "$dir/pool" "$dir/whole.tar.gz" --deep
same_findings "$dir/pool" "$dir/x" # and what was unpacked of it
[ ! -e "$dir/whole.tar.gz.partial" ] && [ ! -e "$dir/whole.tar.gz.partial.state" ] || fail "what it grew in is still there"
"$pmemscope" capture "$dir/pool" -o - 2>"$dir/said" | tar xzO pool | cmp - "$dir/pool" || fail "through a pipe"
# holes stay holes
cp --sparse=always "$dir/pool" "$dir/thin"
run 0 capture "$dir/thin" -o "$dir/thin.tar.gz"
unpacked_same "$dir/thin.tar.gz" thin "$dir/pool"
sparse "$dir/x/thin" $(($(du -k "$dir/thin" | cut -f1) + 64))
# the digest is what the report of the pool tells, and of the capture
run 0 analyze --hash --json "$dir/j" "$dir/pool"
tree=$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["sources"][0]["decoded"]["tree_sha256"])' "$dir/j")
tar xzOf "$dir/whole.tar.gz" capture.json | grep -q "\"tree_sha256\": \"$tree\"" || fail "the digest in capture.json"
[ "$(sha256sum "$dir/pool"; stat -c %Y "$dir/pool")" = "$before" ] || fail "the pool was changed"

# cut off at many places, it goes on, and is the same in the end but for what capture.json says of it
pmempool create -s 170M log "$dir/long"
head -c 160000000 /dev/urandom | dd of="$dir/long" bs=1M seek=2 conv=notrunc status=none
run 0 capture "$dir/long" -o "$dir/one.tar.gz"
for part in 50 85 100; do
	"$pmemscope" capture -q "$dir/long" -o "$dir/two.tar.gz" >/dev/null 2>&1 &
	pid=$!
	while [ ! -e "$dir/two.tar.gz" ] && [ "$(stat -c %s "$dir/two.tar.gz.partial" 2>/dev/null || echo 0)" -lt $((part * 1600000)) ]; do
		kill -0 $pid 2>/dev/null || break
		sleep 0.02
	done
	kill -9 $pid 2>/dev/null || true
	wait $pid 2>/dev/null || true
	[ -e "$dir/two.tar.gz" ] && break
done
[ -e "$dir/two.tar.gz" ] || run 0 capture "$dir/long" -o "$dir/two.tar.gz"
archive_good "$dir/two.tar.gz"
tar xzOf "$dir/two.tar.gz" long | cmp - "$dir/long" || fail "what went on is not what was captured"
tar xzOf "$dir/two.tar.gz" capture.json | grep -q '"resumed": true' || fail "it did not go on, it started anew"
[ "$(tar xzOf "$dir/one.tar.gz" capture.json | grep tree_sha256)" = "$(tar xzOf "$dir/two.tar.gz" capture.json | grep tree_sha256)" ] ||
	fail "the digest of what went on"
# of another pool it does not go on, and says so; a damaged state is none
printf '{"pmemscope_capture_state":1,"files":[]}\n' >"$dir/three.tar.gz.partial.state"
echo rest >"$dir/three.tar.gz.partial"
run 0 capture "$dir/pool" -o "$dir/three.tar.gz"
grep -q 'starting anew' "$dir/said" || fail "went on with another pool's capture"
archive_good "$dir/three.tar.gz"
# a tar that is the pool itself is refused
run 16 capture "$dir/pool" -o "$dir/pool"
run 16 capture "$dir/pool"
run 16 capture "$dir/pool" "$dir/long" -o "$dir/none"
run 16 capture "$dir/pool" -o "$dir/none" --names "$dir/n"
[ ! -e "$dir/none" ] || fail "a file for a usage error"
# no room: what was captured stays, nothing else is touched
if [ -e /dev/full ]; then
	run 8 capture "$dir/pool" -o /dev/full/x
	"$pmemscope" capture "$dir/pool" -o - >/dev/full 2>"$dir/said" && fail "a full disk is no success"
	grep -q 'No space left' "$dir/said" || fail "a full disk is not told"
fi

# user bytes: in objects that are there, freed, and in the log of the transaction
secret=BEGINOFTHESECRET
pmempool create -s 32M obj --layout=many "$dir/secret"
killed "$PEERS/obj_secret" "$dir/secret" $secret
[ "$(grep -ao $secret "$dir/secret" | wc -l)" -ge 1000 ] || fail "the pool holds no secrets to hide"
run 0 capture --metadata-only "$dir/secret" -o "$dir/meta.tar.gz"
archive_good "$dir/meta.tar.gz"
gunzip -c "$dir/meta.tar.gz" | grep -aq "${secret:2:8}" && fail "user bytes are in a capture without them"
same_findings "$dir/secret" "$dir/meta.tar.gz"
grep -q 'recoverable' "$dir/found.b" || fail "the transaction under way is not seen in the capture"
rm -rf "$dir/x" && mkdir "$dir/x" && tar xzf "$dir/meta.tar.gz" -C "$dir/x"
same_findings "$dir/secret" "$dir/x"
run 0 analyze --json "$dir/j" "$dir/meta.tar.gz"
grep -q '"left_out"' "$dir/j" || fail "the report does not say what was left out"
# a plan that would change what was left out is not made: object bytes are not known
run 0 extract "$dir/secret" object root -o "$dir/root"
run 4 extract "$dir/meta.tar.gz" object root -o "$dir/root.meta"
[ -s "$dir/root.meta.map" ] || fail "what was left out of the root object is not listed"

# names: a set with a layout's name, paths and a host, scrubbed
mkdir "$dir/NAMEDIR"
cat >"$dir/NAMEDIR/NAMESET.set" <<SET
PMEMPOOLSET
# NAMECOMMENT of the administrator
16M $dir/NAMEDIR/NAMEPART0
16M $dir/NAMEDIR/NAMEPART1
REPLICA
32M $dir/NAMEDIR/NAMECOPY
SET
pmempool create obj --layout=NAMELAYOUT "$dir/NAMEDIR/NAMESET.set"
run 0 capture "$dir/NAMEDIR/NAMESET.set" -o "$dir/set.tar.gz"
archive_good "$dir/set.tar.gz"
unpacked_same "$dir/set.tar.gz" "${dir#/}/NAMEDIR/NAMECOPY" "$dir/NAMEDIR/NAMECOPY"
unpacked_same "$dir/set.tar.gz" "${dir#/}/NAMEDIR/NAMESET.set" "$dir/NAMEDIR/NAMESET.set"
same_findings "$dir/NAMEDIR/NAMESET.set" "$dir/set.tar.gz"
run 0 capture --scrub "$dir/NAMEDIR/NAMESET.set" -o "$dir/scrub.tar.gz"
archive_good "$dir/scrub.tar.gz"
for name in NAME "$(hostname)"; do
	gunzip -c "$dir/scrub.tar.gz" | grep -aq "$name" && fail "$name is in a scrubbed capture"
done
[ "$(stat -c %a "$dir/scrub.tar.gz.names")" = 600 ] || fail "the names are not for their owner alone"
for name in NAMEDIR/NAMESET.set NAMEDIR/NAMEPART0 NAMELAYOUT; do
	grep -q "$name\$" "$dir/scrub.tar.gz.names" || fail "$name is not in the list of names"
done
same_findings "$dir/NAMEDIR/NAMESET.set" "$dir/scrub.tar.gz"
run 0 capture --scrub --metadata-only --names "$dir/scrub.tar.gz.names" "$dir/NAMEDIR/NAMESET.set" -o "$dir/again.tar.gz"
[ "$(tar tzf "$dir/scrub.tar.gz" | head -4)" = "$(tar tzf "$dir/again.tar.gz" | head -4)" ] || fail "a name has two tokens"

# what cannot be read: a mapfile beside it, as intake takes it, and status 4
printf '# Mapfile. Created by GNU ddrescue version 1.27\n0 + 1\n0 0x302000 +\n0x302000 0x1000 -\n0x303000 0x1cfd000 +\n' >"$dir/secret.map"
dd if=/dev/zero of="$dir/secret" bs=4096 seek=$((0x302)) count=1 conv=notrunc status=none
run 4 capture "$dir/secret" -o "$dir/lost.tar.gz"
tar xzOf "$dir/lost.tar.gz" secret.map >"$dir/lost.map"
command -v ddrescuelog >/dev/null && { [ "$(ddrescuelog -t "$dir/lost.map" | sed -n 's/.*bad-sector: *\([0-9]*\) .*/\1/p')" = 4096 ] ||
	{ ddrescuelog -t "$dir/lost.map" >&2; fail "ddrescuelog counts otherwise"; }; }
same_findings "$dir/secret" "$dir/lost.tar.gz"
run 4 capture --metadata-only "$dir/secret" -o "$dir/lost-meta.tar.gz"
same_findings "$dir/secret" "$dir/lost-meta.tar.gz"

echo "captures: whole, cut off and gone on, without user bytes, without names, with ranges lost"
