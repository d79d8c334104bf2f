# No isolation. Every program links it, with the list of all isolations, and core's look-up in that.

$(call isolation,none,omniglot/isolations.c omniglot/core/isolation.c $(wildcard omniglot/none/*.c))

# og-none's allocator: Debian's jemalloc as one object, in which only what heap.c calls is to be seen,
# and by other names, so that it replaces nobody's malloc.
JEMALLOC_FUNCTIONS := mallocx rallocx sallocx dallocx mallctl
JEMALLOC_OBJECT := $(BUILD)/object/jemalloc.o
$(JEMALLOC_OBJECT):
	$(call say,OBJCOPY,$@)
	@mkdir -p $(@D)
	$(Q)ld -r -o $@.linked $(JEMALLOC_FUNCTIONS:%=-u %) \
	    "$$($(CC) -print-file-name=libjemalloc_pic.a)"
	$(Q)objcopy $(foreach name,$(JEMALLOC_FUNCTIONS),--redefine-sym $(name)=og_jemalloc_$(name) \
	    --keep-global-symbol og_jemalloc_$(name)) --redefine-sym malloc_conf=og_jemalloc_conf \
	    --keep-global-symbol og_jemalloc_conf $@.linked $@
$(BUILD)/lib/og-none.a: $(JEMALLOC_OBJECT)
