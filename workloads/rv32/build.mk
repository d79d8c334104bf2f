# The workloads on the embedded target: an image for each pair of workload and system, in
# build/rv32/bench/WORKLOAD.SYSTEM.elf. The sources, the interface files and the macros they see are
# those of the other targets; docs/embedded.md says what an image is.
#
# og-bindgen makes the stubs once more, for this target: layouts are the target's.

RV32_STUBS_FLAGS := --target=riscv32-unknown-elf -march=rv32imac -mabi=ilp32 $(RV32_CPPFLAGS) \
    -isystem "$$$$($(RV32_PREFIX)gcc -print-file-name=include)" \
    -isystem "$$$$($(RV32_PREFIX)gcc -print-file-name=include-fixed)" -isystem $(RV32_C_HEADERS)

# $(call rv32_stubs,NAME): what says that they are made. FLAGS find the library's headers.
rv32_stubs = $(RV32)/generated/workloads/$(1)/stubs
# $(call rv32_workload_stubs,NAME,FLAGS)
define rv32_stubs_rule
$(call rv32_stubs,$(1)): workloads/$(1)/$(1).og.h omniglot/include/omniglot/interface.h \
    $(BUILD)/bin/og-bindgen .clang-format workloads/rv32/build.mk | rv32-toolchain
	$$(call say,BINDGEN,"$$< (rv32)")
	@mkdir -p $$(@D)
	$(Q)$(BUILD)/bin/og-bindgen --baselines baselines --output $$(@D) $$< -- $(RV32_STUBS_FLAGS) $(2)
	$(Q)clang-format --style=file:.clang-format -i $$(@D)/$(1)-*.[ch]
	@touch $$@
$(call rv32_worker,$(1)): $(call rv32_stubs,$(1)) ;
endef
rv32_worker = $(RV32)/generated/workloads/$(1)/$(1)-worker.c
rv32_workload_stubs = $(eval $(call rv32_stubs_rule,$(strip $(1)),$(2)))

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

$(call rv32_compile,system,$(sort $(foreach system,$(RV32_SYSTEMS),$(RV32_SYSTEM_SOURCES_$(system)))) \
    bench/harness/random.c workloads/rv32/program.c,$(RV32_WARNINGS))

# $(call rv32_workload_pair,WORKLOAD,SYSTEM,SOURCES,FLAGS,FLASH,RAM,STACK,SIZE_LIMIT)
rv32_pair_flags = $(4) $(call workload_flags,$(1),$(2),$(RV32_DISCIPLINE_$(2)),$(RV32_ISOLATION_$(2))) \
    -DWORKLOAD_SIZE_LIMIT=$(8) \
    $(WORKLOAD_ALIGNMENT)
rv32_workload_pair = $(call rv32_compile,$(1).$(2),workloads/$(1)/$(1).c workloads/rv32/driver.c \
    $(3),$(RV32_WARNINGS) $(call rv32_pair_flags,$(1),$(2),$(3),$(4),$(5),$(6),$(7),$(8)))$(call \
    rv32_image,bench/$(1).$(2),$(call rv32_objects,$(1).$(2),workloads/$(1)/$(1).c \
    workloads/rv32/driver.c $(3)) $(call rv32_objects,system,bench/harness/random.c \
    workloads/rv32/program.c $(RV32_SYSTEM_SOURCES_$(2))) $(RV32_OBJECTS_$(1)),$(if $(filter process,$(2)),worker-$(1),$(1) $(RV32_LIBRARIES_$(1))),$(5),$(6),$(7),$(if \
    $(filter raw,$(2)),$(1)))$(eval RV32_BENCHES += $(RV32)/bench/$(1).$(2).elf)$(eval \
    $(call rv32_objects,$(1).$(2),workloads/$(1)/$(1).c): $(call rv32_stubs,$(1)))

# $(call rv32_workload,NAME,SOURCES,FLAGS,FLASH,RAM,STACK,SIZE_LIMIT): the workload through every
# system. SOURCES and FLAGS are what it needs besides; FLASH, RAM and STACK are the host's; no case
# of more than SIZE_LIMIT bytes is run.
rv32_workload = $(foreach system,$(RV32_SYSTEMS),$(call rv32_workload_pair,$(strip \
    $(1)),$(system),$(strip $(2)),$(3),$(strip $(4)),$(strip $(5)),$(strip $(6)),$(strip $(7))))

# $(call rv32_workload_library,NAME,SONAME,OBJECTS,EXPORTS,FLASH,FLASH_SIZE,RAM,RAM_SIZE,STACK,SCOPES,
# FLAGS,MESSAGE_MAX): the library of a workload, and the same in a task with its worker, whose
# messages are at most MESSAGE_MAX bytes long; it has no scopes. FLAGS compile the worker
# and find the headers that the interface file includes.
rv32_workload_library = $(call rv32_workload_stubs,$(1),$(11))$(call \
    rv32_library,$(1),$(2),$(3),$(4),$(5),$(6),$(7),$(8),$(9),$(10))$(call \
    rv32_compile,worker-$(strip $(1)),$(RV32_TASK_WORKER) $(call rv32_worker,$(strip \
    $(1))),$(RV32_WARNINGS) $(11) -DTASK_MESSAGE_MAX=$(strip $(12)))$(call \
    rv32_library,worker-$(strip $(1)),og-worker-$(strip $(1)),$(3) $(call \
    rv32_objects,worker-$(strip $(1)),$(RV32_TASK_WORKER) $(call rv32_worker,$(strip $(1)))),$(RV32_TASK_EXPORTS),$(5),$(6),$(7),$(8),$(9),0)

# --- ubench ---

$(call rv32_compile,library,workloads/ubench/library.c,$(RV32_WARNINGS))
RV32_UBENCH := $(call rv32_objects,library,workloads/ubench/library.c)
$(call rv32_workload_library,ubench,libogubench.so,$(RV32_UBENCH),workloads/rv32/ubench.exports,\
    0x80060000,32K,0x80120000,32K,4K,16K,,4096)
# The same code once more, for the cases that open what no host calls.
$(call rv32_library,ubench-unlinked,libogubench-unlinked.so,$(RV32_UBENCH),workloads/rv32/ubench.exports,\
    0x80068000,32K,0x80128000,32K,4K,16K)
RV32_LIBRARIES_ubench := ubench-unlinked
$(call rv32_workload,ubench,,,384K,128K,12K,4096)

# --- libraries from their upstream tarballs, which workloads/sources.mk unpacks ---

# --- libsodium ---

SODIUM_HEADERS := -Iworkloads/rv32/sodium -isystem $(SODIUM_SOURCE)/include
$(call rv32_compile,sodium,$(SODIUM_SOURCES) workloads/rv32/sodium/randomness.c,\
    -include workloads/rv32/sodium/configuration.h $(SODIUM_HEADERS) -I$(SODIUM_SOURCE)/include/sodium)

$(call rv32_workload_library,sodium,libsodium.so.23,$(call \
    rv32_objects,sodium,$(SODIUM_SOURCES) workloads/rv32/sodium/randomness.c),workloads/rv32/sodium.exports,\
    0x80060000,128K,0x80118000,96K,8K,24K,$(SODIUM_HEADERS),17408)
$(call rv32_workload,sodium,,$(SODIUM_HEADERS),384K,96K,12K,16384)

# --- zlib ---
#
# Windows of 16 KiB and little memory for deflating, as zconf.h says for small machines: the
# workload inflates what it deflated before, and deflating with the defaults takes 262 KiB.

ZLIB_SOURCE := build/source/zlib
ZLIB_HEADERS := -isystem $(ZLIB_SOURCE) -DMAX_WBITS=14 -DMAX_MEM_LEVEL=5
ZLIB_SOURCES := $(addprefix $(ZLIB_SOURCE)/,adler32.c compress.c crc32.c deflate.c inffast.c \
    inflate.c inftrees.c trees.c uncompr.c zutil.c)
$(call rv32_compile,zlib,$(ZLIB_SOURCES),$(ZLIB_HEADERS))

# The first bytes of the files that workloads/zlib/inputs.list names.
ZLIB_INPUTS := $(RV32)/generated/zlib
$(ZLIB_INPUTS)/%: workloads/zlib/inputs.list
	@mkdir -p $(@D)
	$(Q)head -c 16384 "$$(sed -n 's/^INPUT("$*", "[^"]*", "\([^"]*\)".*/\1/p' $<)" >$@
$(call rv32_compile,zlib-input,workloads/rv32/zlib/input.c,$(RV32_WARNINGS) \
    -DZLIB_INPUTS='"$(ZLIB_INPUTS)"')
$(call rv32_objects,zlib-input,workloads/rv32/zlib/input.c): $(ZLIB_INPUTS)/text $(ZLIB_INPUTS)/binary
RV32_OBJECTS_zlib := $(call rv32_objects,zlib-input,workloads/rv32/zlib/input.c)

$(call rv32_workload_library,zlib,libz.so.1,$(call rv32_objects,zlib,$(ZLIB_SOURCES)),\
    workloads/rv32/zlib.exports,0x80060000,64K,0x80118000,160K,4K,34K,$(ZLIB_HEADERS),17920)
$(call rv32_workload,zlib,,$(ZLIB_HEADERS),384K,96K,8K,16384)

# --- lwIP ---

LWIP_SOURCE := build/source/lwip/src
LWIP_HEADERS := -Iworkloads/rv32/lwip -isystem $(LWIP_SOURCE)/include
LWIP_SOURCES := $(addprefix $(LWIP_SOURCE)/,$(addprefix core/,def.c inet_chksum.c init.c ip.c mem.c \
    memp.c netif.c pbuf.c tcp.c tcp_in.c tcp_out.c timeouts.c udp.c \
    $(addprefix ipv4/,etharp.c icmp.c ip4.c ip4_addr.c)) netif/ethernet.c)
$(call rv32_compile,lwip,$(LWIP_SOURCES),$(LWIP_HEADERS))
$(call rv32_compile,lwip,workloads/lwip/node.c,$(RV32_WARNINGS) $(LWIP_HEADERS))

$(call rv32_workload_library,lwip,liblwip.so,$(call \
    rv32_objects,lwip,$(LWIP_SOURCES) workloads/lwip/node.c),workloads/rv32/lwip.exports,\
    0x80060000,64K,0x80120000,64K,4K,4K,,2048)
$(call rv32_workload,lwip,workloads/lwip/peer.c,,384K,64K,8K,4096)

# Its stubs against a node that breaks its interface.
$(call rv32_compile,library,workloads/lwip/tests/lying-node.c,$(RV32_WARNINGS))
$(call rv32_library,lying-node,liblwip.so,$(call rv32_objects,library,workloads/lwip/tests/lying-node.c),\
    workloads/rv32/lwip.exports,0x80060000,32K,0x80138000,32K,4K,8K)
# $(call rv32_lies,SYSTEM)
rv32_lies = $(call rv32_compile,lies.$(1),workloads/lwip/tests/lwip-lies.c,$(RV32_WARNINGS) $(call \
    rv32_pair_flags,lwip,$(1),,,,,,4096))$(eval $(call \
    rv32_objects,lies.$(1),workloads/lwip/tests/lwip-lies.c): $(call rv32_stubs,lwip))$(call \
    rv32_image,test/lwip-lies.$(1),$(call \
    rv32_objects,lies.$(1),workloads/lwip/tests/lwip-lies.c) $(RV32_TAP),lying-node,384K,192K,8K)
$(call rv32_lies,og-pmp)
$(call rv32_lies,copy-pmp)
RV32_TAP_IMAGES += lwip-lies.og-pmp lwip-lies.copy-pmp

# Our own sources that include a library's headers: unpacked before they are compiled.
# $(call rv32_after_unpacking,WORKLOAD,SOURCE)
rv32_after_unpacking = $(eval $(call rv32_stubs,$(1)) $(filter $(addprefix $(RV32)/object/,$(1)/% $(1).% worker-$(1)/%), \
    $(RV32_OBJECTS)): | build/source/$(2).unpacked)
$(call rv32_after_unpacking,sodium,libsodium)
$(call rv32_after_unpacking,zlib,zlib)
$(call rv32_after_unpacking,lwip,lwip)

RV32_LINTED += $(shell git ls-files 'workloads/rv32/*.c')
RV32_LINT_FLAGS += -DWORKLOAD_TABLE=table -DWORKLOAD_SIZE_LIMIT=0 -DZLIB_INPUTS='"."' $(SODIUM_HEADERS)

.PHONY: rv32-bench rv32-tests
rv32-bench: $(RV32_BENCHES) $(RV32)/test/gate-trace.elf
rv32-tests: $(filter $(RV32)/test/%,$(RV32_IMAGES))
rv32: rv32-bench rv32-tests

-include $(RV32_OBJECTS:.o=.d)
