# The hosts: patterns of programs with a library in a box, through each system
# (omniglot/tests/hosts/hosts.h). Over protection keys in the guest: omniglot/mpk/tests/hosts-in-guest.

HOSTS := omniglot/tests/hosts
HOSTS_ROWS := $(filter-out %/library.c %/hosts-none.c,$(wildcard $(HOSTS)/*.c))
$(call shared,libhosted,$(HOSTS)/library.c)
FLAGS_$(HOSTS)/library += -fvisibility=default
$(call wasm_module,hosted,$(HOSTS)/hosted.og.h,$(HOSTS)/library.c)
$(eval $(call stubs_rule,$(HOSTS),hosted))
HOSTS_DRIVERS := $(HOSTS)/hosts-none.c omniglot/mpk/tests/hosts-mpk.c \
    baselines/process/tests/hosts-process.c $(WASM_TESTS)/hosts-wasm.c
$(call objects,$(HOSTS_DRIVERS)): $(BUILD)/generated/$(HOSTS)/stubs
HOSTS_LIBRARY := -L$(BUILD)/lib -Wl,-rpath,'$$$$ORIGIN/../lib' -lhosted
$(call process_worker,hosted,$(BUILD)/generated/$(HOSTS)/hosted-worker.c,$(HOSTS_LIBRARY))
$(BUILD)/bin/og-worker-hosted: $(BUILD)/lib/libhosted.so

$(call test,hosts-none,$(HOSTS)/hosts-none.c $(HOSTS_ROWS),$(OMNIGLOT),$(OMNIGLOT_LIBS))
$(call program,guest-test/hosts-mpk,omniglot/mpk/tests/hosts-mpk.c $(HOSTS_ROWS),$(OMNIGLOT),$(OMNIGLOT_LIBS))
$(call test,hosts-process,baselines/process/tests/hosts-process.c $(HOSTS_ROWS),$(PROCESS),$(PROCESS_LIBS) -lpthread)
$(call test,hosts-wasm,$(WASM_TESTS)/hosts-wasm.c $(HOSTS_ROWS),wasm-hosted $(WASM_RUNTIME),$(WASM_LIBS))
$(BUILD)/test/hosts-none $(BUILD)/guest-test/hosts-mpk: | $(BUILD)/lib/libhosted.so
$(BUILD)/test/hosts-process: | $(BUILD)/bin/og-worker-hosted
