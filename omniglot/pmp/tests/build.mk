# Images that test the runtime over RISC-V PMP, and attack it.

PMP_TESTS := omniglot/pmp/tests
pmp_tests = $(call rv32_objects,$(1),$(addprefix $(PMP_TESTS)/,$(2)))

$(call rv32_compile,library,$(addprefix $(PMP_TESTS)/,probe.c hostile.c),$(RV32_WARNINGS) \
    -Wno-infinite-recursion -fno-optimize-sibling-calls)

$(call rv32_library,probe,$(call pmp_tests,library,probe.c),soname=libprobe.so exports=$(PMP_TESTS)/probe.exports \
    flash=32K@384K ram=32K@192K stack=4K scopes=8K)
$(call rv32_library,hostile,$(call pmp_tests,library,hostile.c),soname=libhostile.so \
    exports=$(PMP_TESTS)/hostile.exports flash=32K@448K ram=32K@224K stack=4K scopes=8K)

$(call rv32_compile,test,$(addprefix $(PMP_TESTS)/,pmp-domain.c pmp-stress.c pmp-cost.c \
    pmp-limits.c),$(RV32_WARNINGS))
PMP_HOST := flash=384K ram=192K stack=8K
$(call rv32_image,test/pmp-domain,$(call pmp_tests,test,pmp-domain.c) $(RV32_TAP),probe hostile,$(PMP_HOST))
$(call rv32_image,test/pmp-stress,$(call pmp_tests,test,pmp-stress.c) $(RV32_TAP),probe hostile,$(PMP_HOST))
$(call rv32_image,test/pmp-limits,$(call pmp_tests,test,pmp-limits.c) $(RV32_TAP),probe hostile,$(PMP_HOST) plain=hostile)
$(call rv32_image,test/pmp-cost,$(call pmp_tests,test,pmp-cost.c) $(RV32_TAP),probe hostile,$(PMP_HOST))
RV32_TAP_IMAGES += pmp-domain pmp-limits pmp-cost pmp-stress

# The attacks, through each system. Their functions' names are addresses to a host that calls them.
# $(call rv32_attack,SYSTEM,SOURCE,MUST_SUCCEED,FLAGS)
rv32_attack = $(call rv32_compile,attack.$(1),$(addprefix $(PMP_TESTS)/,attack.c $(2)),$(RV32_WARNINGS) \
    -DATTACK_SYSTEM='"$(1)"' -DATTACK_MUST_SUCCEED=$(3) $(4))$(call \
    rv32_image,test/attack.$(1),$(call pmp_tests,attack.$(1),attack.c $(2)) $(RV32_TAP),hostile, \
    flash=384K ram=224K stack=8K plain=hostile)
$(call rv32_attack,raw,attack-raw.c,true)
$(call rv32_attack,og-pmp,attack-isolated.c,false)
RV32_TAP_IMAGES += attack.raw attack.og-pmp

# The host by itself, for its size.
$(call rv32_compile,test,$(PMP_TESTS)/footprint.c,$(RV32_WARNINGS))
$(call rv32_image,test/footprint,$(call pmp_tests,test,footprint.c),probe,flash=384K ram=192K stack=2K)

# The call whose instructions results/rv32_gate.py tells apart, beside what is measured.
$(call rv32_compile,test,$(PMP_TESTS)/gate-trace.c,$(RV32_WARNINGS))
$(call rv32_image,test/gate-trace,$(call pmp_tests,test,gate-trace.c),probe hostile,$(PMP_HOST))
rv32-bench: $(RV32)/test/gate-trace.elf
