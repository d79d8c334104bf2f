# og-bindgen's tests: the stubs of libogsample, a function for each thing an interface file can
# say, in every discipline.

BINDGEN_TESTS := omniglot/bindgen/tests
BINDGEN_SAMPLE := $(BUILD)/generated/$(BINDGEN_TESTS)/sample

$(call shared,libogsample,$(addprefix $(BINDGEN_TESTS)/sample/,sample.c unbelieved.c))
FLAGS_$(BINDGEN_TESTS)/sample/sample += -fvisibility=default
FLAGS_$(BINDGEN_TESTS)/sample/unbelieved += -fvisibility=default
BINDGEN_SAMPLE_LIBRARY := -L$(BUILD)/lib -Wl,-rpath,'$$$$ORIGIN/../lib' -logsample

$(call wasm_module,sample,$(BINDGEN_TESTS)/sample/sample.og.h,$(addprefix \
    $(BINDGEN_TESTS)/sample/,sample.c unbelieved.c))
$(eval $(call stubs_rule,$(BINDGEN_TESTS)/sample,sample))
$(call objects,$(wildcard $(BINDGEN_TESTS)/sample-*.c) $(BINDGEN_TESTS)/sample-cxx.cc): $(BINDGEN_SAMPLE)/stubs

# The copying and the og discipline over no isolation, whatever else they run over.
$(call test,bindgen-raw,$(BINDGEN_TESTS)/sample-raw.c,og-core,$(BINDGEN_SAMPLE_LIBRARY) -ldl)
$(call test,bindgen-og,$(BINDGEN_TESTS)/sample-og.c,$(OMNIGLOT),$(OMNIGLOT_LIBS))
$(call test,bindgen-cxx,$(BINDGEN_TESTS)/sample-cxx.cc $(BINDGEN_TESTS)/sample-cxx-stubs.c,$(OMNIGLOT),$(OMNIGLOT_LIBS) -lstdc++)
$(call test,bindgen-copying,$(BINDGEN_TESTS)/sample-copying.c,$(OMNIGLOT),$(OMNIGLOT_LIBS))
$(call test,bindgen-wasm,$(BINDGEN_TESTS)/sample-wasm.c,wasm-sample $(WASM_RUNTIME),$(WASM_LIBS))
$(call test,bindgen-process,$(BINDGEN_TESTS)/sample-process.c,$(PROCESS),$(PROCESS_LIBS))
$(addprefix $(BUILD)/test/bindgen-,raw og cxx copying process): | $(BUILD)/lib/libogsample.so
$(BUILD)/test/bindgen-raw $(BUILD)/bin/og-worker-sample: $(BUILD)/lib/libogsample.so
$(BUILD)/test/bindgen-process: | $(BUILD)/bin/og-worker-sample
$(call process_worker,sample,$(BINDGEN_SAMPLE)/sample-worker.c,$(BINDGEN_SAMPLE_LIBRARY))

$(call test,bindgen-template,$(BINDGEN_TESTS)/template.c $(addprefix \
    omniglot/bindgen/,template.c subject.c interface.c memory.c),,)

# og-bindgen, an allocation of which fails.
$(call program,test-bin/og-bindgen-unlucky,$(BINDGEN) $(BINDGEN_TESTS)/unlucky.c \
    omniglot/tests/failing-allocator.c,,-L$(LLVM)/lib -lclang-14 $(FAILING_ALLOCATOR))
TEST_SCRIPTS += omniglot/bindgen/fuzz/interfaces $(BINDGEN_TESTS)/og-bindgen-allocations $(BINDGEN_TESTS)/og-bindgen-behaviour $(BINDGEN_TESTS)/stub-instructions

$(call fuzzer,bindgen-annotation,omniglot/bindgen/fuzz/bindgen-annotation.c \
    omniglot/bindgen/annotation.c omniglot/bindgen/memory.c)
