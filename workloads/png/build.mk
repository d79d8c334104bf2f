# libpng: reading and writing images.

# The sentence that og-bench says.
NO_MODULE_png := libpng calls setjmp, which the wasi-libc of Debian 12 does not have

$(call workload,png,$(SYSTEMS),-lpng16)
