# The workloads on the embedded target: an image for each pair of workload and system, in
# build/rv32/bench/WORKLOAD.SYSTEM.elf. The sources, the interface files and the macros they see are
# those of the other targets; docs/embedded.md says what an image is.
#
# og-bindgen makes the stubs once more, for this target: layouts are the target's.

RV32_STUBS_FLAGS := --target=riscv32-unknown-elf $(BOARD_ARCHITECTURE) $(RV32_CPPFLAGS) \
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

# $(call rv32_pair_flags,WORKLOAD,SYSTEM,FLAGS,LARGEST): what the workload sees in a system.
rv32_pair_flags = $(3) $(call workload_flags,$(1),$(2),$(RV32_DISCIPLINE_$(2)),$(RV32_ISOLATION_$(2))) \
    -DWORKLOAD_SIZE_LIMIT=$(4) $(WORKLOAD_ALIGNMENT)

# $(call rv32_pair,WORKLOAD,SYSTEM,FLAGS,LIST): the image of a pair.
rv32_own_sources = workloads/$(1)/$(1).c workloads/rv32/driver.c $(call named,source,$(2))
rv32_pair = $(call rv32_compile,$(1).$(2),$(call rv32_own_sources,$(1),$(4)),$(RV32_WARNINGS) $(call \
    rv32_pair_flags,$(1),$(2),$(3),$(call named,largest,$(4))))$(call rv32_image,bench/$(1).$(2),$(call \
    rv32_objects,$(1).$(2),$(call rv32_own_sources,$(1),$(4))) $(call rv32_objects,system,bench/harness/random.c \
    workloads/rv32/program.c $(RV32_SYSTEM_SOURCES_$(2))) $(call named,object,$(4)),$(if $(filter \
    process,$(2)),worker-$(1),$(1) $(call named,beside,$(4))),flash=$(call named,host_flash,$(4)) ram=$(call \
    named,host_ram,$(4)) stack=$(call named,host_stack,$(4)) $(if $(filter raw,$(2)),plain=$(1)))$(eval $(call \
    rv32_objects,$(1).$(2),workloads/$(1)/$(1).c): $(call rv32_stubs,$(1)))

# $(call rv32_workload,NAME,OBJECTS,FLAGS,LIST): the workload through every system. OBJECTS are its library;
# FLAGS find the headers that its interface file includes.
#   soname= exports= flash= ram= stack= scopes=   the library's, as of rv32_library
#   message=     of the same library in a task, which has no scopes: the bytes of the largest message
#   host_flash= host_ram= host_stack=             the host's, as of rv32_image
#   largest=     no case of more bytes is run
# and, where there is any:
#   source=      what is compiled for each system as the workload is
#   object=      an object that its hosts are linked with
#   beside=      a library that is in each image, too
rv32_worker_objects = $(call rv32_objects,worker-$(1),$(RV32_TASK_WORKER) $(call rv32_worker,$(1)))
rv32_workload = $(call check_names,rv32_workload $(1),soname exports flash ram stack scopes message host_flash \
    host_ram host_stack largest,source object beside,$(4))$(call rv32_workload_stubs,$(1),$(3))$(call \
    rv32_library,$(1),$(2),$(filter soname=% exports=% flash=% ram=% stack=% scopes=%,$(4)))$(call \
    rv32_compile,worker-$(1),$(RV32_TASK_WORKER) $(call rv32_worker,$(1)),$(RV32_WARNINGS) $(3) \
    -DTASK_MESSAGE_MAX=$(call named,message,$(4)))$(call rv32_library,worker-$(1),$(2) $(call \
    rv32_worker_objects,$(1)),soname=og-worker-$(1) exports=$(RV32_TASK_EXPORTS) scopes=0 $(filter \
    flash=% ram=% stack=%,$(4)))$(foreach system,$(RV32_SYSTEMS),$(call rv32_pair,$(1),$(system),$(3),$(4)))

# --- ubench ---

$(call rv32_compile,library,workloads/ubench/library.c,$(RV32_WARNINGS))
RV32_UBENCH := $(call rv32_objects,library,workloads/ubench/library.c)
$(call rv32_workload,ubench,$(RV32_UBENCH),,soname=libogubench.so exports=workloads/rv32/ubench.exports \
    flash=32K@384K ram=32K@128K stack=4K scopes=16K message=4096 \
    host_flash=384K host_ram=128K host_stack=12K largest=4096 beside=ubench-unlinked)
# The same code once more, for the cases that open what no host calls.
$(call rv32_library,ubench-unlinked,$(RV32_UBENCH),soname=libogubench-unlinked.so \
    exports=workloads/rv32/ubench.exports flash=32K@416K ram=32K@160K stack=4K scopes=16K)

# --- libraries from their upstream tarballs, which workloads/sources.mk unpacks ---

# --- libsodium ---

SODIUM_HEADERS := -Iworkloads/rv32/sodium -isystem $(SODIUM_SOURCE)/include
$(call rv32_compile,sodium,$(SODIUM_SOURCES) workloads/rv32/sodium/randomness.c,\
    -include workloads/rv32/sodium/configuration.h $(SODIUM_HEADERS) -I$(SODIUM_SOURCE)/include/sodium)

$(call rv32_workload,sodium,$(call rv32_objects,sodium,$(SODIUM_SOURCES) workloads/rv32/sodium/randomness.c), \
    $(SODIUM_HEADERS),soname=libsodium.so.23 exports=workloads/rv32/sodium.exports \
    flash=128K@384K ram=96K@96K stack=8K scopes=24K message=17408 \
    host_flash=384K host_ram=96K host_stack=12K largest=16384)

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

$(call rv32_workload,zlib,$(call rv32_objects,zlib,$(ZLIB_SOURCES)),$(ZLIB_HEADERS),soname=libz.so.1 \
    exports=workloads/rv32/zlib.exports flash=64K@384K ram=160K@96K stack=4K scopes=34K message=17920 \
    host_flash=384K host_ram=96K host_stack=8K largest=16384 \
    object=$(call rv32_objects,zlib-input,workloads/rv32/zlib/input.c))

# --- lwIP ---

LWIP_SOURCE := build/source/lwip/src
LWIP_HEADERS := -Iworkloads/rv32/lwip -isystem $(LWIP_SOURCE)/include
LWIP_SOURCES := $(addprefix $(LWIP_SOURCE)/,$(addprefix core/,def.c inet_chksum.c init.c ip.c mem.c \
    memp.c netif.c pbuf.c tcp.c tcp_in.c tcp_out.c timeouts.c udp.c \
    $(addprefix ipv4/,etharp.c icmp.c ip4.c ip4_addr.c)) netif/ethernet.c)
$(call rv32_compile,lwip,$(LWIP_SOURCES),$(LWIP_HEADERS))
$(call rv32_compile,lwip,workloads/lwip/node.c,$(RV32_WARNINGS) $(LWIP_HEADERS))

$(call rv32_workload,lwip,$(call rv32_objects,lwip,$(LWIP_SOURCES) workloads/lwip/node.c),,soname=liblwip.so \
    exports=workloads/rv32/lwip.exports flash=64K@384K ram=64K@128K stack=4K scopes=4K message=2048 \
    host_flash=384K host_ram=64K host_stack=8K largest=4096 source=workloads/lwip/peer.c)

# Its stubs against a node that breaks its interface.
$(call rv32_compile,library,workloads/lwip/tests/lying-node.c,$(RV32_WARNINGS))
$(call rv32_library,lying-node,$(call rv32_objects,library,workloads/lwip/tests/lying-node.c),soname=liblwip.so \
    exports=workloads/rv32/lwip.exports flash=32K@384K ram=32K@224K stack=4K scopes=8K)
# $(call rv32_lies,SYSTEM)
rv32_lies = $(call rv32_compile,lies.$(1),workloads/lwip/tests/lwip-lies.c,$(RV32_WARNINGS) $(call \
    rv32_pair_flags,lwip,$(1),,4096))$(eval $(call \
    rv32_objects,lies.$(1),workloads/lwip/tests/lwip-lies.c): $(call rv32_stubs,lwip))$(call \
    rv32_image,test/lwip-lies.$(1),$(call \
    rv32_objects,lies.$(1),workloads/lwip/tests/lwip-lies.c) $(RV32_TAP),lying-node,flash=384K ram=192K stack=8K)
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
rv32-bench: $(filter $(RV32)/bench/%,$(RV32_IMAGES)) $(RV32)/test/gate-trace.elf
rv32-tests: $(filter $(RV32)/test/%,$(RV32_IMAGES))
rv32: rv32-bench rv32-tests

-include $(RV32_OBJECTS:.o=.d)
