#!/usr/bin/env bash
# A terabyte of holes and ten gigabytes of gzip are opened, read through and hashed in less than 300 MiB.
set -euo pipefail
open_pass=$(dirname "$1")/tests/bench.open_pass
if grep -q __asan_init "$open_pass"; then
  echo "built with a sanitizer, which needs memory of its own"
  exit 77
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

bounded() { # file, what its line must hold
  out=$("$open_pass" "$1")
  echo "$out"
  grep -q "$2" <<<"$out"
  peak=$(sed -n 's/^peak memory \([0-9]*\) KiB$/\1/p' <<<"$out")
  [ "$peak" -lt $((300 * 1024)) ]
}

truncate -s 1T "$dir/sparse"
printf pool | dd of="$dir/sparse" bs=1 seek=$((1 << 39)) conv=notrunc status=none
bounded "$dir/sparse" ": 1099511627776 bytes"

for _ in $(seq 10); do
  head -c $(((1 << 30) - (4 << 20))) /dev/zero
  head -c $((4 << 20)) /dev/urandom
done | gzip -1 >"$dir/long.gz"
bounded "$dir/long.gz" ": 10737418240 bytes, stored sha256 $(sha256sum <"$dir/long.gz" | cut -c1-64), decoded tree "
