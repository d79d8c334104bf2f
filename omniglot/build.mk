# The core, the isolations, their tools and tests.

$(call archive,og-core,$(wildcard omniglot/core/*.c))
$(call archive,og-none,omniglot/open.c $(wildcard omniglot/none/*.c))
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
OMNIGLOT_LIBS := -lmemkind -ldl -lpthread

$(call test,core-scope,omniglot/tests/core-scope.c omniglot/tests/fake-domain.c,og-core,)
$(call test,core-upgrade,omniglot/tests/core-upgrade.c omniglot/tests/fake-domain.c,og-core,)
$(call test,core-validate,omniglot/tests/core-validate.c omniglot/tests/fake-domain.c,og-core,)
$(call test,core-write,omniglot/tests/core-write.c omniglot/tests/fake-domain.c,og-core,)
$(call test,core-parameters,omniglot/tests/core-parameters.c,,)
$(call test,none-domain,omniglot/tests/none-domain.c,$(OMNIGLOT),$(OMNIGLOT_LIBS))

$(call shared,libogforeign,omniglot/tests/foreign.c,)
$(BUILD)/test/none-domain: | $(BUILD)/lib/libogforeign.so

$(call program,bin/og-doctor,omniglot/tools/og-doctor.c,$(OMNIGLOT),$(OMNIGLOT_LIBS))
$(call program,bin/og-run,omniglot/tools/og-run.c,$(OMNIGLOT),$(OMNIGLOT_LIBS))
$(call program,bin/og-scan,omniglot/tools/og-scan.c,$(OMNIGLOT),$(OMNIGLOT_LIBS))

# What attacks the MPK runtime, and the tests of it, which run in the PKU guest.
$(call shared,libogattack,omniglot/tests/hostile.c,)
$(call shared,libogforbidden,omniglot/tests/forbidden.c,)
FLAGS_omniglot/tests/hostile += -fno-stack-protector -fomit-frame-pointer -Wno-infinite-recursion -Wno-missing-prototypes
FLAGS_omniglot/tests/forbidden += -Wno-missing-prototypes
$(call program,guest-test/mpk-domain,omniglot/tests/mpk-domain.c,$(OMNIGLOT),$(OMNIGLOT_LIBS) -lcmocka)
$(call program,guest-test/mpk-cost,omniglot/tests/mpk-cost.c,$(OMNIGLOT),$(OMNIGLOT_LIBS))
$(call program,guest-test/mpk-stress,omniglot/tests/mpk-stress.c,$(OMNIGLOT),$(OMNIGLOT_LIBS))
TEST_SCRIPTS += omniglot/tests/mpk-not-run
MPK_TESTS := omniglot/tests/mpk-in-guest omniglot/tests/mpk-cost-in-guest \
    omniglot/tests/mpk-tools-in-guest \
    omniglot/tests/mpk-stress-in-guest workloads/harness/tests/suite-in-guest

# The MPK runtime's tests, apart from `make test` for the reason that mpk-not-run gives.
.PHONY: test-mpk
test-mpk: deps
	@$(MAKE) --no-print-directory $(PARALLEL) tests
	@omniglot/tests/run-tests $(foreach script,$(MPK_TESTS),'$(notdir $(script))=BUILD=$(BUILD) $(script)')

TEST_SCRIPTS += omniglot/tests/must-not-compile.sh omniglot/tests/documented-program.sh \
    omniglot/tests/readme.sh

$(call fuzzer,validate,omniglot/tests/fuzz/validate.c omniglot/tests/fake-domain.c $(wildcard omniglot/core/*.c))

# --- the embedded target ---

include omniglot/rv32/build.mk omniglot/tests/rv32/build.mk
