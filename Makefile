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
SANITIZERS := $(if $(SANITIZE),-fsanitize=address -fsanitize=undefined -fno-sanitize-recover=undefined \
              -fno-omit-frame-pointer)
OPTIMIZE ?= -O2 -g
CPPFLAGS += -I. -Iomniglot/include -I$(BUILD)/generated -D_GNU_SOURCE
CFLAGS := -std=gnu11 $(OPTIMIZE) -fPIC -fvisibility=hidden $(WARNINGS) $(WARNINGS_C) \
          $(WARNINGS_$(notdir $(CC))) $(SANITIZERS) $(CFLAGS)
CXXFLAGS := -std=gnu++17 $(OPTIMIZE) -fPIC $(WARNINGS) $(SANITIZERS) $(CXXFLAGS)
LDFLAGS += $(SANITIZERS) -Wl,--as-needed

# A plain `make` builds; it installs nothing.
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

# What everything is built again for when it changes: not the compilers' notes (.d), which are read too.
BUILD_FILES = $(filter-out %.d,$(MAKEFILE_LIST))
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
# names given to `archive`; LINKER is CC unless said otherwise. PATH decides nothing else. What can
# open domains behind protection keys is linked until its code is fit for it (not with sanitizers,
# whose code is not, and which open none).
link_host = $(if $(SANITIZE),,$(if $(filter og-mpk,$(1)),omniglot/tools/link-host $(BUILD)/bin/og-scan $$@))
define program_rule
OBJECTS += $(call objects,$(2))
$(BUILD)/$(1): $(call objects,$(2)) $(3:%=$(BUILD)/lib/%.a) \
    $(if $(filter og-mpk,$(3)),| $(BUILD)/bin/og-scan)
	$$(call say,LINK,$$@)
	@mkdir -p $$(@D)
	$(Q)$(call link_host,$(3)) $(or $(5),$(CC)) $(LDFLAGS) -o $$@ $$(filter %.o,$$^) -Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group $(4)
endef
program = $(eval PROGRAMS += $(BUILD)/$(1))$(eval $(call program_rule,$(1),$(2),$(3),$(4),$(5)))

# $(call shared,NAME,SOURCES,LIBRARIES,LINKER): the shared library $(BUILD)/lib/NAME.so, unsanitized:
# foreign code is what it is. LINKER is CC unless said otherwise.
define shared_rule
SHARED += $(BUILD)/lib/$(1).so
OBJECTS += $(call objects,$(2))
$(foreach source,$(basename $(2)),$(eval FLAGS_$(source) += -fno-sanitize=all))
$(BUILD)/lib/$(1).so: $(call objects,$(2))
	$$(call say,SHARED,$$@)
	@mkdir -p $$(@D)
	$(Q)$(or $(4),$(CC)) -shared -Wl,-soname,$(1).so -Wl,-z,now -o $$@ $$^ $(3)
endef
shared = $(eval $(call shared_rule,$(1),$(2),$(3),$(4)))

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
include omniglot/tests/hosts/build.mk
include packaging/build.mk
include baselines/build.mk
include omniglot/bindgen/tests/build.mk
include workloads/build.mk
include bench/build.mk
include attacks/build.mk
include results/build.mk

$(BUILD)/object/%.o: %.c $(BUILD_FILES)
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(FLAGS_$*) -MMD -MP -c -o $@ $<

$(BUILD)/object/%.o: %.cc $(BUILD_FILES)
	$(call say,CXX,$<)
	@mkdir -p $(@D)
	$(Q)$(CXX) $(CPPFLAGS) $(CXXFLAGS) $(FLAGS_$*) -MMD -MP -c -o $@ $<

$(BUILD)/object/%.o: %.S $(BUILD_FILES)
	$(call say,AS,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -g -MMD -MP -c -o $@ $<

-include $(OBJECTS:.o=.d) $(RV32_OBJECTS:.o=.d)

.PHONY: all programs tests tests-by-clang fuzzers deps check test stress fuzz lint analysis format docker clean help
all: programs tests
programs: $(PROGRAMS) $(ARCHIVES) $(SHARED)
# Of what has sanitizers only the tests are run: of the rest Clang has said without them what it has to say.
tests: $(TESTS) $(if $(SANITIZE),,programs)
# All of it, but of modules only those that tests run (bench/build.mk).
tests-by-clang: $(TESTS) $(LINKED) $(filter-out $(BENCHES),$(PROGRAMS)) $(SHARED) \
    $(filter-out $(BENCH_MODULES:%=$(BUILD)/lib/wasm-%.a),$(ARCHIVES))
fuzzers: $(FUZZERS)

deps:
	@tools/install-packages docker/packages

# --- tests ---

FUZZ_SECONDS ?= 300
# Deadlines that pass, and many killed workers.
SLOW_TESTS := process-failures process-stress hosts-none hosts-process hosts-wasm
LONG_TESTS := $(addprefix omniglot/mpk/tests/,mpk-in-guest mpk-in-newer-guest) \
    omniglot/tests/hosts/hosts-in-guest omniglot/mpk/tests/fuzz-domain-in-guest
PARALLEL := $(if $(findstring j,$(firstword -$(MAKEFLAGS))),,-j$(shell nproc))
# $(call c_tests,FOLDER,SUFFIX,TESTS): how run-tests is told these programs of FOLDER's.
c_tests = $(foreach test,$(3),'$(test)$(2)=$(1)/test/$(test)')
quick_tests = $(call c_tests,$(1),$(2),$(filter-out $(3) $(SLOW_TESTS),$(TESTS:$(BUILD)/test/%=%)))
slow_tests = $(call c_tests,$(1),$(2),$(filter $(SLOW_TESTS),$(filter-out $(3),$(TESTS:$(BUILD)/test/%=%))))
# What takes longest is begun first, so that no processor waits for it in the end; and then what only waits,
# while guests have the processors.
script_tests = $(foreach script,$(1),'$(basename $(notdir $(script)))=BUILD=$(BUILD) $(script)')

# Everything is built by both compilers, the tests by Clang once more with sanitizers; and everything once for
# the embedded target.
test: deps
	@$(MAKE) --no-print-directory $(PARALLEL) CC=gcc tests
	@$(MAKE) --no-print-directory $(PARALLEL) CC=clang tests-by-clang
	@$(MAKE) --no-print-directory $(PARALLEL) CC=clang SANITIZE=1 tests
	@$(MAKE) --no-print-directory $(PARALLEL) fuzzers
	@$(MAKE) --no-print-directory $(PARALLEL) rv32
	@tools/run-tests $(call script_tests,$(LONG_TESTS)) \
	    $(call slow_tests,build/gcc) $(call slow_tests,build/clang,-clang) \
	    $(call slow_tests,build/clang-sanitize,-sanitized,$(UNSANITIZED_TESTS)) \
	    'fuzzers=omniglot/tests/fuzz/run 6 $(FUZZERS)' $(call script_tests,$(filter-out $(LONG_TESTS),$(TEST_SCRIPTS))) \
	    $(call quick_tests,build/gcc) $(call quick_tests,build/clang,-clang) \
	    $(call quick_tests,build/clang-sanitize,-sanitized,$(UNSANITIZED_TESTS)) $(rv32_image_tests)

# Before a commit: one compiler, what needs no waiting for, and a quick test in the guest.
CHECK_SCRIPTS := $(addprefix omniglot/tests/,must-not-compile.sh layers headers) \
    omniglot/rv32/tests/board
checked_tests = $(foreach test,$(filter-out $(SLOW_TESTS:%=$(BUILD)/test/%),$(TESTS)),'$(notdir $(test))=$(test)')
check: tests
	@tools/run-tests 'mpk-calls-in-guest=BUILD=$(BUILD) omniglot/mpk/tests/mpk-in-guest mpk-calls' \
	    'golden=BUILD=$(BUILD) omniglot/bindgen/tests/og-bindgen-behaviour golden' \
	    $(foreach script,$(CHECK_SCRIPTS),'$(basename $(notdir $(script)))=BUILD=$(BUILD) $(script)') $(checked_tests)

# What takes longer than a test may: 1,000 killed workers, 100,000 faults in domains, and every
# check of the core and of the MPK runtime broken.
stress: deps stress-process stress-mpk
	@omniglot/tests/mutate.py
	@omniglot/mpk/tests/mutate_mpk.py

fuzz: deps
	@$(MAKE) --no-print-directory $(PARALLEL) fuzzers $(BUILD)/bin/og-bindgen
	@omniglot/tests/fuzz/run $(FUZZ_SECONDS) $(FUZZERS)
	@omniglot/bindgen/fuzz/interfaces --seconds $(FUZZ_SECONDS)

# --- upkeep ---

C_FILES = $(shell git ls-files '*.c' '*.h' '*.cc')
# clang-tidy does not look at tests, fuzzers and attacks (but their watcher), which do on purpose what
# it looks for; nor at workloads/, compiled once for each system with stubs in which it takes foreign
# addresses for pointers that may be NULL; nor at wasm/module.c, compiled once for each module, with
# its header. Headers are looked at where they are included. The embedded target's are RV32_LINTED.
LINTED = $(shell git ls-files 'omniglot/*.c' 'baselines/*.c' 'bench/*.c' 'attacks/watch/*.c' | \
    grep -v -e /tests/ -e /fuzz/ -e /rv32/ -e /pmp/ -e /task/ -e wasm/module.c)
# Google Benchmark keeps in its own list what it allocates, which the analysis cannot see.
LINT_CXX := --checks=-clang-analyzer-cplusplus.NewDeleteLeaks

format:
	@clang-format -i $(C_FILES)

lint: deps
	@clang-format --dry-run --Werror $(C_FILES)
	@$(MAKE) --no-print-directory $(PARALLEL) CC=clang tests
	@$(MAKE) --no-print-directory CC=clang analysis

# By what Clang's build has generated.
analysis:
	@clang-tidy --quiet --warnings-as-errors='*' $(LINTED) -- -std=gnu11 $(CPPFLAGS) -isystem $(LLVM)/include \
	    $(FLAGS_bench/mpk-model/counting) -Wthread-safety
	@clang-tidy --quiet --warnings-as-errors='*' $(LINT_CXX) $(shell git ls-files '*.cc' | grep -v /tests/) -- \
	    -std=gnu++17 $(CPPFLAGS) $(FLAGS_bench/drivers/bench)
	@clang-tidy --quiet --warnings-as-errors='*' $(RV32_LINTED) -- $(RV32_LINT_FLAGS)

docker:
	@docker/build

clean:
	@rm -rf build

help:
	@echo 'make reproduce     install what is missing, build, measure, draw, and write the report'
	@echo '                   PROFILE=quick|default|full (some 3, 15, 120 minutes)'
	@echo '                   FILTER=regex REPETITIONS=n FRESH=1 (do not resume) GUEST=no'
	@echo 'make product       only build what a program needs that calls libraries: og-bindgen, og-doctor,'
	@echo '                   og-run, og-scan and the archives to link, in build/gcc/bin and build/gcc/lib'
	@echo 'make install       that, with a shared library, the manual and what pkg-config and CMake ask for, into'
	@echo '                   PREFIX=/usr/local, below DESTDIR= (docs/installing.md)    make uninstall'
	@echo 'make package-check build the Debian packages in a temporary folder and look at them'
	@echo 'make programs      build all that there is, but tests'
	@echo 'make check         before a commit: the quick tests, of one compiler, in a minute'
	@echo 'make test          all tests; the last line counts them'
	@echo 'make bench-native  measure only'
	@echo 'make bench-pku     count instructions only, in a guest with protection keys (sizes to 64 KiB)'
	@echo 'make bench-rv32    count instructions only, on the embedded target (RISC-V PMP in QEMU)'
	@echo 'make rv32          the images of the embedded target, in build/rv32'
	@echo 'make attack        attack every system: natively, in the guest, on the embedded target'
	@echo '                   ATTACKS="kernel/*" (only these) GUEST_KERNELS=6.12 GUEST=no'
	@echo 'make figures       figures and report again, from results/latest or RUN=folder; builds nothing'
	@echo 'make readme        pictures and tables of README.md anew, from results/latest or RUN=folder'
	@echo 'make compare       A=run B=run: what changed between two runs'
	@echo 'make stress        the long tests     make fuzz   FUZZ_SECONDS=300 for each target'
	@echo 'make lint          format, static analysis     make format   rewrites'
	@echo 'make docker        the image     make deps   packages     make clean   removes build/'
	@echo 'Variables: CC=gcc|clang  SANITIZE=1  V=1 (show every command)'
