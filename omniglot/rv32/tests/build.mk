# Images that test the kernel and the build of images, and core's own unit tests on this target.

RV32_TESTS := omniglot/rv32/tests

# What the images' tests run with.
$(call rv32_compile,test,$(RV32_TESTS)/tap.c,$(RV32_WARNINGS))
RV32_TAP := $(call rv32_objects,test,$(RV32_TESTS)/tap.c)

# core's own unit tests.
RV32_CORE_TESTS := core-parameters core-scope core-upgrade core-validate core-write
$(call rv32_compile,test,$(RV32_CORE_TESTS:%=omniglot/tests/%.c) omniglot/tests/fake-domain.c,\
    $(RV32_WARNINGS) -I$(RV32_TESTS)/include)
$(foreach test,$(RV32_CORE_TESTS),$(call rv32_image,test/$(test),$(call \
    rv32_objects,test,omniglot/tests/$(test).c omniglot/tests/fake-domain.c),,flash=384K ram=256K stack=8K))

# A program that hangs.
$(call rv32_compile,test,$(RV32_TESTS)/hang.c,$(RV32_WARNINGS))
$(call rv32_image,test/hang,$(call rv32_objects,test,$(RV32_TESTS)/hang.c),,flash=384K ram=192K stack=2K)

# What `make test` runs, each as a test of its own, and the tests of the board, the build and the runner.
RV32_TAP_IMAGES := $(RV32_CORE_TESTS)
rv32_image_tests = $(foreach image,$(RV32_TAP_IMAGES),'rv32-$(image)=tools/rv32-run $(RV32)/test/$(image).elf')
TEST_SCRIPTS += $(RV32_TESTS)/board $(RV32_TESTS)/rv32-build
