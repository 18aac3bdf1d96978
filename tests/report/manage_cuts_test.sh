#!/usr/bin/env bash
# sync, transform and feature as processes that are killed before every system call that changes what a file system holds:
# a write, a flush, a new file or name, one removed, lengthened or shared. What is whole stays whole, the same command again
# comes to the same end, and PMDK's library opens it.
. "$(dirname "$0")/lib.sh"
if [ -w /dev/shm ]; then
	dir=$(mktemp -d /dev/shm/cuts.XXXXXX)
	trap 'rm -rf "$dir"' EXIT
	cd "$dir"
fi
shim=$PEERS/write_shim.so
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0

mkdir 0 1 2
one="$(printf '8M %s/0/a\n8M %s/0/b' "$PWD" "$PWD")"
two="$(printf 'REPLICA\n9M %s/1/a\n8M %s/1/b' "$PWD" "$PWD")"
three="$(printf 'REPLICA\n17M %s/2/a' "$PWD")"
printf 'PMEMPOOLSET\n%s\n%s\n' "$one" "$two" >src
printf 'PMEMPOOLSET\n%s\n%s\n%s\n' "$one" "$two" "$three" >added
printf 'PMEMPOOLSET\n%s\n' "$one" >removed
printf 'PMEMPOOLSET\nOPTION SINGLEHDR\n%s\n%s\n' "$one" "$two" >single
pmempool create --layout many obj src
"$PEERS/obj_use" close src
cp -a --sparse=always 0 1 2 "$(mkdir was && echo was)"
"$PEERS/obj_content" src >content.want

restore() { # STATE: the files as they were, and nothing else
	rm -rf 0 1 2 ./*.pmempool-*
	cp -a --sparse=always "$1/0" "$1/1" "$1/2" .
}
whole() { # SET: the library's check and an open
	"$PEERS/obj_open_check" "$1"
}
used() { # SET: the objects and their bytes, and a use
	pmempool check "$1" >/dev/null && "$PEERS/obj_content" "$1" >content && cmp content content.want
}
same() { # STATE SKIP FILE...: the bytes from SKIP on are as they were
	local state=$1 skip=$2 f
	shift 2
	for f in "$@"; do
		cmp -i "$skip" "$f" "$state/$f" || return 1
	done
}
sync_kept() { same "$1" 0 1/a 1/b; } # the replica that holds
# Nothing was left but to flush the directory from which the list was removed. Our own check: it writes nothing.
done_already() {
	[[ $name != sync && $name != feature ]] && ! ls ./*.pmempool-transform >/dev/null 2>&1 && "$PMEMSCOPE" check "$1" >/dev/null 2>&1
}
# with no list of what is to be done nothing has begun; then headers alone change in what stays
transform_kept() {
	if done_already "$set"; then
		return 0
	elif ls ./*.pmempool-transform >/dev/null 2>&1; then
		case $name in add | remove) same "$1" 4096 0/a 0/b ;; esac
	else
		(cd "$1" && find 0 1 2 -type f) | while read -r f; do cmp "$f" "$1/$f" || exit 1; done
	fi
}
feature_kept() { same "$1" 4096 0/a 0/b 1/a 1/b; }

all=0
cuts() { # NAME STATE KEPT SET COMMAND...: SET is opened in the end
	name=$1 state=$2 kept=$3 set=$4
	local at=1 status
	shift 4
	while :; do
		restore "$state"
		status=0
		(LD_PRELOAD=$shim WRITE_ALL=1 WRITE_HOW=kill WRITE_AT=$at "$@" >out 2>err </dev/null || exit $?) 2>/dev/null || status=$?
		[ $status != 0 ] || break
		[ $status = 137 ] || fail "$name at $at: $status, not killed: $(cat err)"
		$kept "$state" >out || fail "$name at $at: what was whole is not any more: $(cat out)"
		done_already "$set" || "$@" >out 2>err </dev/null || fail "$name at $at: again: $(cat err)"
		whole "$set" >out 2>&1 || fail "$name at $at: the end is not whole: $(cat out)"
		[ $((at % 5)) != 0 ] || used "$set" >out 2>&1 || fail "$name at $at: other objects: $(cat out)"
		find . -name '*.pmempool-*' ! -name '*.pmempool-old*' | grep . >out && fail "$name at $at: left: $(cat out)"
		[ $failed = 0 ] || exit 1
		at=$((at + 1))
	done
	whole "$set" >out 2>&1 && used "$set" >out 2>&1 || fail "$name uncut: $(cat out)"
	echo "$name: $((at - 1)) boundaries"
	[ $at -gt 8 ] || fail "$name: only $((at - 1)) calls seen"
	all=$((all + at - 1))
}

keep() { # STATE: what lies here now
	mkdir "$1"
	cp -a --sparse=always 0 1 2 "$1"
}
restore was
rm 0/a
truncate -s 10M 0/b
keep harmed
cuts sync harmed sync_kept src "$PMEMSCOPE" sync src
cuts add was transform_kept added "$PMEMSCOPE" transform src added
restore was
exits 0 "$PMEMSCOPE" transform src added
keep three
cuts remove three transform_kept removed "$PMEMSCOPE" transform added removed
cuts single was transform_kept single "$PMEMSCOPE" transform src single
restore was
exits 0 "$PMEMSCOPE" transform src single
keep alone
cuts headers alone transform_kept src "$PMEMSCOPE" transform single src
cuts feature was feature_kept src "$PMEMSCOPE" feature --disable SHUTDOWN_STATE src
echo "$all boundaries cut"
exit $failed
