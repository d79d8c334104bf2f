# copy-wasm's modules: the libraries, of their upstream sources and with what Debian's builds of them
# configure, for WebAssembly.

# --- ubench ---

$(call wasm_module,ubench,workloads/ubench/ubench.og.h,workloads/ubench/library.c)

# --- zlib ---

WASM_ZLIB := build/source/zlib
WASM_AFTER_zlib := $(WASM_ZLIB).unpacked
$(call wasm_module,zlib,workloads/zlib/zlib.og.h,$(addprefix $(WASM_ZLIB)/,adler32.c compress.c \
    crc32.c deflate.c inffast.c inflate.c inftrees.c trees.c uncompr.c zutil.c),\
    -I$(WASM_ZLIB) -DHAVE_UNISTD_H)

# --- libsodium: its portable C, as on any processor that it has no assembly for ---

WASM_SODIUM := build/source/libsodium/src/libsodium
WASM_AFTER_sodium := build/source/libsodium.unpacked
WASM_LIBRARIES_sodium := -lwasi-emulated-signal
WASM_SODIUM_SOURCES := $(addprefix $(WASM_SODIUM)/, \
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
    randombytes/randombytes.c randombytes/sysrandom/randombytes_sysrandom.c \
    sodium/core.c sodium/runtime.c sodium/utils.c)
$(call wasm_module,sodium,workloads/sodium/sodium.og.h,$(WASM_SODIUM_SOURCES),\
    -include workloads/wasm/sodium/configuration.h -Iworkloads/wasm/sodium -I$(WASM_SODIUM)/include \
    -I$(WASM_SODIUM)/include/sodium -D_WASI_EMULATED_SIGNAL)

# --- brotli ---

WASM_BROTLI := build/source/brotli/c
WASM_AFTER_brotli := build/source/brotli.unpacked
$(call wasm_module,brotli,workloads/brotli/brotli.og.h,$(addprefix $(WASM_BROTLI)/, \
    $(addprefix common/,constants.c context.c dictionary.c platform.c transform.c) \
    $(addprefix dec/,bit_reader.c decode.c huffman.c state.c) \
    $(addprefix enc/,backward_references.c backward_references_hq.c bit_cost.c block_splitter.c \
    brotli_bit_stream.c cluster.c command.c compress_fragment.c compress_fragment_two_pass.c \
    dictionary_hash.c encode.c encoder_dict.c entropy_encode.c fast_log.c histogram.c \
    literal_cost.c memory.c metablock.c static_dict.c utf8_util.c)),-I$(WASM_BROTLI)/include)

# --- expat: as Debian builds it, with randomness by the name that expat knows ---

WASM_EXPAT := build/source/expat/expat/lib
WASM_AFTER_expat := build/source/expat.unpacked
$(call wasm_module,expat,workloads/expat/expat.og.h,$(addprefix $(WASM_EXPAT)/,xmlparse.c xmlrole.c \
    xmltok.c),-I$(WASM_EXPAT) -Iworkloads/wasm/expat)

# --- what there is no module of: the sentence that og-bench says ---

NO_MODULE_png := libpng calls setjmp, which the wasi-libc of Debian 12 does not have
