# What the scripts here share. Sourced with the binary as $1; leaves us in an empty directory.
set -euo pipefail
PMEMSCOPE=$1
here=$(cd "$(dirname "$0")" && pwd)
rm -rf "$SCRATCH"
mkdir -p "$SCRATCH"
cd "$SCRATCH"
unset NO_COLOR COLUMNS
export BIN=$PMEMSCOPE
failed=0

fail() {
	printf 'FAIL: %s\n' "$*"
	failed=1
}
# exits STATUS COMMAND...: it ends with that status; its output goes to out and err
exits() {
	local want=$1 got=0
	shift
	timeout 60 "$@" >out 2>err </dev/null || got=$?
	[ "$got" = "$want" ] || fail "status $got, not $want: $*: $(head -c 300 err)"
}
# says FILE WORDS: FILE has the words
says() {
	grep -qF -- "$2" "$1" || fail "'$2' is not in $1: $(head -c 300 "$1")"
}
# no_control FILE: no byte that a terminal takes as an order
no_control() {
	! LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]' "$1" || fail "control bytes in $1"
	iconv -f utf-8 -t utf-8 "$1" >/dev/null || fail "$1 is not UTF-8"
	! grep -qP '[\x{80}-\x{9f}\x{200b}-\x{200f}\x{202a}-\x{202e}]' "$1" || fail "marks of direction in $1"
}
# put FILE OFFSET BYTES: writes BYTES (printf's escapes) there
put() {
	printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
