# libogubench: a library of our own, whose functions do next to nothing.

$(call wasm_module,ubench,workloads/ubench/ubench.og.h,workloads/ubench/library.c)

# It is found from the program's place. (The dollar survives three expansions.)
$(call shared,libogubench,workloads/ubench/library.c)
FLAGS_workloads/ubench/library += -fvisibility=default
UBENCH_LIBRARY := -L$(BUILD)/lib -Wl,-rpath,'$$$$$$$$ORIGIN/../lib' -logubench
$(call workload,ubench,$(SYSTEMS),$(UBENCH_LIBRARY))
$(BENCHES) $(BUILD)/bin/og-worker-ubench: $(BUILD)/lib/libogubench.so

# The same code in a file that no program is linked with, so that opening it in a program that has the
# other really loads it.
$(call shared,libogubench-unlinked,workloads/ubench/library.c)
$(BENCHES): | $(BUILD)/lib/libogubench-unlinked.so

$(call test,ubench-library,workloads/ubench/tests/library_test.c workloads/ubench/library.c)

# --- the embedded target ---

$(call rv32_compile,library,workloads/ubench/library.c,$(RV32_WARNINGS))
UBENCH_OBJECTS := $(call rv32_objects,library,workloads/ubench/library.c)
$(call rv32_workload,ubench,$(UBENCH_OBJECTS),,soname=libogubench.so \
    flash=32K@384K ram=32K@128K stack=4K scopes=16K message=4096 \
    host_flash=384K host_ram=128K host_stack=12K largest=4096 beside=ubench-unlinked)
# The same code once more, for the cases that open what no host calls.
$(call rv32_library,ubench-unlinked,$(UBENCH_OBJECTS),soname=libogubench-unlinked.so \
    exports=$(call rv32_exports,ubench) flash=32K@416K ram=32K@160K stack=4K scopes=16K)
