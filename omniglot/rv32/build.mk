# The embedded target: host images for a board, and the libraries in them.
#
# An image is a host (kernel, runtime, program) and libraries, each linked alone at its own place in
# the board's flash and RAM. Everything is in build/rv32, whatever CC is.
#
#   BOARD=FOLDER   the board (default: omniglot/rv32/boards/virt, QEMU's `virt`); another one's
#                  images are in build/rv32-NAME (docs/embedded.md, "Another board")

BOARD ?= omniglot/rv32/boards/virt
include $(BOARD)/board.mk

RV32 := build/rv32$(patsubst %,-%,$(filter-out virt,$(notdir $(BOARD))))
RV32_PREFIX := riscv64-unknown-elf-
RV32_CC := $(RV32_PREFIX)gcc --specs=picolibc.specs $(BOARD_ARCHITECTURE)
RV32_CFLAGS := -std=gnu11 -O2 -g -ffunction-sections -fdata-sections -msmall-data-limit=0
RV32_WARNINGS := $(WARNINGS) $(WARNINGS_C)
# The C library's headers, for Clang: where Debian's package has them.
RV32_C_HEADERS := /usr/lib/picolibc/riscv64-unknown-elf/include
RV32_CPPFLAGS := -I. -Iomniglot/include -Iomniglot/rv32/include -I$(BOARD) -I$(RV32)/generated

# $(call rv32_objects,TAG,SOURCES): where the objects of sources compiled as TAG are.
rv32_objects = $(patsubst %,$(RV32)/object/$(1)/%.o,$(basename $(2)))

# $(call rv32_compile,TAG,SOURCES,FLAGS): compiles them so; each TAG has its own flags.
define rv32_compile_rule
RV32_OBJECTS += $(call rv32_objects,$(1),$(2))
$(call rv32_objects,$(1),$(2)): $(2) $(BUILD_FILES) | rv32-toolchain
	$$(call say,RV32,"$$< ($(1))")
	@mkdir -p $$(@D)
	$(Q)$(RV32_CC) $(RV32_CPPFLAGS) $(RV32_CFLAGS) $(3) -MMD -MP -c -o $$@ $$<
endef
rv32_compile = $(foreach source,$(2),$(eval $(call rv32_compile_rule,$(1),$(source),$(3))))

# What the functions below are told by name is a list of NAME=VALUE, in any order.
# $(call named,NAME,LIST): the values of one name.
named = $(patsubst $(1)=%,%,$(filter $(1)=%,$(2)))
# $(call check_names,WHERE,NAMES,OPTIONAL,LIST): stops where a name is missing or is none.
check_names = $(foreach name,$(2),$(if $(call named,$(name),$(4)),,$(error $(1) lacks $(name)=)))$(foreach \
    word,$(filter-out $(addsuffix =%,$(2) $(3)),$(4)),$(error $(1): $(word) is none of $(2) $(3)))
# A place is SIZE@OFFSET, from the start of the board's flash or RAM: 32K@384K.
place_size = $(firstword $(subst @, ,$(1)))
place_offset = $(lastword $(subst @, ,$(1)))

# The linker scripts, with the board's numbers.
define rv32_script_rule
$(RV32)/$(notdir $(1)): $(1) $(BOARD)/board.h | rv32-toolchain
	@mkdir -p $$(@D)
	$(Q)$(RV32_CC) -E -P -undef -x assembler-with-cpp -I$(BOARD) -o $$@ $$<
endef
$(eval $(call rv32_script_rule,omniglot/rv32/kernel.ld))
$(eval $(call rv32_script_rule,omniglot/pmp/library.ld))

# $(call rv32_library,NAME,OBJECTS,LIST): the library NAME, linked alone.
#   soname=     by which domains ask for it
#   exports=    a file that names its symbols, one a line
#   flash= ram= its places
#   stack=      of its RAM, what its stack gets
#   scopes=     and the allocations of scopes; the heap gets what is left
# The linker says by how much it is too big.
define rv32_library_rule
$(RV32)/library/$(1).elf: $(2) $$(RV32_IMAGE) $(call named,exports,$(3)) $(RV32)/library.ld $(BUILD_FILES)
	$$(call say,LIBRARY,$$@)
	@mkdir -p $$(@D)
	$(Q)$(RV32_CC) -nostartfiles -T $(RV32)/library.ld -o $$@ \
	    -Wl,--defsym=LIBRARY_FLASH_OFFSET=$(call place_offset,$(call named,flash,$(3))) \
	    -Wl,--defsym=LIBRARY_FLASH_SIZE=$(call place_size,$(call named,flash,$(3))) \
	    -Wl,--defsym=LIBRARY_RAM_OFFSET=$(call place_offset,$(call named,ram,$(3))) \
	    -Wl,--defsym=LIBRARY_RAM_SIZE=$(call place_size,$(call named,ram,$(3))) \
	    -Wl,--defsym=LIBRARY_STACK_SIZE=$(call named,stack,$(3)) \
	    -Wl,--defsym=LIBRARY_SCOPES_SIZE=$(call named,scopes,$(3)) \
	    -Wl,-Map=$$(@:.elf=.map) -Wl,-u,malloc,-u,memalign,-u,free \
	    $$$$(sed 's/#.*//; s/^\([^ ]\)/-Wl,-u,\1/' $(call named,exports,$(3))) $(2) $$(RV32_IMAGE)

$(RV32)/library/$(1).bin: $(RV32)/library/$(1).elf
	$(Q)$(RV32_PREFIX)objcopy -O binary $$< $$@

$(RV32)/library/$(1).c: $(RV32)/library/$(1).elf $(RV32)/library/$(1).bin omniglot/pmp/flash-library \
    $(call named,exports,$(3))
	$(Q)omniglot/pmp/flash-library $(1) $(call named,soname,$(3)) $$< $$(<:.elf=.bin) $(call named,exports,$(3)) >$$@

$(RV32)/library/$(1).o: $(RV32)/library/$(1).c
	$(Q)$(RV32_CC) $(RV32_CPPFLAGS) $(RV32_CFLAGS) -c -o $$@ $$<

$(RV32)/library/$(1).symbols.ld: $(RV32)/library/$(1).elf $(call named,exports,$(3))
	$(Q)omniglot/pmp/flash-library --symbols $(1) $(call named,soname,$(3)) $$< $$(<:.elf=.bin) $(call named,exports,$(3)) >$$@
endef
rv32_library = $(call check_names,rv32_library $(1),soname exports flash ram stack scopes,,$(3))$(eval $(call \
    rv32_library_rule,$(1),$(2),$(3)))

# $(call rv32_image,NAME,OBJECTS,LIBRARIES,LIST): the image build/rv32/NAME.elf.
#   flash= ram= how much of the board's is the host's
#   stack=      how much of that RAM is its stack
#   plain=      a library whose functions the host calls by their names (may be left out)
rv32_place = 0x$$$$($(RV32_PREFIX)nm $(RV32)/library/$(1).elf | sed -n 's/ . og_image_flash$$$$//p')
define rv32_image_rule
$(if $(filter test/%,$(1)),rv32-tests,rv32-bench): $(RV32)/$(1).elf
$(RV32)/$(1).elf: $(2) $$(RV32_HOST) $(3:%=$(RV32)/library/%.o) \
    $(patsubst %,$(RV32)/library/%.symbols.ld,$(call named,plain,$(4))) $(RV32)/kernel.ld \
    omniglot/rv32/check-places $(BUILD_FILES)
	$$(call say,IMAGE,$$@)
	@mkdir -p $$(@D)
	$(Q)$(RV32_CC) -nostartfiles -T $(RV32)/kernel.ld -o $$@ \
	    -Wl,--defsym=HOST_FLASH_SIZE=$(call named,flash,$(4)) -Wl,--defsym=HOST_RAM_SIZE=$(call named,ram,$(4)) \
	    -Wl,--defsym=HOST_STACK_SIZE=$(call named,stack,$(4)) -Wl,-Map=$$(@:.elf=.map) -Wl,--no-warn-rwx-segments \
	    $(foreach library,$(3),-Wl,--section-start=.library.$(library)=$(call rv32_place,$(library))) \
	    $$(filter %.o,$$^) $$(filter %.symbols.ld,$$^)
	$(Q)omniglot/rv32/check-places $$@ $(3:%=$(RV32)/library/%.elf)
endef
rv32_image = $(call check_names,rv32_image $(1),flash ram stack,plain,$(4))$(eval $(call \
    rv32_image_rule,$(1),$(2),$(3),$(4)))

# What is in every host, as far as it is used, and in every library. The C library's memcpy and
# memset are replaced in both.
RV32_HOST_SOURCES := $(wildcard omniglot/rv32/*.c omniglot/rv32/*.S omniglot/pmp/*.c \
    omniglot/pmp/*.S) $(filter-out $(addprefix omniglot/core/,turn.c library.c version.c),$(wildcard omniglot/core/*.c))
RV32_IMAGE_SOURCES := $(wildcard omniglot/pmp/image/*.c omniglot/pmp/image/*.S)
RV32_MEMORY_SOURCES := $(wildcard omniglot/rv32/memory/*.c)
RV32_MEMORY := $(call rv32_objects,memory,$(RV32_MEMORY_SOURCES))
RV32_HOST := $(call rv32_objects,host,$(RV32_HOST_SOURCES)) $(RV32_MEMORY)
RV32_IMAGE := $(call rv32_objects,image,$(RV32_IMAGE_SOURCES)) $(RV32_MEMORY)
$(call rv32_compile,host,$(RV32_HOST_SOURCES),$(RV32_WARNINGS))
$(call rv32_compile,image,$(RV32_IMAGE_SOURCES),$(RV32_WARNINGS))
$(call rv32_compile,memory,$(RV32_MEMORY_SOURCES),$(RV32_WARNINGS) -fno-builtin \
    -fno-tree-loop-distribute-patterns)

# Those of measurements, and those of tests.
.PHONY: rv32 rv32-bench rv32-tests rv32-toolchain
rv32: rv32-bench rv32-tests
rv32-toolchain:
	@command -v $(RV32_PREFIX)gcc >/dev/null || { echo "the RISC-V compiler is missing: Debian's package \
	gcc-riscv64-unknown-elf (make deps installs it)" >&2; exit 1; }
	@$(RV32_PREFIX)gcc -print-file-name=picolibc.specs >/dev/null && \
	    test -e "$$($(RV32_PREFIX)gcc -print-file-name=picolibc.specs)" || { echo "the C library for RISC-V \
	is missing: Debian's package picolibc-riscv64-unknown-elf (make deps installs it)" >&2; exit 1; }

# What `make lint` has clang-tidy look at: the same checks and Clang's analysis of scopes.
RV32_LINTED = $(shell git ls-files 'omniglot/rv32/*.c' 'omniglot/pmp/*.c' | grep -v /tests/)
RV32_LINT_FLAGS = --target=riscv32 $(BOARD_ARCHITECTURE) -std=gnu11 $(RV32_CPPFLAGS) -Wthread-safety \
    -isystem $(RV32_C_HEADERS)
