#!/usr/bin/env bash
# modules.sh DIR: what DIR/package-lock.json names, installed there; nothing to do the second time.
set -euo pipefail
cd "$1"
want=$(sha256sum package-lock.json)
[ "$(cat node_modules/.lock 2>/dev/null)" = "$want" ] && exit 0
npm ci --omit=optional --ignore-scripts --no-audit --no-fund --loglevel=error
echo "$want" >node_modules/.lock
