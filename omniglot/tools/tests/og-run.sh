#!/bin/sh
# og-run on this machine, whatever it has: what needs no isolation, and that it is never left out
# without being told to. What og-run does in a domain is tested by mpk-tools-in-guest. And what the
# tools beside it say of themselves.
set -u
cd "$(dirname "$0")/../../.." || exit 1
build=${BUILD:-build/gcc}
run=$build/bin/og-run attack=$PWD/$build/lib/libogattack.so
case $build in /*) attack=$build/lib/libogattack.so ;; esac
number=0

# check NAME WANTED-STATUS TEXT-IN-OUTPUT COMMAND...
check() {
    name=$1 wanted=$2 text=$3
    shift 3
    output=$("$@" 2>&1)
    status=$?
    number=$((number + 1))
    case $output in
    *"$text"*) [ "$status" -eq "$wanted" ] && echo "ok $number - $name" && return ;;
    esac
    echo "not ok $number - $name"
    echo "# status $status: $output" | sed '2,$s/^/# /'
}

# The sentence of og-doctor, where there is no mpk.
why=$("$build/bin/og-doctor" | sed -n 's/^OG_BEST picks  *nothing: //p')

# refuses NAME OPTION...: says og-doctor's sentence and the hint, and calls nothing.
refuses() {
    refusal=$1
    shift
    if [ -z "$why" ]; then
        number=$((number + 1))
        echo "ok $number - $refusal # SKIP this machine has protection keys"
        return
    fi
    check "$refusal" 2 "OG_UNSUPPORTED: $why" "$run" "$@" "$attack" count_up
    check "${refusal}_and_hints_at_none" 2 "--isolation none" "$run" "$@" "$attack" count_up
    output=$("$run" "$@" "$attack" count_up 2>/dev/null)
    check "${refusal}_and_calls_nothing" 0 "" [ -z "$output" ]
}
refuses og-run_without_keys_refuses
refuses og-run_asked_for_the_best_without_keys_refuses --isolation best
refuses og-run_asked_for_mpk_without_keys_refuses --isolation mpk

none="$run --isolation none"
# shellcheck disable=SC2086
{
    check og-run_calls_without_isolation_when_told_to 0 "101 (0x65)" $none "$attack" count_up
    check og-run_copies_text_in 0 907060870 $none libz.so.1 crc32 0 str:hello 5
    check og-run_copies_files_in 0 "buffer 1:
  $(printf '#!/bin/sh' | od -An -tx1 | tr -d ' ')" $none libc.so.6 memcpy buf:9 \
        file:omniglot/tools/tests/og-run.sh 9
    check og-run_passes_twelve_integers_and_eight_floats 0 "854 (0x356)" $none "$attack" \
        weigh_twenty 1 2 3 4 5 6 1. 2. 3. 4. 5. 6. 7. 8. 7 8 9 10 11 12
    check og-run_returns_floats 0 1024 $none --float libm.so.6 pow 2. 10.
    check og-run_passes_64_bits 0 "-1 (0xffffffffffffffff)" $none "$attack" sum_ten \
        0xffffffffffffffff 0 0 0 0 0 0 0 0 0
    check og-run_names_a_missing_library 2 libnone.so $none libnone.so x
    check og-run_names_a_missing_function 2 no_such $none libz.so.1 no_such
    check og-run_refuses_a_deadline_that_nothing_keeps 2 "--deadline" $none --deadline 5 a b
}

for bad in 99999999999999999999 -9999999999999999999 12x 1.5.2 buf: buf:x buf:-1 buf:0 \
    buf:99999999999999999999 file:/no/such; do
    check "og-run_names_bad_argument_$bad" 2 "OG_BAD_ARGUMENT: $bad" "$run" libz.so.1 crc32 1 "$bad"
done
check og-run_takes_12_integers 2 "13: more than 12 integers" "$run" a b 1 2 3 4 5 6 7 8 9 10 11 12 13
check og-run_takes_8_floats 2 "9.: more than 8 floats" "$run" a b 1. 2. 3. 4. 5. 6. 7. 8. 9.
check og-run_names_the_isolations_there_are 2 \
    "--isolation wasm: this build has no such isolation: there are best, mpk, proc, none" \
    "$run" --isolation wasm a b
check og-run_needs_an_isolations_name 2 "--isolation: this build has no such" "$run" --isolation
for bad in 0 -1 x 99999999999; do
    check "og-run_names_bad_deadline_$bad" 2 "--deadline $bad: it takes" "$run" --deadline "$bad" a b
done
check og-run_names_a_relative_path 2 "--allow here: it takes" "$run" --allow here a b
check og-run_names_an_unknown_option 2 "--fast: no such option" "$run" --fast a b
check og-run_needs_a_function 2 "libz.so.1: a library and a function" "$run" libz.so.1
for option in "--isolation NAME" best: none: --deadline --allow --float --help str: file: buf: \
    Status; do
    check "og-run_helps_with_$option" 0 "$option" "$run" --help
done
for word in "usage: og-scan" --host WRPKRU OG_FORBIDDEN link-host Status; do
    check "og-scan_helps_with_$word" 0 "$word" "$build/bin/og-scan" --help
done
check og-scan_without_a_file_says_how 2 "usage: og-scan" "$build/bin/og-scan"
check og-scan_with_host_alone_says_how 2 "usage: og-scan" "$build/bin/og-scan" --host
for word in "usage: og-doctor" OG_BEST "protection keys" Status; do
    check "og-doctor_helps_with_$word" 0 "$word" "$build/bin/og-doctor" --help
done
check og-doctor_takes_no_arguments 2 "usage: og-doctor" "$build/bin/og-doctor" more
echo "1..$number"
