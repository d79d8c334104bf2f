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

WASM_AFTER_sodium := build/source/libsodium.unpacked
WASM_LIBRARIES_sodium := -lwasi-emulated-signal
$(call wasm_module,sodium,workloads/sodium/sodium.og.h,$(SODIUM_SOURCES) \
    $(SODIUM_SOURCE)/randombytes/sysrandom/randombytes_sysrandom.c,\
    -include workloads/wasm/sodium/configuration.h -Iworkloads/wasm/sodium -I$(SODIUM_SOURCE)/include \
    -I$(SODIUM_SOURCE)/include/sodium -D_WASI_EMULATED_SIGNAL)

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
