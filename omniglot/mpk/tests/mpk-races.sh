#!/bin/sh
# What the host's threads share in og-mpk, watched by thread sanitizer (hollow/races.c).
OG_TEST_SECONDS=${OG_TEST_SECONDS:-120}
export OG_TEST_SECONDS
exec "${BUILD:-build/gcc}/test/mpk-races" "$@"
