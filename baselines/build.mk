# The systems Omniglot is compared with. `raw` and `copying` are headers only.

PROCESS_CHANNEL := $(addprefix baselines/process/,wire.c ring.c stream.c channel.c)
$(call archive,process-host,$(PROCESS_CHANNEL) \
    $(addprefix baselines/process/,process.c answer.c launch.c launch_child.c filter.c \
    placement.c))
$(call archive,process-worker,$(PROCESS_CHANNEL) \
    $(addprefix baselines/process/,worker.c worker_start.c handle.c))

# What a program that calls through the process sandbox links.
PROCESS := process-host og-core
PROCESS_LIBS := -lseccomp

# $(call process_worker,LIBRARY,SOURCES,LIBRARIES): the program og-worker-LIBRARY, which serves it.
process_worker = $(call program,bin/og-worker-$(1),$(2),process-worker,$(3))

ORDINARY := baselines/process/tests/ordinary.c
$(call process_worker,test,baselines/process/tests/test-worker.c $(ORDINARY))
$(call process_worker,liar,baselines/process/tests/liar-worker.c)
$(call process_worker,resolver,baselines/process/tests/resolver-worker.c)

# $(call process_test,NAME,WORKERS,SOURCES): a test that finds its workers in ../bin.
process_test = $(call test,$(1),baselines/process/tests/$(1).c $(3),$(PROCESS),$(PROCESS_LIBS))$(eval \
    $(BUILD)/test/$(1): | $(2:%=$(BUILD)/bin/og-worker-%))
$(call process_test,process-wire,)
$(call process_test,process-calls,test)
$(call process_test,process-failures,test liar)
$(call process_test,process-confinement,test resolver,$(ORDINARY))
TEST_SCRIPTS += baselines/process/tests/documented-calls
$(call process_test,process-placement,test)
$(call process_test,process-stress,test)

# An allocation of the host's fails, or one of the worker's (omniglot/build.mk: FAILING_ALLOCATOR).
$(call process_worker,unlucky,baselines/process/tests/unlucky-worker.c omniglot/tests/failing-allocator.c,$(FAILING_ALLOCATOR))
$(call test,process-allocations,baselines/process/tests/process-allocations.c \
    $(EACH_ALLOCATION),$(PROCESS),$(FAILING_ALLOCATOR) $(PROCESS_LIBS))
$(BUILD)/test/process-allocations: | $(BUILD)/bin/og-worker-unlucky

$(call fuzzer,process-messages,baselines/process/fuzz/process-messages.c \
    baselines/process/answer.c $(PROCESS_CHANNEL))

# The long form of the test of the same name.
.PHONY: stress-process
stress-process: $(BUILD)/test/process-stress
	$(Q)PROCESS_KILLS=1000 $<

include baselines/copying/wasm/build.mk baselines/task/build.mk

# The hosts through the process sandbox and modules (omniglot/tests/hosts/build.mk).
$(call wasm_module,hosted,$(HOSTS)/hosted.og.h,$(HOSTS)/library.c)
$(eval $(call stubs_rule,$(HOSTS),hosted))
HOSTS_DRIVERS := baselines/process/tests/hosts-process.c $(WASM_TESTS)/hosts-wasm.c
$(call objects,$(HOSTS_DRIVERS)): $(BUILD)/generated/$(HOSTS)/stubs
HOSTS_LIBRARY := -L$(BUILD)/lib -Wl,-rpath,'$$$$ORIGIN/../lib' -loghosted
$(call process_worker,hosted,$(BUILD)/generated/$(HOSTS)/hosted-worker.c,$(HOSTS_LIBRARY))
$(BUILD)/bin/og-worker-hosted: $(BUILD)/lib/liboghosted.so
UNSANITIZED_TESTS += hosts-process hosts-wasm
ifeq ($(SANITIZE),)
$(call test,hosts-process,$(word 1,$(HOSTS_DRIVERS)) $(HOSTS_ROWS),$(PROCESS),$(PROCESS_LIBS) -lpthread -lm)
$(call test,hosts-wasm,$(word 2,$(HOSTS_DRIVERS)) $(HOSTS_ROWS),wasm-hosted $(WASM_RUNTIME),$(WASM_LIBS))
endif
$(BUILD)/test/hosts-process: | $(BUILD)/bin/og-worker-hosted

# The attacks of the embedded target, through the copying discipline.
$(call rv32_attack,copy-pmp,attack-isolated.c,false,-DATTACK_COPIES='"baselines/copying/stubs.h"')
RV32_TAP_IMAGES += attack.copy-pmp
