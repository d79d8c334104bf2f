# What the modelled figures of og-mpk are made of, on a machine without protection keys:
# how often each operation crosses into its domain, and what the gate costs without its PKRU
# writes. docs/decisions/023 says why.

comma := ,

# The workloads as they are measured, linked so that their crossings are counted.
COUNTED_FUNCTIONS := og_domain_lookup og_function_takes og_callback_open og_heap_alloc_bytes \
    og_heap_free og_domain_open og_domain_reset og_domain_close
FLAGS_bench/mpk-model/counting := $(FLAGS_$(DRIVERS)/bench)
$(call benchmark,og-bench-crossings,bench/mpk-model/counting.c bench/mpk-model/crossings.c \
    bench/mpk-model/crossings_thunks.S,$(COUNTED_FUNCTIONS:%=-Wl$(comma)--wrap=%))

# The gate is linked without the runtime that it belongs to, none of which is called.
GATE := bench/mpk-model/gate_thread.c bench/mpk-model/gate_without_pkru.S
GATE_LINKING := -no-pie -Wl$(comma)--unresolved-symbols=ignore-all
$(call program,bin/og-gate-cost,bench/mpk-model/gate_cost.c $(GATE),,$(GATE_LINKING))
# The sanitizers' own code would be in the registers.
FLAGS_bench/mpk-model/tests/gate-registers := -fno-sanitize=all
FLAGS_bench/mpk-model/gate_thread := -fno-sanitize=all
$(call test,gate-registers,bench/mpk-model/tests/gate-registers.c \
    bench/mpk-model/tests/gate-registers-call.S $(GATE),,$(GATE_LINKING))

FLAGS_bench/mpk-model/tests/gate-signals := -fno-sanitize=all
$(call test,gate-signals,bench/mpk-model/tests/gate-signals.c \
    bench/mpk-model/tests/gate-signals-code.S omniglot/mpk/frame.c $(GATE),og-core,$(GATE_LINKING))

TEST_SCRIPTS += bench/mpk-model/tests/crossings-and-gate
