# Images that test the embedded target: the runtime, attacks on it, and core's own unit tests.

RV32_TESTS := omniglot/tests/rv32
rv32_tests = $(call rv32_objects,$(1),$(addprefix $(RV32_TESTS)/,$(2)))

$(call rv32_compile,library,$(addprefix $(RV32_TESTS)/,probe.c hostile.c),$(RV32_WARNINGS) \
    -Wno-infinite-recursion -fno-optimize-sibling-calls)

#                    NAME  SONAME OBJECTS EXPORTS FLASH FLASH_SIZE RAM RAM_SIZE STACK SCOPES
$(call rv32_library,probe,libprobe.so,$(call rv32_tests,library,probe.c),\
    $(RV32_TESTS)/probe.exports,0x80060000,32K,0x80130000,32K,4K,8K)
$(call rv32_library,hostile,libhostile.so,$(call rv32_tests,library,hostile.c),\
    $(RV32_TESTS)/hostile.exports,0x80070000,32K,0x80138000,32K,4K,8K)

$(call rv32_compile,test,$(addprefix $(RV32_TESTS)/,tap.c pmp-domain.c pmp-stress.c pmp-cost.c \
    pmp-limits.c),\
    $(RV32_WARNINGS))
$(call rv32_image,test/pmp-domain,$(call rv32_tests,test,pmp-domain.c tap.c),probe hostile,384K,192K,8K)
$(call rv32_image,test/pmp-stress,$(call rv32_tests,test,pmp-stress.c tap.c),probe hostile,384K,192K,8K)
$(call rv32_image,test/pmp-limits,$(call rv32_tests,test,pmp-limits.c tap.c),probe hostile,384K,192K,8K,hostile)
$(call rv32_image,test/pmp-cost,$(call rv32_tests,test,pmp-cost.c tap.c),probe hostile,384K,192K,8K)

# The attacks, through each system. Their functions' names are addresses to a host that calls them.
# $(call rv32_attack,SYSTEM,SOURCE,MUST_SUCCEED,FLAGS)
rv32_attack = $(call rv32_compile,attack.$(1),$(addprefix $(RV32_TESTS)/,attack.c $(2)),$(RV32_WARNINGS) \
    -DATTACK_SYSTEM='"$(1)"' -DATTACK_MUST_SUCCEED=$(3) $(4))$(call \
    rv32_image,test/attack.$(1),$(call rv32_tests,attack.$(1),attack.c $(2)) $(call \
    rv32_tests,test,tap.c),hostile,384K,224K,8K,hostile)
$(call rv32_attack,raw,attack-raw.c,true)
$(call rv32_attack,og-pmp,attack-isolated.c,false)

# core's own unit tests.
RV32_CORE_TESTS := core-parameters core-scope core-upgrade core-validate core-write
$(call rv32_compile,test,$(RV32_CORE_TESTS:%=omniglot/tests/%.c) omniglot/tests/fake-domain.c,\
    $(RV32_WARNINGS) -I$(RV32_TESTS)/include)
$(foreach test,$(RV32_CORE_TESTS),$(call rv32_image,test/$(test),$(call \
    rv32_objects,test,omniglot/tests/$(test).c omniglot/tests/fake-domain.c),,384K,256K,8K))

# The host by itself, for its size; and a program that hangs.
$(call rv32_compile,test,$(addprefix $(RV32_TESTS)/,footprint.c hang.c),$(RV32_WARNINGS))
$(call rv32_image,test/footprint,$(call rv32_tests,test,footprint.c),probe,384K,192K,2K)
$(call rv32_image,test/hang,$(call rv32_tests,test,hang.c),,384K,192K,2K)

# The call whose instructions results/rv32_gate.py tells apart.
$(call rv32_compile,test,$(RV32_TESTS)/gate-trace.c,$(RV32_WARNINGS))
$(call rv32_image,test/gate-trace,$(call rv32_tests,test,gate-trace.c),probe hostile,384K,192K,8K)

RV32_TAP := $(call rv32_tests,test,tap.c)

# What `make test` runs, each as a test of its own, and the tests of the build and the runner.
RV32_TAP_IMAGES := $(RV32_CORE_TESTS) pmp-domain pmp-limits pmp-cost pmp-stress attack.raw attack.og-pmp
rv32_image_tests = $(foreach image,$(RV32_TAP_IMAGES),'rv32-$(image)=omniglot/tools/rv32-run $(RV32)/test/$(image).elf')
TEST_SCRIPTS += omniglot/tests/rv32-build
