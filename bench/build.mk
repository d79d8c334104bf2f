# og-bench, which measures the workloads, its harness and its model of og-mpk.

HARNESS := bench/harness
DRIVERS := bench/drivers

$(call archive,harness,$(addprefix $(HARNESS)/,available.c failure.c groups.c input.c \
    options.c progress.c random.c \
    results_file.c results_line.c run.c stack_offset.c statistics.c verify.c whole_file.c))

# The tables' list is rewritten, and what includes it recompiled, when the pairs change.
$(BUILD)/generated/workloads/tables.list: $(BUILD_FILES)
	@mkdir -p $(@D)
	$(Q){ for table in $(BENCH_TABLES); do echo "TABLE($$table)"; done; \
	    for gap in $(BENCH_GAPS); do echo "$$gap"; done; } >$@
$(BUILD)/object/$(HARNESS)/tables.o: $(BUILD)/generated/workloads/tables.list

FLAGS_$(DRIVERS)/bench := -DHARNESS_TARGET='"$(shell uname -m)-linux"'

$(call program,bin/og-bench,$(DRIVERS)/bench.cc $(HARNESS)/main.c $(HARNESS)/tables.c \
    $(BENCH_SOURCES),harness $(sort $(BENCH_ARCHIVES)),-lbenchmark $(sort $(BENCH_LIBRARIES)),$(CXX))

# The same workloads with the driver that counts instructions, for the PKU guest.
$(call program,bin/og-bench-counted,$(DRIVERS)/counted.c $(HARNESS)/main.c $(HARNESS)/tables.c \
    $(BENCH_SOURCES),harness $(sort $(BENCH_ARCHIVES)),$(sort $(BENCH_LIBRARIES)))

# What they start when they run.
$(BENCHES): | $(BENCH_WORKERS)

# The same driver and program over tables that go wrong on purpose.
$(call program,test/og-bench-fake,$(DRIVERS)/bench.cc $(HARNESS)/main.c \
    $(HARNESS)/tests/fake-tables.c,harness,-lbenchmark,$(CXX))

$(call test,harness-statistics,$(HARNESS)/tests/harness-statistics.c,harness,-lm)
$(call test,harness-results-file,$(HARNESS)/tests/harness-results-file.c,harness)
$(call test,harness-groups,$(HARNESS)/tests/harness-groups.c $(HARNESS)/tests/fake-tables.c,harness)
$(call test,harness-progress,$(HARNESS)/tests/harness-progress.c,harness)
TEST_SCRIPTS += $(HARNESS)/tests/og-bench-behaviour \
    $(HARNESS)/tests/adding-a-library $(HARNESS)/tests/input-files
MPK_TESTS += $(HARNESS)/tests/suite-in-guest

include bench/mpk-model/build.mk
