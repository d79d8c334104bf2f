# zlib: deflating and inflating, at once and as a stream.

$(call upstream,zlib,workloads/zlib/source.list)
ZLIB_SOURCE := build/source/zlib
ZLIB_SOURCES := $(addprefix $(ZLIB_SOURCE)/,adler32.c compress.c crc32.c deflate.c inffast.c \
    inflate.c inftrees.c trees.c uncompr.c zutil.c)

WASM_AFTER_zlib := $(ZLIB_SOURCE).unpacked
$(call wasm_module,zlib,workloads/zlib/zlib.og.h,$(ZLIB_SOURCES),-I$(ZLIB_SOURCE) -DHAVE_UNISTD_H)

$(call workload,zlib,$(SYSTEMS),-lz)

# --- the embedded target ---
#
# Windows of 16 KiB and little memory for deflating, as zconf.h says for small machines: the
# workload inflates what it deflated before, and deflating with the defaults takes 262 KiB.

ZLIB_HEADERS := -isystem $(ZLIB_SOURCE) -DMAX_WBITS=14 -DMAX_MEM_LEVEL=5
$(call rv32_compile,zlib,$(ZLIB_SOURCES),$(ZLIB_HEADERS))

# The first bytes of the files that inputs.list names.
ZLIB_INPUTS := $(RV32)/generated/zlib
$(ZLIB_INPUTS)/%: workloads/zlib/inputs.list
	@mkdir -p $(@D)
	$(Q)head -c 16384 "$$(sed -n 's/^INPUT("$*", "[^"]*", "\([^"]*\)".*/\1/p' $<)" >$@
$(call rv32_compile,zlib-input,workloads/zlib/rv32/input.c,$(RV32_WARNINGS) \
    -DZLIB_INPUTS='"$(ZLIB_INPUTS)"')
ZLIB_INPUT := $(call rv32_objects,zlib-input,workloads/zlib/rv32/input.c)
$(ZLIB_INPUT): $(ZLIB_INPUTS)/text $(ZLIB_INPUTS)/binary

$(call rv32_workload,zlib,$(call rv32_objects,zlib,$(ZLIB_SOURCES)),$(ZLIB_HEADERS),soname=libz.so.1 \
    flash=64K@384K ram=160K@96K stack=4K scopes=34K message=17920 \
    host_flash=384K host_ram=96K host_stack=8K largest=16384 object=$(ZLIB_INPUT) upstream=zlib)
RV32_LINTED += workloads/zlib/rv32/input.c
RV32_LINT_FLAGS += -DZLIB_INPUTS='"."'

# --- tests of the stubs ---

$(call shared,liblying-zlib,workloads/zlib/tests/lying-zlib.c)
FLAGS_workloads/zlib/tests/lying-zlib += -fvisibility=default

$(call test,zlib-og,workloads/zlib/tests/zlib-og.c,$(OMNIGLOT),$(OMNIGLOT_LIBS))
$(BUILD)/test/zlib-og: | $(BUILD)/lib/liblying-zlib.so

$(call test,zlib-process,workloads/zlib/tests/zlib-process.c,$(PROCESS),$(PROCESS_LIBS))
$(BUILD)/test/zlib-process: | $(BUILD)/bin/og-worker-zlib

$(call objects,$(addprefix workloads/zlib/tests/,zlib-og.c zlib-process.c)): $(call stubs,zlib)
