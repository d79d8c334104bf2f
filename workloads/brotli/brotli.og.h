/* Brotli: buffers at once, and streams. */
#include <brotli/decode.h>
#include <brotli/encode.h>
#include <omniglot/interface.h>

/* The header gives buffers as arrays of a parameter's size, which is the same to the compiler;
 * GCC says so. */
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wvla-parameter"
#endif

OG_LIBRARY(brotli, "libbrotlicommon.so.1", "libbrotlienc.so.1", "libbrotlidec.so.1");

/* --- at once --- */

BROTLI_BOOL BrotliEncoderCompress(int quality, int lgwin, BrotliEncoderMode mode, size_t input_size,
                                  const uint8_t *input_buffer OG_IN(input_size),
                                  size_t *encoded_size OG_LENGTH_OF(encoded_buffer),
                                  uint8_t *encoded_buffer OG_OUT(*encoded_size))
    OG_RETURNS(BROTLI_FALSE, BROTLI_TRUE) OG_SUCCESS(BROTLI_TRUE);

BrotliDecoderResult BrotliDecoderDecompress(size_t encoded_size,
                                            const uint8_t *encoded_buffer OG_IN(encoded_size),
                                            size_t *decoded_size OG_LENGTH_OF(decoded_buffer),
                                            uint8_t *decoded_buffer OG_OUT(*decoded_size))
    OG_SUCCESS(BROTLI_DECODER_RESULT_SUCCESS);

/* --- streams, with the library's own malloc --- */

BrotliEncoderState *BrotliEncoderCreateInstance(brotli_alloc_func alloc_func OG_ABSENT,
                                                brotli_free_func free_func OG_ABSENT,
                                                void *opaque OG_ABSENT) OG_RETURNS_HANDLE(encoder);

BROTLI_BOOL BrotliEncoderSetParameter(BrotliEncoderState *state OG_HANDLE(encoder),
                                      BrotliEncoderParameter param, uint32_t value)
    OG_RETURNS(BROTLI_FALSE, BROTLI_TRUE);

BROTLI_BOOL BrotliEncoderCompressStream(BrotliEncoderState *state OG_HANDLE(encoder),
                                        BrotliEncoderOperation op, size_t *available_in,
                                        const uint8_t **next_in OG_IN_WINDOW(available_in),
                                        size_t *available_out,
                                        uint8_t **next_out OG_OUT_WINDOW(available_out),
                                        size_t *total_out OG_ABSENT)
    OG_RETURNS(BROTLI_FALSE, BROTLI_TRUE);

BROTLI_BOOL BrotliEncoderIsFinished(BrotliEncoderState *state OG_HANDLE(encoder))
    OG_RETURNS(BROTLI_FALSE, BROTLI_TRUE);

void BrotliEncoderDestroyInstance(BrotliEncoderState *state OG_HANDLE_END(encoder));

BrotliDecoderState *BrotliDecoderCreateInstance(brotli_alloc_func alloc_func OG_ABSENT,
                                                brotli_free_func free_func OG_ABSENT,
                                                void *opaque OG_ABSENT) OG_RETURNS_HANDLE(decoder);

BrotliDecoderResult BrotliDecoderDecompressStream(
    BrotliDecoderState *state OG_HANDLE(decoder), size_t *available_in,
    const uint8_t **next_in OG_IN_WINDOW(available_in), size_t *available_out,
    uint8_t **next_out OG_OUT_WINDOW(available_out), size_t *total_out OG_ABSENT);

void BrotliDecoderDestroyInstance(BrotliDecoderState *state OG_HANDLE_END(decoder));
