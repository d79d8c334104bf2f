# The libraries' upstream tarballs, for the targets that need a build of their own.

# $(call upstream,NAME): the source package of that name in workloads/sources.list, in
# build/source/NAME, where its files are once it is unpacked.
define upstream_rule
build/source/$(1).unpacked: workloads/sources.list omniglot/tools/fetch-source
	$(Q)omniglot/tools/fetch-source workloads/sources.list $(1) build/source/$(1)
	@touch $$@
build/source/$(1)/%: | build/source/$(1).unpacked ;
endef
upstream = $(eval $(call upstream_rule,$(1)))
$(foreach source,libsodium zlib brotli expat lwip,$(call upstream,$(source)))

# What sodium's workload needs of libsodium, in portable C, but for where randomness comes from.
SODIUM_SOURCE := build/source/libsodium/src/libsodium
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
