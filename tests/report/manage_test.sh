#!/usr/bin/env bash
# rm and feature: the operations on the command line.
. "$(dirname "$0")/lib.sh"

printf 'PMEMPOOLSET\n2M %s/a\n2M %s/b\n' "$PWD" "$PWD" >set
pmempool create log set

exits 0 "$PMEMSCOPE" feature --query CKSUM_2K set
[ "$(cat out)" = 1 ] || fail "query: $(cat out)"
cp a a.was
exits 0 "$PMEMSCOPE" feature --disable SHUTDOWN_STATE --dry-run set
[ "$(grep -c '^would write' out)" = 2 ] || fail "dry run: $(cat out)"
cmp a a.was || fail "a dry run wrote"
exits 64 "$PMEMSCOPE" feature --disable CKSUM_2K set
says err 'disable SHUTDOWN_STATE first'
exits 16 "$PMEMSCOPE" feature --enable SINGLEHDR set
exits 16 "$PMEMSCOPE" feature --enable FOO set
exits 16 "$PMEMSCOPE" feature --enable CKSUM_2K --disable CKSUM_2K set
exits 16 "$PMEMSCOPE" feature set
exits 0 "$PMEMSCOPE" feature -d SHUTDOWN_STATE --json r.json set
[ "$(jq -c '[.operation, .dry_run, .ok, (.acts | length), .acts[1].part, .acts[1].done]' r.json)" = '["feature",false,true,2,1,true]' ] ||
	fail "json: $(cat r.json)"
exits 0 "$PMEMSCOPE" feature --query SHUTDOWN_STATE --json - set
[ "$(jq .value out)" = 0 ] || fail "query: $(cat out)"
pmempool check set >out || fail "the peer: $(cat out)"
exits 8 "$PMEMSCOPE" feature --query CKSUM_2K missing
says err 'missing: No such file'
exits 64 "$PMEMSCOPE" feature --query CKSUM_2K a.was/.. 

exits 0 "$PMEMSCOPE" rm -n -l set
[ "$(grep -c '^would remove' out)" = 3 ] || fail "rm -n: $(cat out)"
[ -e a ] && [ -e b ] || fail "a dry run removed"
exits 8 flock b "$PMEMSCOPE" rm set
says err 'replica 0 part 1'
[ -e a ] || fail "removed although one was in use"
exits 0 "$PMEMSCOPE" rm --json r.json set
[ "$(jq -c '[.ok, [.acts[].verb]]' r.json)" = '[true,["remove","remove"]]' ] || fail "json: $(cat r.json)"
[ ! -e a ] && [ ! -e b ] && [ -e set ] || fail "rm"
exits 8 "$PMEMSCOPE" rm --json - set
[ "$(jq -r .error.name out)" = ENOENT ] || fail "json: $(cat out)"
exits 0 "$PMEMSCOPE" rm -f -l set
[ ! -e set ] || fail "rm -l"
exits 16 "$PMEMSCOPE" rm
printf 'PMEMPOOLSET\n2M x\n' >set
exits 64 "$PMEMSCOPE" rm -f set
says err 'set:2: '
exit $failed
