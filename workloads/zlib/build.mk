# Tests of zlib's stubs and input files. The workload itself is listed in workloads/build.mk.

$(call shared,liblying-zlib,workloads/zlib/tests/lying-zlib.c)
FLAGS_workloads/zlib/tests/lying-zlib += -fvisibility=default

$(call test,zlib-og,workloads/zlib/tests/zlib-og.c,$(OMNIGLOT),$(OMNIGLOT_LIBS))
$(BUILD)/test/zlib-og: | $(BUILD)/lib/liblying-zlib.so

$(call test,zlib-process,workloads/zlib/tests/zlib-process.c,$(PROCESS),$(PROCESS_LIBS))
$(BUILD)/test/zlib-process: | $(BUILD)/bin/og-worker-zlib


$(call objects,$(addprefix workloads/zlib/tests/,zlib-og.c zlib-process.c)): $(call stubs,zlib)
