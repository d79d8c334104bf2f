# The embedded target: host images for QEMU's `virt` (RV32IMAC), and the libraries in them.
#
# An image is a host (kernel, runtime, program) and libraries, each linked alone at its own place in
# flash (512 KiB from 0x80000000) and RAM (256 KiB from 0x80100000). Everything is in build/rv32,
# whatever CC is.

RV32 := build/rv32
RV32_PREFIX := riscv64-unknown-elf-
RV32_CC := $(RV32_PREFIX)gcc --specs=picolibc.specs -march=rv32imac -mabi=ilp32
RV32_CFLAGS := -std=gnu11 -O2 -g -ffunction-sections -fdata-sections -msmall-data-limit=0
RV32_WARNINGS := $(WARNINGS) $(WARNINGS_C)
# The C library's headers, for Clang: where Debian's package has them.
RV32_C_HEADERS := /usr/lib/picolibc/riscv64-unknown-elf/include
RV32_CPPFLAGS := -I. -Iomniglot/include -Iomniglot/rv32/include -I$(RV32)/generated

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

# $(call rv32_library,NAME,SONAME,OBJECTS,EXPORTS,FLASH,FLASH_SIZE,RAM,RAM_SIZE,STACK,SCOPES): the
# library NAME at these places; the last two are the sizes of its stack and of its scopes'
# allocations. EXPORTS is a file that names its symbols. The linker says by how much it is too big.
define rv32_library_rule
$(RV32)/library/$(1).elf: $(3) $$(RV32_IMAGE) $(4) omniglot/pmp/library.ld $(BUILD_FILES)
	$$(call say,LIBRARY,$$@)
	@mkdir -p $$(@D)
	$(Q)$(RV32_CC) -nostartfiles -T omniglot/pmp/library.ld -o $$@ \
	    -Wl,--defsym=LIBRARY_FLASH=$(5) -Wl,--defsym=LIBRARY_FLASH_SIZE=$(6) \
	    -Wl,--defsym=LIBRARY_RAM=$(7) -Wl,--defsym=LIBRARY_RAM_SIZE=$(8) \
	    -Wl,--defsym=LIBRARY_STACK_SIZE=$(9) -Wl,--defsym=LIBRARY_SCOPES_SIZE=$(10) \
	    -Wl,-Map=$$(@:.elf=.map) -Wl,-u,malloc,-u,memalign,-u,free \
	    $$$$(sed 's/#.*//; s/^\([^ ]\)/-Wl,-u,\1/' $(4)) $(3) $$(RV32_IMAGE)

$(RV32)/library/$(1).bin: $(RV32)/library/$(1).elf
	$(Q)$(RV32_PREFIX)objcopy -O binary $$< $$@

$(RV32)/library/$(1).c: $(RV32)/library/$(1).elf $(RV32)/library/$(1).bin omniglot/pmp/flash-library $(4)
	$(Q)omniglot/pmp/flash-library $(1) $(2) $$< $$(<:.elf=.bin) $(4) >$$@

$(RV32)/library/$(1).o: $(RV32)/library/$(1).c
	$(Q)$(RV32_CC) $(RV32_CPPFLAGS) $(RV32_CFLAGS) -c -o $$@ $$<

$(RV32)/library/$(1).symbols.ld: $(RV32)/library/$(1).elf $(4)
	$(Q)omniglot/pmp/flash-library --symbols $(1) $(2) $$< $$(<:.elf=.bin) $(4) >$$@

RV32_LIBRARY_FLASH_$(1) := $(5)
endef
rv32_library = $(eval $(call rv32_library_rule,$(strip $(1)),$(strip $(2)),$(3),$(strip $(4)),$(strip $(5)),$(strip \
    $(6)),$(strip $(7)),$(strip $(8)),$(strip $(9)),$(strip $(10))))

# $(call rv32_image,NAME,OBJECTS,LIBRARIES,FLASH_SIZE,RAM_SIZE,STACK_SIZE,PLAIN): the image
# build/rv32/NAME.elf. The sizes are the host's. PLAIN names a library that the host calls plainly.
define rv32_image_rule
RV32_IMAGES += $(RV32)/$(1).elf
$(RV32)/$(1).elf: $(2) $$(RV32_HOST) $(3:%=$(RV32)/library/%.o) $(7:%=$(RV32)/library/%.symbols.ld) \
    omniglot/rv32/kernel.ld omniglot/rv32/check-places $(BUILD_FILES)
	$$(call say,IMAGE,$$@)
	@mkdir -p $$(@D)
	$(Q)$(RV32_CC) -nostartfiles -T omniglot/rv32/kernel.ld -o $$@ \
	    -Wl,--defsym=HOST_FLASH_SIZE=$(4) -Wl,--defsym=HOST_RAM_SIZE=$(5) \
	    -Wl,--defsym=HOST_STACK_SIZE=$(6) -Wl,-Map=$$(@:.elf=.map) -Wl,--no-warn-rwx-segments \
	    $(foreach library,$(3),-Wl,--section-start=.library.$(library)=$(RV32_LIBRARY_FLASH_$(library))) \
	    $(2) $$(RV32_HOST) $(3:%=$(RV32)/library/%.o) $(7:%=$(RV32)/library/%.symbols.ld)
	$(Q)omniglot/rv32/check-places $$@ $(3:%=$(RV32)/library/%.elf)
endef
rv32_image = $(eval $(call rv32_image_rule,$(strip $(1)),$(2),$(3),$(strip $(4)),$(strip $(5)),$(strip \
    $(6)),$(strip $(7))))

# What is in every host, as far as it is used, and in every library. The C library's memcpy and
# memset are replaced in both.
RV32_HOST_SOURCES := $(wildcard omniglot/rv32/*.c omniglot/rv32/*.S omniglot/pmp/*.c \
    omniglot/pmp/*.S) $(filter-out omniglot/core/turn.c,$(wildcard omniglot/core/*.c))
RV32_IMAGE_SOURCES := $(wildcard omniglot/pmp/image/*.c omniglot/pmp/image/*.S)
RV32_MEMORY_SOURCES := $(wildcard omniglot/rv32/memory/*.c)
RV32_MEMORY := $(call rv32_objects,memory,$(RV32_MEMORY_SOURCES))
RV32_HOST := $(call rv32_objects,host,$(RV32_HOST_SOURCES)) $(RV32_MEMORY)
RV32_IMAGE := $(call rv32_objects,image,$(RV32_IMAGE_SOURCES)) $(RV32_MEMORY)
$(call rv32_compile,host,$(RV32_HOST_SOURCES),$(RV32_WARNINGS))
$(call rv32_compile,image,$(RV32_IMAGE_SOURCES),$(RV32_WARNINGS))
$(call rv32_compile,memory,$(RV32_MEMORY_SOURCES),$(RV32_WARNINGS) -fno-builtin \
    -fno-tree-loop-distribute-patterns)

.PHONY: rv32 rv32-toolchain
rv32-toolchain:
	@command -v $(RV32_PREFIX)gcc >/dev/null || { echo "the RISC-V compiler is missing: Debian's package \
	gcc-riscv64-unknown-elf (make deps installs it)" >&2; exit 1; }
	@$(RV32_PREFIX)gcc -print-file-name=picolibc.specs >/dev/null && \
	    test -e "$$($(RV32_PREFIX)gcc -print-file-name=picolibc.specs)" || { echo "the C library for RISC-V \
	is missing: Debian's package picolibc-riscv64-unknown-elf (make deps installs it)" >&2; exit 1; }

# What `make lint` has clang-tidy look at: the same checks and Clang's analysis of scopes.
RV32_LINTED = $(shell git ls-files 'omniglot/rv32/*.c' 'omniglot/pmp/*.c')
RV32_LINT_FLAGS = --target=riscv32 -march=rv32imac -mabi=ilp32 -std=gnu11 $(RV32_CPPFLAGS) -Wthread-safety \
    -isystem $(RV32_C_HEADERS)
