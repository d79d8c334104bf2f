#!/bin/sh
# What `make product` makes from nothing: what a caller needs, by what lies in omniglot/ alone.
set -u
cd "$(dirname "$0")/../.." || exit 1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
. tools/tap.sh

env -u MAKEFLAGS -u MAKELEVEL make -n V=1 BUILD="$folder" product >"$folder/commands" 2>&1
report $? make_knows_how_to_make_it_from_nothing
for wanted in lib/og-none.a lib/og-mpk.a lib/og-proc.a lib/og-core.a bin/og-bindgen bin/og-doctor bin/og-run bin/og-scan; do
    grep -qF -- "$folder/$wanted" "$folder/commands"
    report $? "${wanted}_is_made"
done
grep -E '(^|[ /])(workloads|baselines|bench|attacks|results|build/wasm|build/rv32|build/source)/' \
    "$folder/commands" | sed 's/^/# /'
! grep -qE '(^|[ /])(workloads|baselines|bench|attacks|results|build/wasm|build/rv32|build/source)/' \
    "$folder/commands"
report $? nothing_else_is_made
echo "1..$number"
