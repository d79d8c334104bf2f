# The isolation over another process.

$(call isolation,proc,$(wildcard omniglot/proc/*.c) omniglot/proc/thunk.S)

# What runs in that process, as arrays for the runtime to carry: what it begins as, which is linked below
# 4 GiB and has no C library, and the program that the system's loader starts there.
PROC_FLAGS := -std=gnu11 -O2 -g -fvisibility=hidden -fcf-protection=none $(WARNINGS) $(WARNINGS_C)
PROC_STARTER := $(BUILD)/generated/omniglot/proc/starter
PROC_PROGRAM := $(BUILD)/generated/omniglot/proc/program
PROC_LAYOUT := omniglot/proc/layout.h
PROC_STARTED := $(addprefix omniglot/proc/inside/,starter.c memory.c filter.c signals.c)
$(PROC_STARTER): $(PROC_STARTED) omniglot/proc/inside/starter.h $(PROC_LAYOUT)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -I. -D_GNU_SOURCE $(PROC_FLAGS) -ffreestanding -fno-stack-protector -fno-pic -mno-red-zone \
	    -nostdlib -static -Wl,-Ttext-segment=0x200000 \
	    -Wl,--build-id=none -Wl,-z,noexecstack -s -o $@ $(PROC_STARTED)
$(PROC_PROGRAM): $(addprefix omniglot/proc/inside/,program.c enter.S) $(PROC_LAYOUT)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -I. -D_GNU_SOURCE $(PROC_FLAGS) -fPIE -pie -Wl,-z,now -Wl,--build-id=none -s -o $@ \
	    $(filter %.c %.S,$^) -ldl
$(PROC_STARTER)_image.h $(PROC_PROGRAM)_image.h: %_image.h: %
	$(Q){ echo '/* Generated from omniglot/proc/inside. */'; \
	    echo 'static const unsigned char proc_$(@F:_image.h=)[] __attribute__((aligned(16))) = {'; \
	    od -An -v -tu1 $< | sed 's/ *\([0-9][0-9]*\)/\1,/g'; echo '};'; } >$@
$(BUILD)/object/omniglot/proc/child.o: $(PROC_STARTER)_image.h $(PROC_PROGRAM)_image.h
