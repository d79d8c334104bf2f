# The workloads on the embedded target: an image for each pair of workload and system, in
# build/rv32/bench/WORKLOAD.SYSTEM.elf. The sources, the interface files and the macros they see are
# those of the other targets; docs/embedded.md says what an image is.
#
# og-bindgen makes the stubs once more, for this target: layouts are the target's.

RV32_STUBS_FLAGS := --target=riscv32-unknown-elf $(BOARD_ARCHITECTURE) $(RV32_CPPFLAGS) \
    -isystem "$$$$($(RV32_PREFIX)gcc -print-file-name=include)" \
    -isystem "$$$$($(RV32_PREFIX)gcc -print-file-name=include-fixed)" -isystem $(RV32_C_HEADERS)

# $(call rv32_stubs,NAME): what says that they are made. $(call rv32_exports,NAME): a file with the names of
# the functions that the interface binds, which the library exports.
rv32_stubs = $(RV32)/generated/workloads/$(1)/stubs
rv32_exports = $(RV32)/generated/workloads/$(1)/exports
# $(call rv32_stubs_rule,NAME,FLAGS): FLAGS find the library's headers.
define rv32_stubs_rule
$(call rv32_stubs,$(1)): workloads/$(1)/$(1).og.h omniglot/include/omniglot/interface.h \
    $(BUILD)/bin/og-bindgen .clang-format bench/rv32/build.mk | rv32-toolchain
	$$(call say,BINDGEN,"$$< (rv32)")
	@mkdir -p $$(@D)
	$(Q)$(BUILD)/bin/og-bindgen --baselines baselines --output $$(@D) $$< -- $(RV32_STUBS_FLAGS) $(2)
	$(Q)clang-format --style=file:.clang-format -i $$(@D)/$(1)-*.[ch]
	@touch $$@
$(call rv32_worker,$(1)): $(call rv32_stubs,$(1)) ;
$(call rv32_exports,$(1)): workloads/$(1)/$(1).og.h $(call rv32_stubs,$(1))
	$(Q)$(BUILD)/bin/og-bindgen --list $$< -- $(RV32_STUBS_FLAGS) $(2) >$$@.list
	$(Q)sed -n 's/^  function \([A-Za-z0-9_]*\),.*/\1/p' $$@.list >$$@
endef
rv32_worker = $(RV32)/generated/workloads/$(1)/$(1)-worker.c

$(call rv32_compile,system,$(sort $(foreach system,$(RV32_SYSTEMS),$(RV32_SYSTEM_SOURCES_$(system)))) \
    bench/harness/random.c bench/rv32/program.c,$(RV32_WARNINGS))

# $(call rv32_pair_flags,WORKLOAD,SYSTEM,FLAGS,LARGEST): what the workload sees in a system.
rv32_pair_flags = $(3) $(call workload_flags,$(1),$(2),$(RV32_DISCIPLINE_$(2)),$(RV32_ISOLATION_$(2))) \
    -DWORKLOAD_SIZE_LIMIT=$(4) $(WORKLOAD_ALIGNMENT)

# $(call rv32_pair,WORKLOAD,SYSTEM,FLAGS,LIST): the image of a pair.
rv32_own_sources = workloads/$(1)/$(1).c bench/rv32/driver.c $(call named,source,$(2))
rv32_pair = $(call rv32_compile,$(1).$(2),$(call rv32_own_sources,$(1),$(4)),$(RV32_WARNINGS) $(call \
    rv32_pair_flags,$(1),$(2),$(3),$(call named,largest,$(4))))$(call rv32_image,bench/$(1).$(2),$(call \
    rv32_objects,$(1).$(2),$(call rv32_own_sources,$(1),$(4))) $(call rv32_objects,system,bench/harness/random.c \
    bench/rv32/program.c $(RV32_SYSTEM_SOURCES_$(2))) $(call named,object,$(4)),$(if $(filter \
    process,$(2)),worker-$(1),$(1) $(call named,beside,$(4))),flash=$(call named,host_flash,$(4)) ram=$(call \
    named,host_ram,$(4)) stack=$(call named,host_stack,$(4)) $(if $(filter raw,$(2)),plain=$(1)))$(eval $(call \
    rv32_objects,$(1).$(2),workloads/$(1)/$(1).c): $(call rv32_stubs,$(1)))

# $(call rv32_workload,NAME,OBJECTS,FLAGS,LIST): the workload through every system. OBJECTS are its library;
# FLAGS find the headers that its interface file includes.
#   soname= flash= ram= stack= scopes=            the library's, as of rv32_library
#   message=     of the same library in a task, which has no scopes: the bytes of the largest message
#   host_flash= host_ram= host_stack=             the host's, as of rv32_image
#   largest=     no case of more bytes is run
# and, where there is any:
#   source=      what is compiled for each system as the workload is
#   object=      an object that its hosts are linked with
#   beside=      a library that is in each image, too
#   upstream=    the tarball that its headers come from, unpacked before anything includes them
rv32_worker_objects = $(call rv32_objects,worker-$(1),$(RV32_TASK_WORKER) $(call rv32_worker,$(1)))
rv32_including = $(filter $(addprefix $(RV32)/object/,$(1)/% $(1).% worker-$(1)/%),$(RV32_OBJECTS))
rv32_workload = $(call check_names,rv32_workload $(1),soname flash ram stack scopes message host_flash host_ram \
    host_stack largest,source object beside upstream,$(4))$(eval $(call rv32_stubs_rule,$(1),$(3)))$(call \
    rv32_library,$(1),$(2),exports=$(call rv32_exports,$(1)) $(filter soname=% flash=% ram=% stack=% scopes=%,$(4)))$(call \
    rv32_compile,worker-$(1),$(RV32_TASK_WORKER) $(call rv32_worker,$(1)),$(RV32_WARNINGS) $(3) \
    -DTASK_MESSAGE_MAX=$(call named,message,$(4)))$(call rv32_library,worker-$(1),$(2) $(call \
    rv32_worker_objects,$(1)),soname=og-worker-$(1) exports=$(RV32_TASK_EXPORTS) scopes=0 $(filter \
    flash=% ram=% stack=%,$(4)))$(foreach system,$(RV32_SYSTEMS),$(call rv32_pair,$(1),$(system),$(3),$(4)))$(if $(call \
    named,upstream,$(4)),$(eval $(call rv32_stubs,$(1)) $(call rv32_including,$(1)): | $(patsubst \
    %,build/source/%.unpacked,$(call named,upstream,$(4)))))

RV32_LINTED += $(shell git ls-files 'bench/rv32/*.c')
RV32_LINT_FLAGS += -DWORKLOAD_TABLE=table -DWORKLOAD_SIZE_LIMIT=0
