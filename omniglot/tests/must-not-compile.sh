#!/bin/sh
# Compiles every program of must-not-compile/ twice with Clang: with REFUSED defined it has to
# be refused, for the reason its comment gives after "want:" and in no second line; without, its
# twin has to compile. The twin has to compile with GCC as well.
set -u
cd "$(dirname "$0")/../.." || exit 1
flags="-std=gnu11 -Wall -Wextra -Werror -D_GNU_SOURCE -Iomniglot/include -fsyntax-only"
checked="-Wthread-safety -Wnoderef -Wno-gnu"
message=$(mktemp)
trap 'rm -f "$message"' EXIT
. tools/tap.sh
said=$message

for program in omniglot/tests/must-not-compile/*.c; do
    name=$(basename "$program" .c | tr - _)
    want=$(sed -n 's|^ \* want: \(.*\) \*/$|\1|p' "$program")
    # shellcheck disable=SC2086
    if clang $flags $checked -DREFUSED "$program" >"$message" 2>&1; then
        echo "it compiled" >"$message"
        status=1
    else
        # The reason is among the errors, and all of them are about one line.
        status=1
        lines=$(sed -n 's/^\([^:]*:[0-9]*\):[0-9]*: error: .*/\1/p' "$message" | sort -u | wc -l)
        [ -n "$want" ] && [ "$lines" -eq 1 ] && grep ' error: ' "$message" | grep -qF -- "$want" &&
            status=0
    fi
    report "$status" "${name}_is_refused_for_its_reason"
    # shellcheck disable=SC2086
    clang $flags $checked "$program" >"$message" 2>&1 && gcc $flags "$program" >"$message" 2>&1
    report $? "twin_of_${name}_compiles"
done
echo "1..$number"
