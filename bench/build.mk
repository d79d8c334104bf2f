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

# $(call benchmark,NAME,SOURCES,FLAGS,LINKER): the program NAME of the workloads with the harness.
#
# Tests run gcc's. What Clang has compiled is linked for them, too, in a folder of its own, but to modules
# that gcc has compiled, which have no warnings and take Clang half a minute.
BENCH_MODULES := $(patsubst wasm-%,%,$(filter wasm-%,$(sort $(BENCH_ARCHIVES))))
BENCH_OBJECTS := $(HARNESS)/main.c $(HARNESS)/tables.c $(BENCH_SOURCES)
benchmark = $(call program,bin/$(1),$(2) $(BENCH_OBJECTS),harness $(sort $(BENCH_ARCHIVES)),$(3) $(sort \
    $(BENCH_LIBRARIES)),$(4))$(if $(filter clang,$(notdir $(CC))$(SANITIZE)),$(call linked_benchmark,$(1),$(2),$(3),$(4)))
define linked_rule
LINKED += $(BUILD)/linked/$(1)
$(BUILD)/linked/$(1): $(BENCH_MODULES:%=$(BUILD)/object/wasm/%-entry.o) $(BENCH_MODULES:%=build/gcc/object/wasm/%-module.o)
endef
linked_benchmark = $(eval $(call program_rule,linked/$(1),$(2) $(BENCH_OBJECTS),harness $(filter-out \
    $(BENCH_MODULES:%=wasm-%),$(sort $(BENCH_ARCHIVES))),$(3) $(sort $(BENCH_LIBRARIES)),$(4)))$(eval $(call linked_rule,$(1)))
ifeq ($(notdir $(CC))$(SANITIZE),clang)
$(foreach module,$(BENCH_MODULES),$(eval $(call wasm_translated_rule,$(module),build/gcc,gcc)))
endif

$(call benchmark,og-bench,$(DRIVERS)/bench.cc,-lbenchmark,$(CXX))

# The same workloads with the driver that counts instructions, for the PKU guest.
$(call benchmark,og-bench-counted,$(DRIVERS)/counted.c)

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
