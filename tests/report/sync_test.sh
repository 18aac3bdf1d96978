#!/usr/bin/env bash
# sync and transform on the command line, beside PMDK's own checks.
. "$(dirname "$0")/lib.sh"

mkdir 0 1 2
one="$(printf '20M %s/0/a\n20M %s/0/b\n25M %s/0/c' "$PWD" "$PWD" "$PWD")"
two="$(printf 'REPLICA\n40M %s/1/a\n20M %s/1/b' "$PWD" "$PWD")"
three="$(printf 'REPLICA\n50M %s/2/a\n20M %s/2/b' "$PWD" "$PWD")"
printf 'PMEMPOOLSET\n%s\n%s\n' "$one" "$two" >src
printf 'PMEMPOOLSET\n%s\n%s\n%s\n' "$one" "$two" "$three" >added
printf 'PMEMPOOLSET\n%s\n' "$one" >removed
printf 'PMEMPOOLSET\nOPTION SINGLEHDR\n%s\n' "$one" >single
pmempool create --layout mylayout obj src
consistent() {
	pmempool check "$1" >out || fail "the peer on $1: $(cat out)"
	"$PMEMSCOPE" check "$1" >out || fail "our own check of $1: $(cat out)"
}

exits 0 "$PMEMSCOPE" sync -n src
says out 'nothing to do'
rm 1/b
exits 0 "$PMEMSCOPE" sync --dry-run src
says out "would create $PWD/1/b"
[ ! -e 1/b ] || fail "a dry run wrote"
# not a byte of a file can be written: a dry run needs none
no_room() { (trap '' XFSZ; ulimit -f 0; "$PMEMSCOPE" "$@" </dev/null 2>&1) | cat >out; }
find . -path './[012]*' -type f | sort >before
no_room sync --dry-run src || fail "a dry run needs room: $(cat out)"
says out "would create $PWD/1/b"
! no_room sync src || fail "a run needs none"
find . -path './[012]*' -type f | sort | diff before - >diff || fail "left: $(cat diff)"
exits 8 flock 0/a "$PMEMSCOPE" sync src
says err 'replica 0 part 0'
[ ! -e 1/b ] || fail "wrote although a part was in use"
exits 0 "$PMEMSCOPE" sync --progress fd:3 --json r.json src 3>progress
[ "$(jq -c '[.operation, .ok, [.acts[] | [.verb, .replica, .part, .done]]]' r.json)" = '["sync",true,[["create",1,1,true]]]' ] ||
	fail "json: $(cat r.json)"
grep -q '"what": "copy"' progress || fail "progress: $(cat progress)"
consistent src
[ "$(du -k 1/b | cut -f1)" -lt 1024 ] || fail "holes were filled: $(du -k 1/b)"
truncate -s 21M 0/b
exits 0 "$PMEMSCOPE" sync -v src
says out '.pmempool-old'
[ "$(stat -c %s 0/b.pmempool-old)" = $((21 << 20)) ] || fail "the old part was not kept"
rm 0/b.pmempool-old
exits 64 "$PMEMSCOPE" sync removed
exits 8 "$PMEMSCOPE" sync none
exits 16 "$PMEMSCOPE" sync

exits 0 "$PMEMSCOPE" transform --dry-run src added
[ "$(grep -c '^would create' out)" = 2 ] && [ "$(grep -c '^would write' out)" = 5 ] || fail "dry run: $(cat out)"
[ -z "$(ls 2)" ] || fail "a dry run wrote"
no_room transform --dry-run src added || fail "a dry run needs room: $(cat out)"
[ "$(grep -c '^would create' out)" = 2 ] || fail "dry run without room: $(cat out)"
[ -z "$(ls 2)" ] || fail "a dry run without room wrote"
exits 0 "$PMEMSCOPE" transform --json r.json src added
[ "$(jq -c '[.operation, .ok, ([.acts[] | select(.done)] | length)]' r.json)" = '["transform",true,7]' ] || fail "json: $(cat r.json)"
consistent added
exits 64 "$PMEMSCOPE" transform src removed
says err 'do not name'
exits 0 "$PMEMSCOPE" transform -v added src
says out "remove $PWD/2/b"
consistent src
exits 0 "$PMEMSCOPE" transform src removed
consistent removed
exits 0 "$PMEMSCOPE" transform removed single
consistent single
exits 0 "$PMEMSCOPE" transform single removed
consistent removed
exits 64 "$PMEMSCOPE" transform removed removed
exits 16 "$PMEMSCOPE" transform removed
[ -z "$(ls ./* 2>/dev/null | grep pmempool- )" ] || fail "something was left behind: $(ls ./*)"
exit $failed
