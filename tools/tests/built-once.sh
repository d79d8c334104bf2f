#!/bin/sh
# What one build has made is not out of date when the next has been made: neither for the next build of `make test`,
# nor for whoever goes on working after it. Of the builds that there are.
set -u
cd "$(dirname "$0")/../.." || exit 1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
. tools/tap.sh

# check NAME ARGUMENT... for make, as `make test` has them
check() {
    name=$1
    shift
    env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS -u BUILD make --no-print-directory -n "$@" >"$folder/commands" 2>&1
    status=$?
    grep -e "^printf '  %-8s" -e '^make: \*\*\*' "$folder/commands" >"$folder/output"
    [ $status -eq 0 ] && [ ! -s "$folder/output" ]
    report $? "nothing_is_left_to_be_built_$name"
}
said=$folder/output
check by_gcc CC=gcc tests
[ ! -d build/clang/linked ] || check by_clang CC=clang tests-by-clang
[ ! -d build/clang-sanitize/test ] || check with_sanitizers CC=clang SANITIZE=1 tests
echo "1..$number"
