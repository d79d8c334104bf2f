#!/bin/sh
# The tests of threads that share a domain, with what needs no protection keys (the core and the
# runtime without isolation) compiled by Clang for its thread sanitizer.
set -u
BUILD=${BUILD:-build/gcc}
program=$BUILD/test/none-sharing-tsan
options="-std=gnu11 -O1 -g -I. -Iomniglot/include -D_GNU_SOURCE -fsanitize=thread -fPIE -pie"
echo 1..1
if ! clang $options -o "$program" omniglot/tests/none-sharing.c omniglot/tests/sharing.c \
    omniglot/isolations.c omniglot/core/*.c omniglot/none/*.c "$BUILD/object/jemalloc.o" \
    "$BUILD/lib/og-mpk.a" "$BUILD/lib/og-proc.a" -lcmocka -lm -ldl -lpthread; then
    echo "Bail out! it does not compile"
    exit 1
fi
# jemalloc takes more locks at a fork than the detector of deadlocks can count, and makes them anew
# in the child, where each test runs: they then seem to be locked twice. (One of ours that is would
# hang.) The library is not compiled for it, and neither is cmocka: they call nothing that it
# watches. That a child of fork uses threads' locks is what is tested. One test, of a handler that is
# slow, is left out by itself here, and says why (closing_a_callback_waits_for_no_other_callback).
if TSAN_OPTIONS="detect_deadlocks=0 report_mutex_bugs=0 exitcode=66 die_after_fork=0" "$program" >"$program.log" 2>&1 &&
    ! grep -q "WARNING: ThreadSanitizer" "$program.log"; then
    echo "ok 1 - no_data_race_is_found_where_threads_share_a_domain"
else
    sed 's/^/# /' "$program.log"
    echo "not ok 1 - no_data_race_is_found_where_threads_share_a_domain"
    exit 1
fi
