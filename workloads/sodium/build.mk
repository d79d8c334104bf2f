# libsodium: hashes, authentication, boxes.

$(call upstream,libsodium,workloads/sodium/source.list)
SODIUM_SOURCE := build/source/libsodium/src/libsodium
# What the workload needs of it, in portable C, but for where randomness comes from.
SODIUM_SOURCES := $(addprefix $(SODIUM_SOURCE)/, \
    crypto_auth/hmacsha256/auth_hmacsha256.c \
    crypto_core/ed25519/ref10/ed25519_ref10.c crypto_core/hchacha20/core_hchacha20.c \
    crypto_core/hsalsa20/core_hsalsa20.c crypto_core/hsalsa20/ref2/core_hsalsa20_ref2.c \
    crypto_core/salsa/ref/core_salsa_ref.c \
    crypto_generichash/crypto_generichash.c crypto_generichash/blake2b/generichash_blake2.c \
    $(addprefix crypto_generichash/blake2b/ref/,blake2b-compress-ref.c blake2b-ref.c \
    generichash_blake2b.c) \
    crypto_hash/sha256/hash_sha256.c crypto_hash/sha256/cp/hash_sha256_cp.c \
    crypto_hash/sha512/hash_sha512.c crypto_hash/sha512/cp/hash_sha512_cp.c \
    crypto_onetimeauth/crypto_onetimeauth.c crypto_onetimeauth/poly1305/onetimeauth_poly1305.c \
    crypto_onetimeauth/poly1305/donna/poly1305_donna.c \
    crypto_pwhash/argon2/argon2-core.c crypto_pwhash/argon2/argon2-fill-block-ref.c \
    crypto_scalarmult/curve25519/scalarmult_curve25519.c \
    crypto_scalarmult/curve25519/ref10/x25519_ref10.c \
    crypto_secretbox/crypto_secretbox.c crypto_secretbox/crypto_secretbox_easy.c \
    crypto_secretbox/xsalsa20poly1305/secretbox_xsalsa20poly1305.c \
    crypto_stream/chacha20/stream_chacha20.c crypto_stream/chacha20/ref/chacha20_ref.c \
    crypto_stream/salsa20/stream_salsa20.c crypto_stream/salsa20/ref/salsa20_ref.c \
    crypto_stream/xsalsa20/stream_xsalsa20.c crypto_verify/sodium/verify.c \
    randombytes/randombytes.c sodium/core.c sodium/runtime.c sodium/utils.c)

# WebAssembly: its portable C, as on any processor that it has no assembly for.
WASM_AFTER_sodium := build/source/libsodium.unpacked
WASM_LIBRARIES_sodium := -lwasi-emulated-signal
$(call wasm_module,sodium,workloads/sodium/sodium.og.h,$(SODIUM_SOURCES) \
    $(SODIUM_SOURCE)/randombytes/sysrandom/randombytes_sysrandom.c,\
    -include workloads/sodium/wasm/configuration.h -Iworkloads/sodium/include -I$(SODIUM_SOURCE)/include \
    -I$(SODIUM_SOURCE)/include/sodium -D_WASI_EMULATED_SIGNAL)

$(call workload,sodium,$(SYSTEMS),-lsodium)

# --- the embedded target ---

SODIUM_HEADERS := -Iworkloads/sodium/include -isystem $(SODIUM_SOURCE)/include
SODIUM_RV32 := $(SODIUM_SOURCES) workloads/sodium/rv32/randomness.c
$(call rv32_compile,sodium,$(SODIUM_RV32),-include workloads/sodium/rv32/configuration.h $(SODIUM_HEADERS) \
    -I$(SODIUM_SOURCE)/include/sodium)
$(call rv32_workload,sodium,$(call rv32_objects,sodium,$(SODIUM_RV32)),$(SODIUM_HEADERS),soname=libsodium.so.23 \
    flash=128K@384K ram=96K@96K stack=8K scopes=24K message=17408 \
    host_flash=384K host_ram=96K host_stack=12K largest=16384 upstream=libsodium)
RV32_LINTED += workloads/sodium/rv32/randomness.c
RV32_LINT_FLAGS += $(SODIUM_HEADERS)

# --- tests of the stubs ---

$(call shared,liblying-sodium,workloads/sodium/tests/lying-sodium.c)
FLAGS_workloads/sodium/tests/lying-sodium += -fvisibility=default

$(call test,sodium-og,workloads/sodium/tests/sodium-og.c,$(OMNIGLOT),$(OMNIGLOT_LIBS))
$(BUILD)/test/sodium-og: | $(BUILD)/lib/liblying-sodium.so

$(call test,sodium-process,workloads/sodium/tests/sodium-process.c,$(PROCESS),$(PROCESS_LIBS))
$(BUILD)/test/sodium-process: | $(BUILD)/bin/og-worker-sodium

$(call objects,$(addprefix workloads/sodium/tests/,sodium-og.c sodium-process.c)): $(call stubs,sodium)
