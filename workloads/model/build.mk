# What the modelled figures of og-mpk are made of, on a machine without protection keys:
# how often each operation crosses into its domain, and what the gate costs without its PKRU
# writes. docs/decisions/023 says why.

comma := ,

# The workloads as they are measured, linked so that their crossings are counted.
COUNTED_FUNCTIONS := og_domain_lookup og_function_takes og_callback_open og_heap_alloc_bytes \
    og_heap_free og_domain_open og_domain_reset og_domain_close
FLAGS_workloads/model/counting := $(FLAGS_$(HARNESS)/bench)
$(call program,bin/og-bench-crossings,workloads/model/counting.c workloads/model/crossings.c \
    workloads/model/crossings-thunks.S $(HARNESS)/main.c $(HARNESS)/tables.c $(BENCH_SOURCES),\
    harness $(sort $(BENCH_ARCHIVES)),$(COUNTED_FUNCTIONS:%=-Wl$(comma)--wrap=%) \
    $(sort $(BENCH_LIBRARIES)))
$(BUILD)/bin/og-bench-crossings: $(BUILD)/lib/libogubench.so

# The gate is linked without the runtime that it belongs to, none of which is called.
GATE := workloads/model/gate-thread.c workloads/model/gate-without-pkru.S
GATE_LINKING := -no-pie -Wl$(comma)--unresolved-symbols=ignore-all
$(call program,bin/og-gate-cost,workloads/model/gate-cost.c $(GATE),,$(GATE_LINKING))
# The sanitizers' own code would be in the registers.
FLAGS_workloads/model/tests/gate-registers := -fno-sanitize=all
FLAGS_workloads/model/gate-thread := -fno-sanitize=all
$(call test,gate-registers,workloads/model/tests/gate-registers.c \
    workloads/model/tests/gate-registers-call.S $(GATE),,$(GATE_LINKING))

FLAGS_workloads/model/tests/gate-signals := -fno-sanitize=all
$(call test,gate-signals,workloads/model/tests/gate-signals.c \
    workloads/model/tests/gate-signals-code.S omniglot/mpk/frame.c $(GATE),og-core,$(GATE_LINKING))

TEST_SCRIPTS += workloads/model/tests/crossings-and-gate
