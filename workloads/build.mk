# The workloads and the systems they run through. Each library has a folder, whose build.mk says what
# is made of it for each target; bench/build.mk makes the programs that measure.
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
# copy-wasm needs a module of the library (wasm_module in its build.mk), or says why there is none.
possible = $(if $(filter $(1),$(WASM_MODULES)),$(2),$(filter-out copy-wasm,$(2))$(if \
    $(filter copy-wasm,$(2)),$(call gap,$(1),copy-wasm,$(or $(NO_MODULE_$(1)),no module is built of \
    the library: its build.mk has no wasm_module))))

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

# $(call rv32_system,NAME,DISCIPLINE,ISOLATION,SOURCES): ISOLATION is a domain's, an enum
# og_isolation; SOURCES are what its host needs besides kernel, runtime and core.
rv32_system = $(eval RV32_SYSTEMS += $(1))$(eval RV32_DISCIPLINE_$(1) := $(strip $(2)))$(eval \
    RV32_ISOLATION_$(1) := $(strip $(3)))$(eval RV32_SYSTEM_SOURCES_$(1) := $(4))

#                  NAME      DISCIPLINE ISOLATION
$(call rv32_system,raw,      raw)
$(call rv32_system,process,  process,,          $(RV32_TASK))
$(call rv32_system,copy-pmp, copying,   OG_PMP)
$(call rv32_system,og-none,  og,        OG_NONE)
$(call rv32_system,og-pmp,   og,        OG_PMP)

# $(call upstream,NAME,LIST): a library's upstream tarball, the source package NAME that LIST tells, for the
# targets that need a build of their own: in build/source/NAME, where its files are once it is unpacked.
define upstream_rule
build/source/$(1).unpacked: $(2) tools/fetch-source
	$(Q)tools/fetch-source $(2) $(1) build/source/$(1)
	@touch $$@
build/source/$(1)/%: | build/source/$(1).unpacked ;
endef
upstream = $(eval $(call upstream_rule,$(1),$(2)))

# The programs that measure the workloads.
BENCHES := $(addprefix $(BUILD)/bin/,og-bench og-bench-counted og-bench-crossings)

include bench/rv32/build.mk

# The libraries, in the order in which og-bench has them; one that is not named here comes last.
FIRST_WORKLOADS := ubench sodium zlib brotli expat png
WORKLOADS := $(patsubst workloads/%/build.mk,%,$(wildcard workloads/*/build.mk))
WORKLOADS := $(filter $(WORKLOADS),$(FIRST_WORKLOADS)) $(filter-out $(FIRST_WORKLOADS),$(WORKLOADS))
include $(WORKLOADS:%=workloads/%/build.mk)

TEST_SCRIPTS += workloads/tests/every-system-computes-what-raw-computes
