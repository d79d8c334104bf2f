#!/bin/sh
# Compiles and runs the program in docs/calling-a-library.md, as it stands there.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=${BUILD:-build/gcc}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
sed -n '/^```c$/,/^```$/p' docs/calling-a-library.md | sed '1d;$d' >"$folder/program.c"
number=0
for compiler in "gcc -Wall -Wextra" "clang -Wthread-safety -Wnoderef"; do
    number=$((number + 1))
    name="documented_program_built_with_${compiler%% *}_inflates_its_text"
    # shellcheck disable=SC2086
    if $compiler -Werror -std=gnu11 -Iomniglot/include -D_GNU_SOURCE "$folder/program.c" \
        "$build/lib/og-none.a" "$build/lib/og-mpk.a" "$build/lib/og-core.a" -lm -ldl -lpthread \
        -o "$folder/program" 2>"$folder/errors" &&
        [ "$("$folder/program" 2>>"$folder/errors")" = "hello, world" ]; then
        echo "ok $number - $name"
    else
        echo "not ok $number - $name"
        sed 's/^/# /' "$folder/errors"
    fi
done
echo "1..$number"
