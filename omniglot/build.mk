# The core, the isolations, their tools and tests.

$(call archive,og-core,$(wildcard omniglot/core/*.c))
$(call archive,og-none,omniglot/open.c $(wildcard omniglot/none/*.c))

# What a program that uses Omniglot links: $(call program,PATH,SOURCES,$(OMNIGLOT),$(OMNIGLOT_LIBS))
OMNIGLOT := og-none og-core
OMNIGLOT_LIBS := -lmemkind -ldl -lpthread

$(call test,core-scope,omniglot/tests/core-scope.c omniglot/tests/fake-domain.c,og-core,)
$(call test,core-upgrade,omniglot/tests/core-upgrade.c omniglot/tests/fake-domain.c,og-core,)
$(call test,core-validate,omniglot/tests/core-validate.c omniglot/tests/fake-domain.c,og-core,)
$(call test,core-write,omniglot/tests/core-write.c omniglot/tests/fake-domain.c,og-core,)
$(call test,none-domain,omniglot/tests/none-domain.c,$(OMNIGLOT),$(OMNIGLOT_LIBS))

$(call shared,libogforeign,omniglot/tests/foreign.c,)
$(BUILD)/test/none-domain: | $(BUILD)/lib/libogforeign.so

TEST_SCRIPTS += omniglot/tests/must-not-compile.sh omniglot/tests/documented-program.sh \
    omniglot/tests/readme.sh

$(call fuzzer,validate,omniglot/tests/fuzz/validate.c omniglot/tests/fake-domain.c $(wildcard omniglot/core/*.c))
