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

$(call archive,og-mpk,$(wildcard omniglot/mpk/*.c) omniglot/mpk/gate.S)

# The program that the loader of a domain starts, as an array for the runtime to carry.
MPK_BOOT := $(BUILD)/generated/omniglot/mpk/boot
$(MPK_BOOT): omniglot/mpk/boot/boot.S omniglot/mpk/layout.h
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -I. -nostdlib -pie -Wl,-z,now -Wl,--no-as-needed -Wl,--build-id=none -o $@ $< -lc
$(MPK_BOOT)_image.h: $(MPK_BOOT)
	$(Q){ echo '/* Generated from omniglot/mpk/boot/boot.S. */'; \
	    echo 'static const unsigned char mpk_boot_image[] __attribute__((aligned(16))) = {'; \
	    od -An -v -tu1 $< | sed 's/ *\([0-9][0-9]*\)/\1,/g'; echo '};'; } >$@
$(BUILD)/object/omniglot/mpk/image.o: $(MPK_BOOT)_image.h

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
$(call program,bin/og-scan,omniglot/tools/og-scan.c omniglot/mpk/elf.c omniglot/mpk/scan.c \
    omniglot/core/printable.c,,)

# og-bindgen, which reads interface files with libclang.
LLVM := /usr/lib/llvm-14
BINDGEN := $(wildcard omniglot/bindgen/*.c)
$(foreach source,$(basename $(BINDGEN)),$(eval FLAGS_$(source) += -isystem $(LLVM)/include))
$(call program,bin/og-bindgen,$(BINDGEN),,-L$(LLVM)/lib -lclang-14)

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

# What attacks the MPK runtime, and the tests of it, which run in the PKU guest.
$(call shared,libogattack,omniglot/tests/hostile.c,)
$(call shared,liboggate,omniglot/tests/hostile-gate.c,)
$(call shared,libogsignals,omniglot/tests/hostile-signals.c,)
FLAGS_omniglot/tests/hostile-signals += -fno-stack-protector -Wno-missing-prototypes
$(call shared,libogsharing,omniglot/tests/hostile-sharing.c,)
$(call shared,libogforbidden,omniglot/tests/forbidden.c,)
$(call shared,libogfails,omniglot/tests/fails-to-load.c,)
$(call shared,libogunlucky,omniglot/tests/unlucky.S,)
$(call shared,libogneedy,omniglot/tests/needy.c,)
$(call shared,liboghangs,omniglot/tests/hangs.c,)
$(call shared,liboghostcode,omniglot/tests/hostile-hostcode.c,-z lazy)
$(call shared,libogneighbour,omniglot/tests/neighbour.S,-nostdlib -fuse-ld=lld)
$(call shared,libogbooks,omniglot/tests/hostile-books.c,-ldl)
$(call shared,libogthrows,omniglot/tests/throws.cc,,$(CXX))
FLAGS_omniglot/tests/hostile += -fno-stack-protector -fomit-frame-pointer -Wno-infinite-recursion -Wno-missing-prototypes
FLAGS_omniglot/tests/hostile-hostcode += -fno-stack-protector -fsemantic-interposition -Wno-missing-prototypes
FLAGS_omniglot/tests/hostile-books += -fno-stack-protector -Wno-missing-prototypes
FLAGS_omniglot/tests/hostile-sharing += -Wno-infinite-recursion -Wno-missing-prototypes
FLAGS_omniglot/tests/hostile-gate += -fno-stack-protector -Wno-missing-prototypes
FLAGS_omniglot/tests/forbidden += -Wno-missing-prototypes
FLAGS_omniglot/tests/needy += -Wno-missing-prototypes
$(call test,mpk-arena,omniglot/tests/mpk-arena.c,$(OMNIGLOT),$(OMNIGLOT_LIBS))
$(call test,mpk-where,omniglot/tests/mpk-where.c,$(OMNIGLOT),$(OMNIGLOT_LIBS))
$(BUILD)/test/mpk-where: | $(BUILD)/lib/libogattack.so
MPK_GUEST_TESTS := mpk-attacks mpk-calls mpk-faults mpk-threads mpk-lifetime mpk-libraries
MPK_GUEST_TESTS += mpk-host-code
MPK_GUEST_TESTS += mpk-books
MPK_GUEST_TESTS += mpk-signals mpk-handlers mpk-interrupted mpk-deadlines mpk-callbacks
MPK_GUEST_TESTS += mpk-gate mpk-gate-interrupted
$(call program,guest-test/mpk-sharing,omniglot/tests/mpk-sharing.c omniglot/tests/sharing.c,$(OMNIGLOT),$(OMNIGLOT_LIBS) -lcmocka -lm)
$(call program,guest-test/mpk-allocations,omniglot/tests/mpk-allocations.c $(DOMAIN_ALLOCATIONS),$(OMNIGLOT),$(FAILING_ALLOCATOR) $(OMNIGLOT_LIBS) -lcmocka)
$(foreach test,$(MPK_GUEST_TESTS),$(call program,guest-test/$(test),omniglot/tests/$(test).c \
    omniglot/tests/mpk-test.c omniglot/tests/mpk-kernel.c,$(OMNIGLOT),$(OMNIGLOT_LIBS) -lcmocka -lm))
$(call program,guest-test/mpk-cost,omniglot/tests/mpk-cost.c,$(OMNIGLOT),$(OMNIGLOT_LIBS))
$(call program,guest-test/mpk-stress,omniglot/tests/mpk-stress.c,$(OMNIGLOT),$(OMNIGLOT_LIBS))
$(call shared,libogfuzz,omniglot/tests/fuzz-domain/inside.c,)
$(call program,guest-test/fuzz-domain,$(addprefix omniglot/tests/fuzz-domain/,main.c round.c canaries.c) \
    omniglot/tests/mpk-kernel.c, \
    $(OMNIGLOT),$(OMNIGLOT_LIBS))
FLAGS_omniglot/tests/fuzz-domain/inside += -fno-stack-protector -fomit-frame-pointer -Wno-infinite-recursion
# The guest's kernel is GUEST_KERNEL's (pku-guest --help), for all but mpk-in-newer-guest.
MPK_TESTS := omniglot/tests/mpk-in-guest omniglot/tests/mpk-in-newer-guest \
    omniglot/tests/mpk-cost-in-guest omniglot/tests/mpk-tools-in-guest \
    omniglot/tests/documented-program-in-guest \
    omniglot/tests/mpk-stress-in-guest omniglot/tests/fuzz-domain-in-guest
TEST_SCRIPTS += omniglot/tests/layers omniglot/tests/headers $(MPK_TESTS) omniglot/tests/pku-guest.sh

# The MPK runtime's tests alone, and those that take long.
.PHONY: test-mpk stress-mpk
test-mpk: deps
	@$(MAKE) --no-print-directory $(PARALLEL) tests
	@omniglot/tests/run-tests $(foreach script,$(MPK_TESTS),'$(notdir $(script))=BUILD=$(BUILD) $(script)')

stress-mpk: deps
	@$(MAKE) --no-print-directory $(PARALLEL) tests
	@TEST_TIMEOUT=8000 OG_STRESS=1 GUEST_TIMEOUT=3600 STRESS_TIMEOUT=3600 FAULTS=100000 \
	    FUZZ_DOMAIN_SECONDS=$${FUZZ_DOMAIN_SECONDS:-3600} \
	    omniglot/tests/run-tests $(foreach kernel,6.1 6.12,$(foreach script,mpk-in-guest \
	    mpk-stress-in-guest fuzz-domain-in-guest,'$(script)-$(kernel)=GUEST_KERNEL=$(kernel) BUILD=$(BUILD) \
	    omniglot/tests/$(script)'))

TEST_SCRIPTS += omniglot/tests/thread-sanitizer.sh omniglot/tests/must-not-compile.sh omniglot/tests/documented-program.sh \
    omniglot/tests/readme.sh omniglot/tests/link-host.sh omniglot/tests/og-run.sh

$(call fuzzer,validate,omniglot/tests/fuzz/validate.c omniglot/tests/fake-domain.c $(CORE))
$(call fuzzer,elf,omniglot/tests/fuzz/elf.c omniglot/mpk/elf.c omniglot/mpk/scan.c)

# --- the embedded target ---

include omniglot/rv32/build.mk omniglot/tests/rv32/build.mk
