# The workloads, the systems they run through, and og-bench, which measures them.
#
# Each workload's source, workloads/NAME/NAME.c, is compiled once per system with that
# system's stubs inlined, which og-bindgen makes from the interface file, NAME.og.h.
# docs/adding-a-library.md and docs/adding-a-system.md say what the source sees and has to
# define.

symbol = $(subst -,_,$(1))

# $(call stubs,NAME): what says that the stubs of workloads/NAME/NAME.og.h are made. What includes
# them depends on it.
stubs = $(BUILD)/generated/workloads/$(1)/stubs

# $(call system,NAME,DISCIPLINE,ISOLATION,ARCHIVES,LIBRARIES): a system. DISCIPLINE picks the stubs,
# the generated WORKLOAD-DISCIPLINE.h; ISOLATION is a domain's, an enum og_isolation; ARCHIVES and
# LIBRARIES are what it links.
system = $(eval SYSTEMS += $(1))$(eval SYSTEM_DISCIPLINE_$(1) := $(strip $(2)))$(eval \
    SYSTEM_ISOLATION_$(1) := $(strip $(3)))$(eval SYSTEM_ARCHIVES_$(1) := $(4))$(eval \
    SYSTEM_LIBRARIES_$(1) := $(5))

# $(call system_flags,SYSTEM,DISCIPLINE,ISOLATION): what a source sees that is compiled for a system.
system_flags = -DWORKLOAD_SYSTEM_$(call symbol,$(1))=1 -DWORKLOAD_SYSTEM_NAME='"$(1)"' \
    -DWORKLOAD_DISCIPLINE='"bench/workload/$(2).h"' $(if $(3),-DWORKLOAD_ISOLATION=$(3))

# $(call workload_flags,WORKLOAD,SYSTEM,DISCIPLINE,ISOLATION): the same for a workload.
workload_flags = $(call system_flags,$(2),$(3),$(4)) -DWORKLOAD_STUBS='"workloads/$(1)/$(1)-$(3).h"' \
    -DWORKLOAD_TABLE=workload_$(call symbol,$(1))_$(call symbol,$(2))

# $(call gap,WORKLOAD,SYSTEM,SENTENCE): why the workload is not in the system, which og-bench says.
gap = $(eval BENCH_GAPS += 'GAP("$(strip $(1))", "$(strip $(2))", "$(strip $(3))")')

# Of the systems in SYSTEMS those that the workload can be built for: $(call possible,NAME,SYSTEMS).
# copy-wasm needs a module of the library (workloads/wasm/modules.mk), or says why there is none.
possible = $(if $(filter $(1),$(WASM_MODULES)),$(2),$(filter-out copy-wasm,$(2))$(if \
    $(filter copy-wasm,$(2)),$(call gap,$(1),copy-wasm,$(or $(NO_MODULE_$(1)),no module is built of \
    the library: workloads/wasm/modules.mk has those that are))))

# Where a loop happens to start can outweigh what is compared: all systems' start alike.
WORKLOAD_ALIGNMENT := -falign-functions=64 -falign-loops=32

# $(call workload,NAME,SYSTEMS,LIBRARIES,SOURCES): a workload through these systems; LIBRARIES
# and SOURCES (compiled once, shared by all systems) are what it needs besides. The process
# sandbox's worker og-worker-NAME is built of the generated source.
define workload_pair
BENCH_TABLES += workload_$(call symbol,$(1))_$(call symbol,$(2))
BENCH_SOURCES += workloads/$(1)/$(1).$(2).c
BENCH_ARCHIVES += $(SYSTEM_ARCHIVES_$(2)) $(if $(filter copy-wasm,$(2)),wasm-$(1))
BENCH_LIBRARIES += $(SYSTEM_LIBRARIES_$(2))
$(BUILD)/object/workloads/$(1)/$(1).$(2).o: workloads/$(1)/$(1).c $(call stubs,$(1)) $(BUILD_FILES)
	$$(call say,CC,"$$< ($(2))")
	@mkdir -p $$(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(WORKLOAD_ALIGNMENT) $(FLAGS_workloads/$(1)/$(1)) \
	    $(call workload_flags,$(1),$(2),$(SYSTEM_DISCIPLINE_$(2)),$(SYSTEM_ISOLATION_$(2))) -MMD -MP -c -o $$@ $$<
endef
workload = $(eval $(call stubs_rule,workloads/$(1),$(1)))$(eval BENCH_LIBRARIES += $(3))$(eval BENCH_SOURCES += \
    $(4))$(foreach name,$(call possible,$(1),$(2)),$(eval $(call workload_pair,$(1),$(name))))$(call \
    workload_worker,$(1),$(BUILD)/generated/workloads/$(1)/$(1)-worker.c,$(3))
# (A dollar in LIBRARIES is expanded once less here than on its way to og-bench.)
workload_worker = $(eval BENCH_WORKERS += $(BUILD)/bin/og-worker-$(1))$(call \
    process_worker,$(1),$(2),$(subst $$$$,$$,$(3)))

#             NAME           DISCIPLINE ISOLATION ARCHIVES  LIBRARIES
$(call system,raw,           raw,    ,          og-core,)
$(call system,process-ring-one,process,,        $(PROCESS), $(PROCESS_LIBS))
$(call system,process-ring-two,process,,        $(PROCESS), $(PROCESS_LIBS))
$(call system,process-socket,process,,          $(PROCESS), $(PROCESS_LIBS))
$(call system,process-pipe,  process,,          $(PROCESS), $(PROCESS_LIBS))
$(call system,copy-mpk,      copying,   OG_MPK, $(OMNIGLOT),$(OMNIGLOT_LIBS))
$(call system,copy-wasm,     wasm,   ,          $(WASM_RUNTIME),$(WASM_LIBS))
$(call system,og-none,       og,        OG_NONE,$(OMNIGLOT),$(OMNIGLOT_LIBS))
$(call system,og-mpk,        og,        OG_MPK, $(OMNIGLOT),$(OMNIGLOT_LIBS))

# copy-wasm's modules.
include workloads/sources.mk workloads/wasm/modules.mk

# ubench's own library, found from the program's place. (Its dollar survives three expansions.)
$(call shared,libogubench,workloads/ubench/library.c)
FLAGS_workloads/ubench/library += -fvisibility=default
UBENCH_LIBRARY := -L$(BUILD)/lib -Wl,-rpath,'$$$$$$$$ORIGIN/../lib' -logubench

#               NAME   SYSTEMS    LIBRARIES
$(call workload,ubench,$(SYSTEMS),$(UBENCH_LIBRARY))
$(call workload,sodium,$(SYSTEMS),-lsodium)
$(call workload,zlib,  $(SYSTEMS),-lz)
$(call workload,brotli,$(SYSTEMS),-lbrotlienc -lbrotlidec)
$(call workload,expat, $(SYSTEMS),-lexpat)
$(call workload,png,   $(SYSTEMS),-lpng16)

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

# What they start or load when they run.
BENCHES := $(BUILD)/bin/og-bench $(BUILD)/bin/og-bench-counted
$(BENCHES): | $(BENCH_WORKERS)
$(BENCHES) $(BENCH_WORKERS): $(BUILD)/lib/libogubench.so

# The same driver and program over tables that go wrong on purpose.
$(call program,test/og-bench-fake,$(DRIVERS)/bench.cc $(HARNESS)/main.c \
    $(HARNESS)/tests/fake-tables.c,harness,-lbenchmark,$(CXX))

$(call test,harness-statistics,$(HARNESS)/tests/harness-statistics.c,harness,-lm)
$(call test,harness-results-file,$(HARNESS)/tests/harness-results-file.c,harness)
$(call test,harness-groups,$(HARNESS)/tests/harness-groups.c $(HARNESS)/tests/fake-tables.c,harness)
$(call test,harness-progress,$(HARNESS)/tests/harness-progress.c,harness)
TEST_SCRIPTS += $(HARNESS)/tests/og-bench-behaviour \
    $(HARNESS)/tests/adding-a-library $(HARNESS)/tests/input-files \
    workloads/tests/every-system-computes-what-raw-computes
MPK_TESTS += $(HARNESS)/tests/suite-in-guest

include bench/mpk-model/build.mk $(wildcard workloads/*/build.mk)
include omniglot/bindgen/build.mk
