# The copying sandbox over WebAssembly: modules are built of C by Clang for wasm32-wasi, linked,
# translated to C by wasm2c, and compiled by $(CC) like any other source. What comes before $(CC) is
# the same for every build, in build/wasm.

WASM := build/wasm
WASM_CC := clang --target=wasm32-wasi
# What RLBox's modules in Firefox are built with, and the extensions that this wasm2c translates:
# memory.copy becomes the host's memmove.
WASM_CFLAGS := -std=gnu11 -O3 -DNDEBUG -mbulk-memory -msign-ext -mnontrapping-fptoint \
    -mmutable-globals -ftls-model=local-exec -w
# The stack comes first, so that one that overflows is out of bounds.
WASM_LDFLAGS := -mexec-model=reactor -Wl,--stack-first -Wl,-z,stack-size=262144 \
    -Wl,--export-table -Wl,--export=malloc -Wl,--export=free
# Functions that touch their stack page by page, so that no guard page is jumped over.
WASM_TRANSLATED_CFLAGS := -std=gnu11 -O3 -fPIC -fvisibility=hidden -DNDEBUG -w \
    -fstack-clash-protection -fno-sanitize=all
CPPFLAGS += -I$(WASM)/module

# For og-bindgen: the layouts of a module.
WASM_STUBS_FLAGS := --target=wasm32-wasi -I. -Iomniglot/include \
    -isystem $(LLVM)/lib/clang/14.0.6/include -isystem /usr/include/wasm32-wasi

$(call archive,wasm,$(addprefix baselines/copying/wasm/,runtime.c trap.c instance.c wasi.c wasi_files.c))
# What a program that calls modules links, besides the modules' own archives.
WASM_RUNTIME := wasm og-core
WASM_LIBS := -lm -lpthread

# Where sources are, or lie once they are unpacked: $(call wasm_objects,NAME,SOURCES)
wasm_objects = $(patsubst %,$(WASM)/object/$(1)/%.o,$(basename $(2)))

define wasm_object_rule
WASM_OBJECTS += $(call wasm_objects,$(1),$(2))
$(call wasm_objects,$(1),$(2)): $(2) $(BUILD_FILES)
	$$(call say,WASM,$$<)
	@mkdir -p $$(@D)
	$(Q)$(WASM_CC) -I. -Iomniglot/include $(WASM_CFLAGS) $(3) -MMD -MP -c -o $$@ $$<
endef

# $(call wasm_module,NAME,INTERFACE,SOURCES,FLAGS): the module NAME, with the functions that the
# interface file binds, as the archive wasm-NAME. FLAGS compile the sources; those of -I, -isystem
# and -D also find the headers for the interface file. (The exports depend on what og-bindgen is made of and
# not on the program, which each build has of its own: a module is not made again for each.)
define wasm_module_rule
WASM_MODULES += $(1)
WASM_FLAGS_$(1) := $(4)
$(WASM)/$(1).exports: $(2) $(BINDGEN) $(wildcard omniglot/bindgen/*.h) | $(BUILD)/bin/og-bindgen $(WASM_AFTER_$(1))
	@mkdir -p $$(@D)
	$(Q)$(BUILD)/bin/og-bindgen --wasm --list $$< -- $(WASM_STUBS_FLAGS) $(filter -I% -D%,$(4)) >$$@.list
	$(Q)sed -n 's/^  function \([A-Za-z0-9_]*\),.*/-Wl,--export=\1/p' $$@.list >$$@
$(WASM)/$(1).wasm: $(call wasm_objects,$(1),$(3)) $(WASM)/$(1).exports
	$$(call say,LINK,$$@)
	$(Q)$(WASM_CC) -O3 $(WASM_LDFLAGS) @$(WASM)/$(1).exports -o $$@ $$(filter %.o,$$^) $(WASM_LIBRARIES_$(1))
$(WASM)/module/$(1)-module.c: $(WASM)/$(1).wasm baselines/copying/wasm/check-names
	$$(call say,WASM2C,$$<)
	@mkdir -p $$(@D)
	$(Q)baselines/copying/wasm/check-names $$<
	$(Q)wasm2c -n $(1) -o $$@ $$<
# wasm2c writes both at once, and either may be the later by a moment.
$(WASM)/module/$(1)-module.h: $(WASM)/module/$(1)-module.c
	$(Q)touch $$@
$(BUILD)/object/wasm/$(1)-entry.o: baselines/copying/wasm/module.c $(WASM)/module/$(1)-module.c \
    baselines/copying/wasm/wasm.h baselines/copying/wasm/wasi.h $(BUILD_FILES)
	$$(call say,CC,"$$< ($(1))")
	@mkdir -p $$(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -DWASM_MODULE=$(1) -DWASM_HEADER='"$(1)-module.h"' \
	    $$$$(grep -q wasi_snapshot_preview1 $(WASM)/module/$(1)-module.h && echo -DWASM_IMPORTS) -c -o $$@ $$<
ARCHIVES += $(BUILD)/lib/wasm-$(1).a
$(BUILD)/lib/wasm-$(1).a: $(BUILD)/object/wasm/$(1)-module.o $(BUILD)/object/wasm/$(1)-entry.o
	$$(call say,AR,$$@)
	@mkdir -p $$(@D) && rm -f $$@
	$(Q)ar rcs $$@ $$^
endef
define wasm_translated_rule
$(2)/object/wasm/$(1)-module.o: $(WASM)/module/$(1)-module.c Makefile baselines/copying/wasm/build.mk
	$$(call say,CC,$$<)
	@mkdir -p $$(@D)
	$(Q)$(3) $(WASM_TRANSLATED_CFLAGS) -c -o $$@ $$<
endef
wasm_module = $(foreach source,$(3),$(eval $(call wasm_object_rule,$(1),$(source),$(4))))$(eval \
    $(call wasm_module_rule,$(1),$(2),$(3),$(4)))$(eval $(call wasm_translated_rule,$(1),$(BUILD),$(CC)))

# --- tests ---

# A module that attacks, and the same code in the host, where it succeeds.
WASM_TESTS := baselines/copying/wasm/tests
$(call wasm_module,rogue,$(WASM_TESTS)/rogue.og.h,$(WASM_TESTS)/rogue.c)
$(eval $(call stubs_rule,$(WASM_TESTS),rogue))
$(call test,wasm-attacks,$(WASM_TESTS)/wasm-attacks.c $(WASM_TESTS)/rogue.c,wasm-rogue $(WASM_RUNTIME),$(WASM_LIBS))
$(call objects,$(WASM_TESTS)/wasm-attacks.c): $(BUILD)/generated/$(WASM_TESTS)/stubs
# What ordinary libraries do.
WASM_LIBRARIES_ordinary := -lwasi-emulated-process-clocks
$(call wasm_module,ordinary,$(WASM_TESTS)/ordinary/ordinary.og.h,$(WASM_TESTS)/ordinary/ordinary.c)
$(eval $(call stubs_rule,$(WASM_TESTS)/ordinary,ordinary))
$(call test,wasm-ordinary,$(WASM_TESTS)/wasm-ordinary.c,wasm-ordinary $(WASM_RUNTIME),$(WASM_LIBS))
$(call objects,$(WASM_TESTS)/wasm-ordinary.c): $(BUILD)/generated/$(WASM_TESTS)/ordinary/stubs
TEST_SCRIPTS += $(WASM_TESTS)/imports-of-modules
# Beside MPK domains, in the guest (omniglot/mpk/tests/mpk-in-guest).
$(call program,guest-test/mpk-and-wasm,$(WASM_TESTS)/mpk-and-wasm.c omniglot/mpk/tests/mpk-test.c,\
    $(OMNIGLOT) wasm-rogue wasm,$(OMNIGLOT_LIBS) -lcmocka -lm)
$(call objects,$(WASM_TESTS)/mpk-and-wasm.c): $(BUILD)/generated/$(WASM_TESTS)/stubs
FLAGS_$(WASM_TESTS)/rogue += -fno-sanitize=all -Wno-infinite-recursion
