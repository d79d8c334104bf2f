# og-bindgen, which reads interface files with libclang.
LLVM := /usr/lib/llvm-14
BINDGEN := omniglot/tools/og-bindgen.c $(wildcard omniglot/bindgen/*.c)
$(foreach source,$(basename $(BINDGEN)),$(eval FLAGS_$(source) += -isystem $(LLVM)/include))
# A new kind of parameter: the compiler names each place that has to say what becomes of it.
$(foreach source,$(filter $(addprefix omniglot/bindgen/,emit% interface wire_order),$(basename $(BINDGEN))),\
    $(eval FLAGS_$(source) += -Wswitch-enum))
$(call program,bin/og-bindgen,$(BINDGEN),,-L$(LLVM)/lib -lclang-14)

# $(call stubs_rule,FOLDER,NAME): makes the stubs of FOLDER/NAME.og.h, of every discipline. What
# includes them depends on $(BUILD)/generated/FOLDER/stubs, which says that they are made.
define stubs_rule
$(BUILD)/generated/$(1)/stubs: $(1)/$(2).og.h omniglot/include/omniglot/interface.h \
    $(BUILD)/bin/og-bindgen .clang-format $(if $(filter $(2),$(WASM_MODULES)),$(WASM)/module/$(2)-module.h)
	$$(call say,BINDGEN,$$<)
	@mkdir -p $$(@D)
	$(Q)$(BUILD)/bin/og-bindgen --baselines baselines --output $$(@D) $$< -- $(CPPFLAGS)
	$(if $(filter $(2),$(WASM_MODULES)),$(Q)$(BUILD)/bin/og-bindgen --baselines baselines --wasm --output $$(@D) $$< -- \
	    $(WASM_STUBS_FLAGS) $(filter -I% -D%,$(WASM_FLAGS_$(2))))
	$(Q)clang-format --style=file:.clang-format -i $$(@D)/$(2)-*.[ch]
	@touch $$@ $$(@D)/$(2)-worker.c
$(BUILD)/generated/$(1)/$(2)-worker.c: $(BUILD)/generated/$(1)/stubs ;
endef
