# Running the comparison, and what is made of its results.
#
#   make reproduce    FILTER=regex  only these cases    REPETITIONS=n  instead of the default
#                     FRESH=1       never go on with an unfinished run
#                     GUEST=no      without og-mpk, which is counted in the guest
#   make figures      RUN=folder    of this run rather than the last finished one
#   make readme       RUN=folder    puts this run's pictures and tables into README.md
#   make compare      A=run B=run   what changed between two runs

RUN ?= results/latest
GUEST ?= yes
quoted = '$(subst ','\'',$(1))'
# What a run builds, and whether the embedded target is in it.
BUILT = programs rv32-bench rv32-attacks
EMBEDDED = yes
ATTACKING = yes
REPRODUCE = results/reproduce --bench $(BUILD)/bin/og-bench \
    --crossings $(BUILD)/bin/og-bench-crossings --gate $(BUILD)/bin/og-gate-cost \
    $(if $(filter-out no,$(GUEST)),--guest-bench $(BUILD)/bin/og-bench-counted) \
    $(if $(EMBEDDED),--rv32-images $(RV32)/bench) $(if $(ATTACKING),--attacks $(BUILD)) \
    --build "make --no-print-directory -j$(shell nproc) $(BUILT)" $(if $(FRESH),--fresh) \
    $(if $(FILTER),--filter=$(call quoted,$(FILTER))) \
    $(if $(REPETITIONS),--repetitions=$(call quoted,$(REPETITIONS)))

.PHONY: reproduce bench-native bench-pku bench-rv32 figures readme compare
reproduce: deps
	@$(REPRODUCE)

bench-native bench-pku: BUILT := programs
bench-native bench-pku: EMBEDDED :=
bench-native bench-pku bench-rv32: ATTACKING :=
bench-native: deps
	@$(REPRODUCE) --until bench-native

# Instructions rather than times, in the guest with protection keys: some minutes.
bench-pku: deps
	@$(REPRODUCE) --only bench-pku

# Instructions on the embedded target, in QEMU: under a minute.
bench-rv32: BUILT := rv32-bench
bench-rv32: deps
	@$(REPRODUCE) --only bench-rv32

figures:
	@test -f $(call quoted,$(RUN)/results.csv) || \
	    { echo "figures: $(RUN)/results.csv is not there; \`make reproduce\` makes it" >&2; exit 1; }
	@results/best_process.py $(call quoted,$(RUN))
	@test ! -d $(call quoted,$(RUN)/crossings) || results/modelled.py $(call quoted,$(RUN))
	@results/ratios.py $(call quoted,$(RUN))
	@results/summary.py $(call quoted,$(RUN))
	@results/attacks.py $(call quoted,$(RUN))
	@plots/draw.py $(call quoted,$(RUN))
	@results/claims.py $(call quoted,$(RUN))
	@results/report.py $(call quoted,$(RUN))

readme: figures
	@results/readme.py $(call quoted,$(RUN)) $(PARTS)

compare:
	@results/compare.py $(call quoted,$(A)) $(call quoted,$(B))

TEST_SCRIPTS += results/tests/table_test.py results/tests/modelled_test.py results/tests/ratios_test.py \
    results/tests/significance_test.py \
    results/tests/best_process_test.py results/tests/compare_programs_test.py \
    results/tests/summary_test.py results/tests/claims_test.py results/tests/readme_test.py \
    results/tests/reproduce_test.py results/tests/report_test.py results/tests/rv32_test.py \
    results/tests/attacks_test.py plots/tests/figures_test.py
