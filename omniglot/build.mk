# The core, what every program links, and the tests of the API. What is made of a folder here is said by
# its build.mk, which is found by being there.

CORE := $(filter-out %/isolation.c,$(wildcard omniglot/core/*.c))
$(call archive,og-core,$(CORE))

# $(call isolation,NAME,SOURCES): the archive og-NAME, which programs link.
isolation = $(eval ISOLATIONS += og-$(1))$(call archive,og-$(1),$(2))

include $(wildcard omniglot/*/build.mk)

# What a program that uses Omniglot links: $(call program,PATH,SOURCES,$(OMNIGLOT),$(OMNIGLOT_LIBS)). Which
# isolation a domain gets depends on those of the build, of which core knows nothing: it comes last, and
# og-none, which has their list, first.
OMNIGLOT := og-none $(filter-out og-none,$(ISOLATIONS)) og-core
OMNIGLOT_LIBS := -lm -ldl -lpthread

$(call program,bin/og-doctor,omniglot/tools/og-doctor.c,$(OMNIGLOT),$(OMNIGLOT_LIBS))
$(call program,bin/og-run,omniglot/tools/og-run.c omniglot/tools/og-run-arguments.c,$(OMNIGLOT),$(OMNIGLOT_LIBS))
$(call program,bin/og-scan,omniglot/tools/og-scan.c omniglot/mpk/code/elf.c omniglot/mpk/code/scan.c \
    omniglot/core/printable.c,,)

# What somebody needs who calls libraries: archives to link and tools. The headers are omniglot/include.
PRODUCT := $(OMNIGLOT:%=$(BUILD)/lib/%.a) $(addprefix $(BUILD)/bin/,og-bindgen og-doctor og-run og-scan)
.PHONY: product
product:

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
    mmap memfd_create pthread_create pthread_key_create pthread_setspecific pthread_atfork
FAILING_ALLOCATOR := $(ALLOCATING_FUNCTIONS:%=-Wl,--wrap=%)
EACH_ALLOCATION := $(addprefix omniglot/tests/,each-allocation.c failing-allocator.c)
DOMAIN_ALLOCATIONS := omniglot/tests/domain-allocations.c $(EACH_ALLOCATION)
$(call test,none-allocations,omniglot/tests/none-allocations.c $(DOMAIN_ALLOCATIONS),$(OMNIGLOT),$(FAILING_ALLOCATOR) $(OMNIGLOT_LIBS))
$(BUILD)/test/none-allocations: | $(BUILD)/lib/libogforeign.so

$(call shared,libogforeign,omniglot/tests/foreign.c,)
$(BUILD)/test/none-domain: | $(BUILD)/lib/libogforeign.so

TEST_SCRIPTS += omniglot/tests/layers omniglot/tests/headers omniglot/tests/product.sh
TEST_SCRIPTS += tools/tests/pku-guest.sh tools/tests/run-tests.sh tools/tests/built-once.sh
TEST_SCRIPTS += omniglot/tests/thread-sanitizer.sh omniglot/tests/must-not-compile.sh omniglot/tests/documented-program.sh \
    omniglot/tests/readme.sh omniglot/tools/tests/link-host.sh omniglot/tools/tests/og-run.sh

$(call fuzzer,validate,omniglot/tests/fuzz/validate.c omniglot/tests/fake-domain.c $(CORE))

include omniglot/mpk/tests/build.mk omniglot/proc/tests/build.mk omniglot/rv32/tests/build.mk omniglot/pmp/tests/build.mk
