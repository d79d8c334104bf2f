# Tests of libsodium's stubs. The workload itself is listed in workloads/build.mk.

$(call shared,liblying-sodium,workloads/sodium/tests/lying-sodium.c)
FLAGS_workloads/sodium/tests/lying-sodium += -fvisibility=default

$(call test,sodium-og,workloads/sodium/tests/sodium-og.c,$(OMNIGLOT),$(OMNIGLOT_LIBS))
$(BUILD)/test/sodium-og: | $(BUILD)/lib/liblying-sodium.so

$(call test,sodium-process,workloads/sodium/tests/sodium-process.c,$(PROCESS),$(PROCESS_LIBS))
$(BUILD)/test/sodium-process: | $(BUILD)/bin/og-worker-sodium

$(call objects,$(addprefix workloads/sodium/tests/,sodium-og.c sodium-process.c)): $(call stubs,sodium)
