# The isolation over protection keys.

$(call isolation,mpk,$(wildcard $(addprefix omniglot/mpk/,*.c syscall/*.c code/*.c describe/*.c)) \
    omniglot/mpk/gate.S)

# The program that the loader of a domain starts, as an array for the runtime to carry.
MPK_BOOT := $(BUILD)/generated/omniglot/mpk/boot
$(MPK_BOOT): omniglot/mpk/boot/boot.S omniglot/mpk/layout.h
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -I. -nostdlib -pie -Wl,-z,now -Wl,--no-as-needed -Wl,--build-id=none -o $@ $< -lc
$(MPK_BOOT)_image.h: $(MPK_BOOT)
	$(Q){ echo '/* Generated from omniglot/mpk/boot/boot.S. */'; \
	    echo 'static const unsigned char mpk_boot_image[] __attribute__((aligned(16))) = {'; \
	    od -An -v -tu1 $< | sed 's/ *\([0-9][0-9]*\)/\1,/g'; echo '};'; } >$@
$(BUILD)/object/omniglot/mpk/image.o: $(MPK_BOOT)_image.h
