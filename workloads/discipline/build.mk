# The disciplines are headers; what they lead to is tested through og-bench.

TEST_SCRIPTS += workloads/discipline/tests/every-system-computes-what-raw-computes
