# Images that test the embedded target: the runtime, attacks on it, and core's own unit tests.

RV32_TESTS := omniglot/tests/rv32
$(call rv32_compile,test,$(addprefix $(RV32_TESTS)/,tap.c pmp-domain.c),$(RV32_WARNINGS))
$(call rv32_compile,library,$(addprefix $(RV32_TESTS)/,probe.c hostile.c),\
    $(RV32_WARNINGS) -Wno-infinite-recursion -fno-optimize-sibling-calls)

#                    NAME    SONAME        OBJECTS EXPORTS FLASH SIZE RAM SIZE STACK SCOPES
$(call rv32_library,probe,libprobe.so,$(call rv32_objects,library,$(RV32_TESTS)/probe.c),\
    $(RV32_TESTS)/probe.exports,0x80060000,32K,0x80130000,32K,4K,8K)
$(call rv32_library,hostile,libhostile.so,$(call rv32_objects,library,$(RV32_TESTS)/hostile.c),\
    $(RV32_TESTS)/hostile.exports,0x80070000,32K,0x80138000,32K,4K,8K)

RV32_TAP := $(call rv32_objects,test,$(RV32_TESTS)/tap.c)
$(call rv32_image,test/pmp-domain,$(call rv32_objects,test,$(RV32_TESTS)/pmp-domain.c) $(RV32_TAP),\
    probe hostile,384K,192K,8K,)
