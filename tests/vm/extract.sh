#!/usr/bin/env bash
# Fresh captures of namespaces, made by the kernel in a VM: what we take out of each is, byte for byte, what the kernel
# shows of it. One is cut off in the middle of its writes.
. "$(dirname "$0")/lib.sh"

view() { # KIND WHAT
	"$here/capture" "$1" . || { fail "$1: no capture was made: $(tail -3 "$1.log")"; return; }
	local want
	want=$(sed -n 's/^sha256: //p' "$1.txt")
	"$PMEMSCOPE" extract "$1.img" "$2" --out "$1.out" 2>"$1.err" || fail "$1: extract ends with $?: $(cat "$1.err")"
	same "$1: the $2 is what the kernel shows" "$want" "$(sha256sum <"$1.out" | cut -d' ' -f1)"
	"$PMEMSCOPE" check -v "$1.img" >"$1.check" || fail "$1: damage where there is none: $(cat "$1.check")"
	rm -f "$1.img" "$1.out"
}

view btt2-4096 disk
view btt1-512 disk
view btt2-512-crashed disk
view fsdax disk
view devdax pool
exit $failed
