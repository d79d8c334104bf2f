# The catalogue of attacks (README.md), and what runs it: a library that attacks, a driver for each
# system, the watcher. Not with sanitizers, which are there to stop what the attacks do.
#
#   make attack            natively, in the guest, on the embedded target: what came of it is shown,
#                          and in results/runs/attack/attacks.csv, or in RUN=folder
#     ATTACKS='kernel/*'   only these      SYSTEMS_ATTACKED='raw og-mpk'   only these
#     GUEST_KERNELS='...'  the guest's kernels (default: both)      GUEST=no   without it

ifndef SANITIZE

comma := ,
CATALOGUE := $(wildcard attacks/catalogue/*/*.c)
# The same for every build, as the module is that is made of them.
ATTACK_PARTS := build/generated/attacks/foreign-parts.h
CPPFLAGS += -Ibuild/generated
# The folders change when a file is taken away.
$(ATTACK_PARTS): $(CATALOGUE) $(wildcard attacks/catalogue/*) attacks/catalogue.py
	$(call say,CATALOG,$@)
	$(Q)attacks/catalogue.py --parts $(@D)
build/generated/attacks/host-parts.h: $(ATTACK_PARTS) ;

# Foreign code is what it is: whatever a compiler would say against it.
ATTACK_FLAGS := -DATTACK_FOREIGN -fno-stack-protector -fomit-frame-pointer -w
$(call shared,libattacks,attacks/foreign.c,-lpthread)
FLAGS_attacks/foreign += $(ATTACK_FLAGS)
$(call objects,attacks/foreign.c): $(ATTACK_PARTS)
ATTACK_LIBRARY := -L$(BUILD)/lib -Wl,-rpath,'$$$$ORIGIN/../lib' -lattacks

# What hosts load besides.
$(call shared,libattack-neighbour,attacks/neighbour.c,-Wl$$(comma)-z$$(comma)noseparate-code)

$(call wasm_module,attacks,attacks/attacks.og.h,attacks/foreign.c,-DATTACK_FOREIGN -Ibuild/generated)
$(call wasm_objects,attacks,attacks/foreign.c): $(ATTACK_PARTS)
$(eval $(call stubs_rule,attacks,attacks))
# Its code is the worker's own: what acts while it is loaded needs a file of its own.
$(call process_worker,attacks,$(BUILD)/generated/attacks/attacks-worker.c attacks/foreign.c,)

# $(call attack_driver,SYSTEM): the program attack-SYSTEM.
define attack_driver_rule
ATTACK_DRIVERS += $(BUILD)/attacks/attack-$(1)
OBJECTS += $(BUILD)/object/attacks/driver.$(1).o
$(BUILD)/object/attacks/driver.$(1).o: attacks/driver.c $(ATTACK_PARTS) $(BUILD)/generated/attacks/stubs $(BUILD_FILES)
	$$(call say,CC,"$$< ($(1))")
	@mkdir -p $$(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -DATTACK_HOST \
	    $(call system_flags,$(1),$(SYSTEM_DISCIPLINE_$(1)),$(SYSTEM_ISOLATION_$(1))) $(if $(filter process-%,$(1)),-DBASELINE_PROCESS) \
	    $(if $(filter %-mpk,$(1)),-DBASELINE_MPK) \
	    -DATTACK_STUBS='"attacks/attacks-$(SYSTEM_DISCIPLINE_$(1)).h"' -MMD -MP -c -o $$@ $$<
endef
attack_driver = $(eval $(call attack_driver_rule,$(1)))$(call program,attacks/attack-$(1),attacks/driver.$(1).c,\
    $(SYSTEM_ARCHIVES_$(1)) $(if $(filter copy-wasm,$(1)),wasm-attacks),$(SYSTEM_LIBRARIES_$(1)) \
    $(if $(filter raw,$(1)),$(ATTACK_LIBRARY)) -ldl -lpthread -rdynamic)$(eval $(BUILD)/attacks/attack-$(1): \
    | $(BUILD)/lib/libattacks.so $(BUILD)/bin/og-worker-attacks)
$(foreach system,$(SYSTEMS),$(call attack_driver,$(system)))

# What the embedded target's images are made of is in omniglot/pmp/tests.
.PHONY: rv32-attacks attack
rv32-attacks: $(foreach system,raw og-pmp copy-pmp,$(RV32)/test/attack.$(system).elf)

GUEST_KERNELS ?= default 6.12
ATTACK_RUN = $(if $(filter command line,$(origin RUN)),$(RUN),results/runs/attack)
attack: deps
	@$(MAKE) --no-print-directory $(PARALLEL) attack-programs rv32-attacks
	@attacks/run.py --build $(BUILD) --run-dir '$(ATTACK_RUN)' --rv32 $(RV32)/test \
	    --kernels '$(GUEST_KERNELS)' $(if $(filter no,$(GUEST)),--no-guest) \
	    $(if $(SYSTEMS_ATTACKED),--systems '$(SYSTEMS_ATTACKED)') $(if $(ATTACKS),--attacks '$(ATTACKS)')
	@results/attacks.py '$(ATTACK_RUN)'
	@plots/draw.py '$(ATTACK_RUN)' attacks

$(call program,attacks/attack-watch,$(wildcard attacks/watch/*.c),,)

# A driver that goes wrong as it is told.
$(call program,attacks/attack-fake,attacks/tests/fake-driver.c,,)

.PHONY: attack-programs
attack-programs: $(ATTACK_DRIVERS) $(BUILD)/attacks/attack-watch $(BUILD)/lib/libattack-neighbour.so \
    $(BUILD)/lib/libogunlucky.so

TEST_SCRIPTS += attacks/tests/quick-attacks attacks/tests/watcher

endif
