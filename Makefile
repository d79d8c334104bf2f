# Omniglot in C: builds, tests and reproduces everything. `make help` lists what there is.
#
#   CC=gcc|clang   the compiler (default gcc); each has its own folder under build/
#   SANITIZE=1     AddressSanitizer and UndefinedBehaviorSanitizer, in a folder of its own
#   V=1            show every command
#
# Each folder's build.mk says what it builds, with the functions defined below.

ifeq ($(origin CC),default)
CC := gcc
endif
CXX_OF_gcc := g++
CXX_OF_clang := clang++
ifeq ($(origin CXX),default)
CXX := $(or $(CXX_OF_$(notdir $(CC))),g++)
endif

BUILD ?= build/$(notdir $(CC))$(if $(SANITIZE),-sanitize)
Q := $(if $(V),,@)
say = $(if $(V),@:,@printf '  %-8s %s\n' $(1) $(2))

WARNINGS := -Wall -Wextra -Wshadow -Wvla -Wundef -Werror
WARNINGS_C := -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith
WARNINGS_clang := -Wthread-safety -Wnoderef -Wno-gnu
SANITIZERS := $(if $(SANITIZE),-fsanitize=address$(comma)undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
comma := ,
OPTIMIZE ?= -O2 -g
CPPFLAGS += -I. -Iomniglot/include -I$(BUILD)/generated -D_GNU_SOURCE
CFLAGS := -std=gnu11 $(OPTIMIZE) -fPIC -fvisibility=hidden $(WARNINGS) $(WARNINGS_C) \
          $(WARNINGS_$(notdir $(CC))) $(SANITIZERS) $(CFLAGS)
CXXFLAGS := -std=gnu++17 $(OPTIMIZE) -fPIC $(WARNINGS) $(SANITIZERS) $(CXXFLAGS)
LDFLAGS += $(SANITIZERS) -Wl,--as-needed

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

objects = $(patsubst %,$(BUILD)/object/%.o,$(basename $(1)))

# $(call archive,NAME,SOURCES): the static library $(BUILD)/lib/NAME.a
define archive_rule
ARCHIVES += $(BUILD)/lib/$(1).a
OBJECTS += $(call objects,$(2))
$(BUILD)/lib/$(1).a: $(call objects,$(2))
	$$(call say,AR,$$@)
	@mkdir -p $$(@D) && rm -f $$@
	$(Q)ar rcs $$@ $$^
endef
archive = $(eval $(call archive_rule,$(1),$(2)))

# $(call program,PATH,SOURCES,ARCHIVES,LIBRARIES,LINKER): the program $(BUILD)/PATH. ARCHIVES are
# names given to `archive`; LINKER is CC unless said otherwise. PATH decides nothing else.
define program_rule
OBJECTS += $(call objects,$(2))
$(BUILD)/$(1): $(call objects,$(2)) $(3:%=$(BUILD)/lib/%.a)
	$$(call say,LINK,$$@)
	@mkdir -p $$(@D)
	$(Q)$(or $(5),$(CC)) $(LDFLAGS) -o $$@ $$(filter %.o,$$^) -Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group $(4)
endef
program = $(eval PROGRAMS += $(BUILD)/$(1))$(eval $(call program_rule,$(1),$(2),$(3),$(4),$(5)))

# $(call test,NAME,SOURCES,ARCHIVES,LIBRARIES): a cmocka program, run by `make test` (TAP output).
test = $(eval TESTS += $(BUILD)/test/$(1))$(eval $(call program_rule,test/$(1),$(2),$(3),$(4) -lcmocka))

# $(call fuzzer,NAME,SOURCES): a libFuzzer program; every source is compiled again with coverage.
define fuzzer_rule
FUZZERS += build/fuzz/$(1)
build/fuzz/$(1): $(2)
	$$(call say,FUZZER,$$@)
	@mkdir -p $$(@D)
	$(Q)clang -std=gnu11 -O1 -g $(CPPFLAGS) -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined -MMD -MP -MF $$@.d -o $$@ $(2) $(3)
-include build/fuzz/$(1).d
endef
fuzzer = $(eval $(call fuzzer_rule,$(1),$(2),$(3)))

include omniglot/build.mk
include baselines/build.mk
include workloads/build.mk
include results/build.mk

$(BUILD)/object/%.o: %.c $(MAKEFILE_LIST)
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(FLAGS_$*) -MMD -MP -c -o $@ $<

$(BUILD)/object/%.o: %.cc $(MAKEFILE_LIST)
	$(call say,CXX,$<)
	@mkdir -p $(@D)
	$(Q)$(CXX) $(CPPFLAGS) $(CXXFLAGS) $(FLAGS_$*) -MMD -MP -c -o $@ $<

$(BUILD)/object/%.o: %.S $(MAKEFILE_LIST)
	$(call say,AS,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -g -MMD -MP -c -o $@ $<

-include $(OBJECTS:.o=.d)

.PHONY: all programs tests fuzzers
all: programs tests
programs: $(PROGRAMS) $(ARCHIVES)
tests: $(TESTS) $(PROGRAMS)
fuzzers: $(FUZZERS)
