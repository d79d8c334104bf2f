# The core, the isolations, their tools and tests.

# Which isolation a domain gets depends on those of the build, of which core knows nothing: it is linked
# with their list, so that the archives' order is none, mpk, core.
CORE := $(filter-out %/isolation.c,$(wildcard omniglot/core/*.c))
$(call archive,og-core,$(CORE))
$(call archive,og-none,omniglot/isolations.c omniglot/core/isolation.c $(wildcard omniglot/none/*.c))

# og-none's allocator: Debian's jemalloc as one object, in which only what heap.c calls is to be seen,
# and by other names, so that it replaces nobody's malloc.
JEMALLOC_FUNCTIONS := mallocx rallocx sallocx dallocx mallctl
JEMALLOC_OBJECT := $(BUILD)/object/jemalloc.o
$(JEMALLOC_OBJECT):
	$(call say,OBJCOPY,$@)
	@mkdir -p $(@D)
	$(Q)ld -r -o $@.linked $(JEMALLOC_FUNCTIONS:%=-u %) \
	    "$$($(CC) -print-file-name=libjemalloc_pic.a)"
	$(Q)objcopy $(foreach name,$(JEMALLOC_FUNCTIONS),--redefine-sym $(name)=og_jemalloc_$(name) \
	    --keep-global-symbol og_jemalloc_$(name)) --redefine-sym malloc_conf=og_jemalloc_conf \
	    --keep-global-symbol og_jemalloc_conf $@.linked $@
$(BUILD)/lib/og-none.a: $(JEMALLOC_OBJECT)

# What a program that uses Omniglot links: $(call program,PATH,SOURCES,$(OMNIGLOT),$(OMNIGLOT_LIBS))
OMNIGLOT := og-none og-mpk og-core
OMNIGLOT_LIBS := -lm -ldl -lpthread

$(call test,core-isolation,omniglot/tests/core-isolation.c omniglot/core/isolation.c,og-core,)
$(call test,core-scope,omniglot/tests/core-scope.c omniglot/tests/fake-domain.c,og-core,)
$(call test,core-upgrade,omniglot/tests/core-upgrade.c omniglot/tests/fake-domain.c,og-core,)
$(call test,core-validate,omniglot/tests/core-validate.c omniglot/tests/fake-domain.c,og-core,)
$(call test,core-write,omniglot/tests/core-write.c omniglot/tests/fake-domain.c,og-core,)
$(call test,core-parameters,omniglot/tests/core-parameters.c,,)
$(call test,none-domain,omniglot/tests/none-domain.c,$(OMNIGLOT),$(OMNIGLOT_LIBS))

$(call test,none-sharing,omniglot/tests/none-sharing.c omniglot/tests/sharing.c,$(OMNIGLOT),$(OMNIGLOT_LIBS))
$(call shared,libogsharing,omniglot/tests/hostile-sharing.c,)
FLAGS_omniglot/tests/hostile-sharing += -Wno-infinite-recursion -Wno-missing-prototypes
$(BUILD)/test/none-sharing: | $(BUILD)/lib/libogsharing.so

# What has the calls of these functions come to failing-allocator.c.
ALLOCATING_FUNCTIONS := malloc calloc realloc strdup strndup free asprintf fopen open_memstream fclose \
    mmap memfd_create pthread_create pthread_key_create pthread_atfork
FAILING_ALLOCATOR := $(ALLOCATING_FUNCTIONS:%=-Wl,--wrap=%)
EACH_ALLOCATION := $(addprefix omniglot/tests/,each-allocation.c failing-allocator.c)
DOMAIN_ALLOCATIONS := omniglot/tests/domain-allocations.c $(EACH_ALLOCATION)
$(call test,none-allocations,omniglot/tests/none-allocations.c $(DOMAIN_ALLOCATIONS),$(OMNIGLOT),$(FAILING_ALLOCATOR) $(OMNIGLOT_LIBS))
$(BUILD)/test/none-allocations: | $(BUILD)/lib/libogforeign.so

$(call shared,libogforeign,omniglot/tests/foreign.c,)
$(BUILD)/test/none-domain: | $(BUILD)/lib/libogforeign.so

$(call program,bin/og-doctor,omniglot/tools/og-doctor.c,$(OMNIGLOT),$(OMNIGLOT_LIBS))
$(call program,bin/og-run,omniglot/tools/og-run.c omniglot/tools/og-run-arguments.c,$(OMNIGLOT),$(OMNIGLOT_LIBS))
$(call program,bin/og-scan,omniglot/tools/og-scan.c omniglot/mpk/code/elf.c omniglot/mpk/code/scan.c \
    omniglot/core/printable.c,,)

# og-bindgen, which reads interface files with libclang.
LLVM := /usr/lib/llvm-14
BINDGEN := $(wildcard omniglot/bindgen/*.c)
$(foreach source,$(basename $(BINDGEN)),$(eval FLAGS_$(source) += -isystem $(LLVM)/include))
$(call program,bin/og-bindgen,$(BINDGEN),,-L$(LLVM)/lib -lclang-14)

# What somebody needs who calls libraries: archives to link and tools. The headers are omniglot/include.
PRODUCT := $(OMNIGLOT:%=$(BUILD)/lib/%.a) $(addprefix $(BUILD)/bin/,og-bindgen og-doctor og-run og-scan)
.PHONY: product
product: $(PRODUCT)

# $(call stubs_rule,FOLDER,NAME): makes the stubs of FOLDER/NAME.og.h, of every discipline. What
# includes them depends on $(BUILD)/generated/FOLDER/stubs, which says that they are made.
define stubs_rule
$(BUILD)/generated/$(1)/stubs: $(1)/$(2).og.h omniglot/include/omniglot/interface.h \
    $(BUILD)/bin/og-bindgen .clang-format $(if $(filter $(2),$(WASM_MODULES)),$(WASM)/module/$(2)-module.h)
	$$(call say,BINDGEN,$$<)
	@mkdir -p $$(@D)
	$(Q)$(BUILD)/bin/og-bindgen --baselines baselines --output $$(@D) $$< -- $(CPPFLAGS)
	$(if $(filter $(2),$(WASM_MODULES)),$(Q)$(BUILD)/bin/og-bindgen --baselines baselines --wasm --output $$(@D) $$< -- \
	    $(WASM_STUBS_FLAGS) $(filter -I% -D%,$(WASM_FLAGS_$(2))))
	$(Q)clang-format --style=file:.clang-format -i $$(@D)/$(2)-*.[ch]
	@touch $$@
$(BUILD)/generated/$(1)/$(2)-worker.c: $(BUILD)/generated/$(1)/stubs ;
endef

TEST_SCRIPTS += omniglot/tests/layers omniglot/tests/headers omniglot/tests/pku-guest.sh omniglot/tests/product.sh
TEST_SCRIPTS += omniglot/tests/thread-sanitizer.sh omniglot/tests/must-not-compile.sh omniglot/tests/documented-program.sh \
    omniglot/tests/readme.sh omniglot/tests/link-host.sh omniglot/tests/og-run.sh

$(call fuzzer,validate,omniglot/tests/fuzz/validate.c omniglot/tests/fake-domain.c $(CORE))

# --- over protection keys ---

include omniglot/mpk/build.mk

# --- the embedded target ---

include omniglot/rv32/build.mk omniglot/rv32/tests/build.mk omniglot/pmp/tests/build.mk
