# The same code as libogubench.so in a file that no program is linked with, so that opening
# it in a program that has the other really loads it.
$(call shared,libogubench-unlinked,workloads/ubench/library.c)
$(BENCHES): | $(BUILD)/lib/libogubench-unlinked.so

$(call test,ubench-library,workloads/ubench/tests/library_test.c workloads/ubench/library.c)
