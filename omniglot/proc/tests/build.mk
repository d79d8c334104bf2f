# Tests of the isolation over another process, which run on any Linux that gives it.

# Not with sanitizers: a thread that begins takes their allocator's locks, a child that is made meanwhile has
# them taken, and it starts a thread (the keeper).
UNSANITIZED_TESTS += proc-sharing
$(call test,proc-sharing,omniglot/proc/tests/proc-sharing.c omniglot/tests/sharing.c,$(OMNIGLOT),$(OMNIGLOT_LIBS))
$(BUILD)/test/proc-sharing: | $(BUILD)/lib/libogsharing.so
$(call shared,libogprocess,omniglot/proc/tests/hostile-process.c,)
FLAGS_omniglot/proc/tests/hostile-process += -fno-stack-protector -Wno-infinite-recursion -Wno-missing-prototypes
PROC_TESTS := proc-domain proc-attacks
$(foreach name,$(PROC_TESTS),$(call test,$(name),omniglot/proc/tests/$(name).c,$(OMNIGLOT),$(OMNIGLOT_LIBS)))
$(PROC_TESTS:%=$(BUILD)/test/%): | $(BUILD)/lib/libogprocess.so
$(call test,proc-allocations,omniglot/proc/tests/proc-allocations.c $(DOMAIN_ALLOCATIONS),$(OMNIGLOT),$(FAILING_ALLOCATOR) $(OMNIGLOT_LIBS))
$(BUILD)/test/proc-allocations: | $(BUILD)/lib/libogforeign.so
