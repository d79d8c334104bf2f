# Running the comparison, and what is made of its results.
#
#   make reproduce    PROFILE=quick|default|full         how much is made of everything (profiles.py)
#                     FILTER=regex  only these cases     REPETITIONS=n  instead of the profile's
#                     FRESH=1       never go on with an unfinished run
#                     GUEST=no      without og-mpk, which is counted in the guest
#   make figures      RUN=folder    of this run rather than the last finished one
#   make readme       RUN=folder    puts this run's pictures and tables into README.md
#   make compare      A=run B=run   what changed between two runs

RUN ?= results/latest
PROFILE ?= default
GUEST ?= yes
quoted = '$(subst ','\'',$(1))'
# Whether the embedded target, and the attacks, are in a run.
EMBEDDED = yes
ATTACKING = yes
REPRODUCE = results/reproduce --profile $(call quoted,$(PROFILE)) --bench $(BUILD)/bin/og-bench \
    --crossings $(BUILD)/bin/og-bench-crossings --gate $(BUILD)/bin/og-gate-cost \
    $(if $(filter-out no,$(GUEST)),--guest-bench $(BUILD)/bin/og-bench-counted) \
    $(if $(EMBEDDED),--rv32-images $(RV32)/bench) $(if $(ATTACKING),--attacks $(BUILD)) \
    --build "make --no-print-directory -j$(shell nproc)" $(if $(FRESH),--fresh) \
    $(if $(FILTER),--filter=$(call quoted,$(FILTER))) \
    $(if $(REPETITIONS),--repetitions=$(call quoted,$(REPETITIONS)))

# What each stage of a run needs built, by results/reproduce, and nothing more. The attacks' are
# attack-programs and rv32-attacks, the embedded target's rv32-bench.
.PHONY: measured-natively counted-crossings counted-in-guest
measured-natively: $(BUILD)/bin/og-bench
counted-crossings: $(BUILD)/bin/og-bench-crossings $(BUILD)/bin/og-gate-cost
counted-in-guest: $(BUILD)/bin/og-bench-counted

.PHONY: reproduce bench-native bench-pku bench-rv32 figures readme compare
reproduce: deps
	@$(REPRODUCE)

bench-native bench-pku: EMBEDDED :=
bench-native bench-pku bench-rv32: ATTACKING :=
bench-native: deps
	@$(REPRODUCE) --until bench-native

# Instructions rather than times, in the guest with protection keys: some minutes.
bench-pku: deps
	@$(REPRODUCE) --only bench-pku

# Instructions on the embedded target, in QEMU: under a minute.
bench-rv32: deps
	@$(REPRODUCE) --only bench-rv32

# Of what is in the run's folder: nothing is built.
figures:
	@results/redraw.py $(call quoted,$(RUN))

readme: figures
	@results/readme.py $(call quoted,$(RUN)) $(PARTS)

compare:
	@results/compare.py $(call quoted,$(A)) $(call quoted,$(B))

TEST_SCRIPTS += results/tests/table_test.py results/tests/modelled_test.py results/tests/ratios_test.py \
    results/tests/significance_test.py \
    results/tests/time_left_test.py results/tests/redraw_test.py results/tests/best_process_test.py results/tests/compare_programs_test.py \
    results/tests/summary_test.py results/tests/claims_test.py results/tests/readme_test.py \
    results/tests/reproduce_test.py results/tests/report_test.py results/tests/rv32_test.py \
    results/tests/attacks_test.py plots/tests/figures_test.py
