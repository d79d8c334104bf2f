# brotli: compressing and decompressing, at once and as a stream.

$(call upstream,brotli,workloads/brotli/source.list)
BROTLI_SOURCE := build/source/brotli/c
WASM_AFTER_brotli := build/source/brotli.unpacked
$(call wasm_module,brotli,workloads/brotli/brotli.og.h,$(addprefix $(BROTLI_SOURCE)/, \
    $(addprefix common/,constants.c context.c dictionary.c platform.c transform.c) \
    $(addprefix dec/,bit_reader.c decode.c huffman.c state.c) \
    $(addprefix enc/,backward_references.c backward_references_hq.c bit_cost.c block_splitter.c \
    brotli_bit_stream.c cluster.c command.c compress_fragment.c compress_fragment_two_pass.c \
    dictionary_hash.c encode.c encoder_dict.c entropy_encode.c fast_log.c histogram.c \
    literal_cost.c memory.c metablock.c static_dict.c utf8_util.c)),-I$(BROTLI_SOURCE)/include)

$(call workload,brotli,$(SYSTEMS),-lbrotlienc -lbrotlidec)
