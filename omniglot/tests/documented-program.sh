#!/bin/sh
# The programs in docs/calling-a-library.md, as they stand there, built by its commands in a folder
# outside of this tree. That they run behind protection keys is tested by documented-program-in-guest.
set -u
cd "$(dirname "$0")/../.." || exit 1
tree=$PWD
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
. tools/tap.sh
said=$folder/errors

omniglot/tests/documented-files "$folder" 2>"$folder/errors"
report $? documented_files_are_found
cd "$folder" || exit 1
keys=$(sed -n 's|.* \(/.*/bin\)/og-scan .*|\1|p' commands.2)/og-doctor

# prints_its_text PROGRAM TEXT: where nothing isolates, it says so and prints nothing.
prints_its_text() {
    output=$("./$1" 2>errors)
    if "$keys" | grep -q '^OG_BEST picks  *nothing'; then
        grep -q '^OG_UNSUPPORTED: .*; name OG_NONE to go without$' errors && [ -z "$output" ]
    else
        [ "$output" = "$2" ]
    fi
}

sh -e commands.1 >errors 2>&1 && [ -e zlib-og.h ] && [ -e zlib-types.h ]
report $? documented_interface_is_bound
[ "$(wc -l <inflate.c)" -le 45 ] || echo "inflate.c is longer" >errors
report $? documented_program_is_short
for compiler in "gcc -Wall -Wextra -Werror" "clang -Wall -Wthread-safety -Wnoderef -Werror"; do
    name=documented_program_built_with_${compiler%% *}
    rm -f inflate
    sed "s/^ *cc /$compiler /" commands.2 >commands
    sh -e commands >errors 2>&1
    report $? "$name"
    prints_its_text inflate "hello, world (isolation: mpk)"
    report $? "${name}_prints_its_text_or_says_why_not"
done
# What is included lies in this folder, among the public headers, or is the system's.
cc -M -I"$tree/omniglot/include" inflate.c 2>errors | grep -o '[^ \\][^ \\]*' |
    grep -v -e '^inflate' -e '^zlib' -e "^$tree/omniglot/include/" -e '^/usr/' >included
cat included >>errors
[ ! -s errors ]
report $? documented_program_includes_public_headers_alone

for compiler in gcc clang; do
    name=documented_program_by_hand_built_with_$compiler
    rm -f by-hand
    if [ $compiler = gcc ]; then
        sed 's/^ *clang -Wthread-safety -Wnoderef /gcc -Wall -Wextra /' commands.4 >commands
    else
        cp commands.4 commands
    fi
    sh -e commands >errors 2>&1
    report $? "$name"
    prints_its_text by-hand "hello, world"
    report $? "${name}_prints_its_text_or_says_why_not"
done
echo "1..$number"
