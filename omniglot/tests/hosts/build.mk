# The hosts: patterns of programs with a library in a box, through each system
# (omniglot/tests/hosts/hosts.h). Not with sanitizers, which are hosts of their own kind: they handle faults
# and take address space.

HOSTS := omniglot/tests/hosts
HOSTS_ROWS := $(filter-out %/library.c %/hosts-none.c %/hosts-mpk.c,$(wildcard $(HOSTS)/*.c))
$(call shared,liboghosted,$(HOSTS)/library.c)
FLAGS_$(HOSTS)/library += -fvisibility=default
$(call wasm_module,hosted,$(HOSTS)/hosted.og.h,$(HOSTS)/library.c)
$(eval $(call stubs_rule,$(HOSTS),hosted))
HOSTS_DRIVERS := $(HOSTS)/hosts-none.c $(HOSTS)/hosts-mpk.c \
    baselines/process/tests/hosts-process.c $(WASM_TESTS)/hosts-wasm.c
$(call objects,$(HOSTS_DRIVERS)): $(BUILD)/generated/$(HOSTS)/stubs
HOSTS_LIBRARY := -L$(BUILD)/lib -Wl,-rpath,'$$$$ORIGIN/../lib' -loghosted
$(call process_worker,hosted,$(BUILD)/generated/$(HOSTS)/hosted-worker.c,$(HOSTS_LIBRARY))
$(BUILD)/bin/og-worker-hosted: $(BUILD)/lib/liboghosted.so

$(call program,guest-test/hosts-mpk,$(HOSTS)/hosts-mpk.c $(HOSTS_ROWS),$(OMNIGLOT),$(OMNIGLOT_LIBS))
UNSANITIZED_TESTS += hosts-none hosts-process hosts-wasm
ifeq ($(SANITIZE),)
$(call test,hosts-none,$(HOSTS)/hosts-none.c $(HOSTS_ROWS),$(OMNIGLOT),$(OMNIGLOT_LIBS))
$(call test,hosts-process,baselines/process/tests/hosts-process.c $(HOSTS_ROWS),$(PROCESS),$(PROCESS_LIBS) -lpthread -lm)
$(call test,hosts-wasm,$(WASM_TESTS)/hosts-wasm.c $(HOSTS_ROWS),wasm-hosted $(WASM_RUNTIME),$(WASM_LIBS))
endif
TEST_SCRIPTS += $(HOSTS)/hosts-in-guest
$(BUILD)/test/hosts-none $(BUILD)/guest-test/hosts-mpk: | $(BUILD)/lib/liboghosted.so
$(BUILD)/test/hosts-process: | $(BUILD)/bin/og-worker-hosted
