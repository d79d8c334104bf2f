#!/bin/sh
# What counts the tests: each case once, by what its line says, whoever printed it.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tools/tap.sh
said=$(mktemp)
trap 'rm -f "$said"' EXIT

# counts NAME WANTED-LAST-LINE WANTED-STATUS TEXT PRINTED [STATUS-OF-THE-TEST]: PRINTED is what a test
# prints, TEXT stands somewhere in what is shown of it.
counts() {
    tools/run-tests "sample=printf '$5'; exit ${6:-0}" >"$said" 2>&1
    status=$?
    [ "$(tail -n 1 "$said")" = "$2" ] && [ "$status" -eq "$3" ] && grep -qF -e "$4" "$said"
    report $? "$1"
}

counts cases_are_counted "2 passed, 0 failed, 0 skipped" 0 "sample" 'ok 1 - a\nok 2 - b\n1..2\n'
counts what_fails_is_shown "1 passed, 1 failed, 0 skipped" 1 "# why it is" \
    'ok 1 - a\n# why it is\nnot ok 2 - b\n1..2\n' 1
counts what_is_skipped_is_named "1 passed, 0 failed, 1 skipped" 0 "skipped: b # SKIP no such machine" \
    'ok 1 - a\nok 2 - b # SKIP no such machine\n1..2\n'
counts what_cmocka_skips_has_not_failed "1 passed, 0 failed, 1 skipped" 0 "skipped: b (no such machine)" \
    'ok 1 - a\n# no such machine\nnot ok 2 # SKIP b\n# ok - tests\n1..2\n'
counts what_ends_early_has_failed "1 passed, 1 failed, 0 skipped" 1 "3 planned, 1 run" '1..3\nok 1 - a\n'
counts what_dies_has_failed "1 passed, 1 failed, 0 skipped" 1 "exit status 7" 'ok 1 - a\n1..1\n' 7
counts what_runs_nothing_has_failed "0 passed, 1 failed, 0 skipped" 1 "0 planned, 0 run" 'nothing\n'
echo "1..$number"
