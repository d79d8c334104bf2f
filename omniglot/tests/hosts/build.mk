# The hosts: patterns of programs with a library in a box, through each system
# (omniglot/tests/hosts/hosts.h). Not with sanitizers, which are hosts of their own kind: they handle faults
# and take address space. The systems that Omniglot is compared with add their drivers, and have the
# stubs of all made at once, in a build.mk of their own.

HOSTS := omniglot/tests/hosts
HOSTS_ROWS := $(filter-out %/library.c %/hosts-none.c %/hosts-mpk.c,$(wildcard $(HOSTS)/*.c))
$(call shared,liboghosted,$(HOSTS)/library.c)
FLAGS_$(HOSTS)/library += -fvisibility=default
$(call objects,$(HOSTS)/hosts-none.c $(HOSTS)/hosts-mpk.c): $(BUILD)/generated/$(HOSTS)/stubs

$(call program,guest-test/hosts-mpk,$(HOSTS)/hosts-mpk.c $(HOSTS_ROWS),$(OMNIGLOT),$(OMNIGLOT_LIBS))
UNSANITIZED_TESTS += hosts-none
ifeq ($(SANITIZE),)
$(call test,hosts-none,$(HOSTS)/hosts-none.c $(HOSTS_ROWS),$(OMNIGLOT),$(OMNIGLOT_LIBS))
endif
TEST_SCRIPTS += $(HOSTS)/hosts-in-guest
$(BUILD)/test/hosts-none $(BUILD)/guest-test/hosts-mpk: | $(BUILD)/lib/liboghosted.so
