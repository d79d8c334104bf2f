# Tests of the isolation over protection keys, which run in the PKU guest.

# What attacks the runtime, and what it has to load.
$(call shared,libogattack,omniglot/mpk/tests/hostile.c,)
$(call shared,liboggate,omniglot/mpk/tests/hostile-gate.c,)
$(call shared,libogsignals,omniglot/mpk/tests/hostile-signals.c,)
FLAGS_omniglot/mpk/tests/hostile-signals += -fno-stack-protector -Wno-missing-prototypes
$(call shared,libogentries,omniglot/mpk/tests/hostile-entries.c,)
FLAGS_omniglot/mpk/tests/hostile-entries += -fno-stack-protector -fomit-frame-pointer -fcf-protection=none -Wno-missing-prototypes
$(call shared,libogoutput,omniglot/mpk/tests/hostile-output.c,)
FLAGS_omniglot/mpk/tests/hostile-output += -fno-stack-protector -Wno-missing-prototypes
$(call shared,libogforbidden,omniglot/mpk/tests/forbidden.c,)
$(call shared,libogfails,omniglot/mpk/tests/fails-to-load.c,)
$(call shared,libogunlucky,omniglot/mpk/tests/unlucky.S,)
$(call shared,libogthreads,omniglot/mpk/tests/hostile-threads.c,)
$(call shared,libogneedy,omniglot/mpk/tests/needy.c,)
$(call shared,liboghangs,omniglot/mpk/tests/hangs.c,)
$(call shared,libogbeats,omniglot/mpk/tests/beats.c,)
$(call shared,libogshares,omniglot/mpk/tests/shares.c,)
$(call shared,liboghostcode,omniglot/mpk/tests/hostile-hostcode.c,-z lazy)
$(call shared,libogneighbour,omniglot/mpk/tests/neighbour.S,-nostdlib -fuse-ld=lld)
$(call shared,libogbooks,omniglot/mpk/tests/hostile-books.c,-ldl)
$(call shared,libogconstructor,omniglot/mpk/tests/waits-while-loading.c,)
$(call shared,libogthrows,omniglot/mpk/tests/throws.cc,,$(CXX))
FLAGS_omniglot/mpk/tests/hostile += -fno-stack-protector -fomit-frame-pointer -Wno-infinite-recursion -Wno-missing-prototypes
FLAGS_omniglot/mpk/tests/hostile-hostcode += -fno-stack-protector -fsemantic-interposition -Wno-missing-prototypes
FLAGS_omniglot/mpk/tests/hostile-books += -fno-stack-protector -Wno-missing-prototypes
FLAGS_omniglot/mpk/tests/hostile-gate += -fno-stack-protector -Wno-missing-prototypes
FLAGS_omniglot/mpk/tests/forbidden += -Wno-missing-prototypes
FLAGS_omniglot/mpk/tests/hostile-threads += -fno-stack-protector -Wno-infinite-recursion -Wno-missing-prototypes
FLAGS_omniglot/mpk/tests/needy += -Wno-missing-prototypes
FLAGS_omniglot/mpk/tests/beats += -Wno-missing-prototypes
$(call test,mpk-arena,omniglot/mpk/tests/mpk-arena.c,$(OMNIGLOT),$(OMNIGLOT_LIBS))
$(call test,mpk-where,omniglot/mpk/tests/mpk-where.c,$(OMNIGLOT),$(OMNIGLOT_LIBS))
$(BUILD)/test/mpk-where: | $(BUILD)/lib/libogattack.so
MPK_GUEST_TESTS := mpk-attacks mpk-calls mpk-faults mpk-lifetime mpk-libraries
MPK_GUEST_TESTS += mpk-host-code
MPK_GUEST_TESTS += mpk-books
MPK_GUEST_TESTS += mpk-signals mpk-handlers mpk-interrupted mpk-deadlines mpk-callbacks mpk-output
MPK_GUEST_TESTS += mpk-gate mpk-gate-interrupted mpk-entries
# What is given back while a thread exits is looked at.
KEEPING_FREE := -Wl,--wrap=free
$(call program,guest-test/mpk-sharing,omniglot/mpk/tests/mpk-sharing.c omniglot/tests/sharing.c,$(OMNIGLOT),$(KEEPING_FREE) $(OMNIGLOT_LIBS) -lcmocka -lm)
$(call program,guest-test/mpk-many-threads,omniglot/mpk/tests/mpk-many-threads.c \
    omniglot/mpk/tests/mpk-test.c omniglot/tests/sharing.c,$(OMNIGLOT),$(OMNIGLOT_LIBS) -lcmocka -lm)
# A child is made at a moment of a domain's opening.
MAKING_CHILDREN := -Wl,--wrap=mpk_allocate
$(call program,guest-test/mpk-threads,omniglot/mpk/tests/mpk-threads.c omniglot/mpk/tests/mpk-test.c \
    omniglot/mpk/tests/mpk-kernel.c,$(OMNIGLOT),$(MAKING_CHILDREN) $(OMNIGLOT_LIBS) -lcmocka -lm)
$(call program,guest-test/mpk-allocations,omniglot/mpk/tests/mpk-allocations.c $(DOMAIN_ALLOCATIONS),$(OMNIGLOT),$(FAILING_ALLOCATOR) $(OMNIGLOT_LIBS) -lcmocka)
$(foreach test,$(MPK_GUEST_TESTS),$(call program,guest-test/$(test),omniglot/mpk/tests/$(test).c \
    omniglot/mpk/tests/mpk-test.c omniglot/mpk/tests/mpk-kernel.c,$(OMNIGLOT),$(OMNIGLOT_LIBS) -lcmocka -lm))
$(call program,guest-test/mpk-cost,omniglot/mpk/tests/mpk-cost.c,$(OMNIGLOT),$(OMNIGLOT_LIBS))
$(call program,guest-test/mpk-stress,omniglot/mpk/tests/mpk-stress.c,$(OMNIGLOT),$(OMNIGLOT_LIBS))
$(call shared,libogfuzz,omniglot/mpk/tests/fuzz-domain/inside.c,)
$(call program,guest-test/fuzz-domain,$(addprefix omniglot/mpk/tests/fuzz-domain/,main.c round.c canaries.c) \
    omniglot/mpk/tests/mpk-kernel.c, \
    $(OMNIGLOT),$(OMNIGLOT_LIBS))
FLAGS_omniglot/mpk/tests/fuzz-domain/inside += -fno-stack-protector -fomit-frame-pointer -Wno-infinite-recursion
# The guest's kernel is GUEST_KERNEL's (pku-guest --help), for all but mpk-in-newer-guest.
MPK_TESTS := omniglot/mpk/tests/mpk-in-guest omniglot/mpk/tests/mpk-in-newer-guest \
    omniglot/mpk/tests/mpk-cost-in-guest omniglot/tools/tests/mpk-tools-in-guest \
    omniglot/tests/documented-program-in-guest \
    omniglot/mpk/tests/mpk-stress-in-guest omniglot/mpk/tests/fuzz-domain-in-guest
TEST_SCRIPTS += $(MPK_TESTS) omniglot/mpk/tests/allocates-in-one-place

# The MPK runtime's tests alone, and those that take long.
.PHONY: test-mpk stress-mpk
test-mpk: deps
	@$(MAKE) --no-print-directory $(PARALLEL) tests
	@tools/run-tests $(foreach script,$(MPK_TESTS),'$(notdir $(script))=BUILD=$(BUILD) $(script)')

stress-mpk: deps
	@$(MAKE) --no-print-directory $(PARALLEL) tests
	@TEST_TIMEOUT=8000 OG_STRESS=1 GUEST_TIMEOUT=3600 STRESS_TIMEOUT=3600 FAULTS=100000 \
	    FUZZ_DOMAIN_SECONDS=$${FUZZ_DOMAIN_SECONDS:-3600} \
	    tools/run-tests $(foreach kernel,6.1 6.12,$(foreach script,mpk-in-guest \
	    mpk-stress-in-guest fuzz-domain-in-guest,'$(script)-$(kernel)=GUEST_KERNEL=$(kernel) BUILD=$(BUILD) \
	    omniglot/mpk/tests/$(script)'))

$(call fuzzer,elf,omniglot/mpk/fuzz/elf.c omniglot/mpk/code/elf.c omniglot/mpk/code/scan.c)

# What the host's threads share, watched by thread sanitizer: the runtime as it is, compiled for it, with
# a stand-in for the gate and for what is loaded, and without keys (hollow/hollow.h).
HOLLOW := $(wildcard omniglot/mpk/tests/hollow/*.c) omniglot/mpk/tests/hollow/gate.S \
    $(CORE) omniglot/core/isolation.c \
    $(filter-out %/image.c %/gate_code.c,$(wildcard $(addprefix omniglot/mpk/,*.c syscall/*.c code/*.c describe/*.c)))
HOLLOW_OBJECTS := $(patsubst %,$(BUILD)/tsan/%.o,$(basename $(HOLLOW)))
HOLLOW_FLAGS := -O1 -g -fsanitize=thread -fno-omit-frame-pointer -fPIE
HOLLOW_WRAPPED := pkey_alloc pkey_free pkey_mprotect og_mpk_supported mpk_process_trap_calls mpk_maps_visit \
    pthread_mutex_clocklock pthread_rwlock_clockwrlock mpk_lock mpk_unlock
$(BUILD)/tsan/omniglot/mpk/rights.o: HOLLOW_FLAGS += -Duname=hollow_uname
$(BUILD)/tsan/omniglot/mpk/reserve.o: HOLLOW_FLAGS += -Dgetrlimit=hollow_getrlimit
$(BUILD)/tsan/%.o: %.c $(BUILD_FILES)
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)clang -std=gnu11 $(CPPFLAGS) $(WARNINGS) $(WARNINGS_C) $(WARNINGS_clang) $(filter -w,$(CFLAGS)) $(HOLLOW_FLAGS) -MMD -MP -c -o $@ $<
$(BUILD)/tsan/%.o: %.S $(BUILD_FILES)
	@mkdir -p $(@D)
	$(Q)clang $(CPPFLAGS) -MMD -MP -c -o $@ $<
$(BUILD)/test/mpk-races: $(HOLLOW_OBJECTS)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)clang -fsanitize=thread -pie -rdynamic $(HOLLOW_WRAPPED:%=-Wl,--wrap=%) -o $@ $^ -lcmocka $(OMNIGLOT_LIBS)
-include $(HOLLOW_OBJECTS:.o=.d)
# By Clang, whatever CC is: once.
ifeq ($(notdir $(CC))$(SANITIZE),gcc)
tests: $(BUILD)/test/mpk-races
endif
TEST_SCRIPTS += omniglot/mpk/tests/mpk-races.sh
