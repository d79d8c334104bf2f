/* The zlib workload's inputs on a machine without files: their first bytes, in flash. */
#include "bench/harness/input.h"

#include <stdio.h>
#include <string.h>

__asm__(".section .rodata\n"
        "zlib_input_text: .incbin \"" ZLIB_INPUTS "/text\"\n"
        "zlib_input_text_end:\n"
        "zlib_input_binary: .incbin \"" ZLIB_INPUTS "/binary\"\n"
        "zlib_input_binary_end:\n"
        ".previous");
extern const unsigned char zlib_input_text[], zlib_input_text_end[];
extern const unsigned char zlib_input_binary[], zlib_input_binary_end[];

bool input_read(const struct input *inputs, size_t count, const char *kind, unsigned char *bytes,
                size_t size, struct case_error *error)
{
    (void)inputs;
    (void)count;
    bool is_text = !strcmp(kind, "text");
    const unsigned char *start = is_text ? zlib_input_text : zlib_input_binary;
    const unsigned char *end = is_text ? zlib_input_text_end : zlib_input_binary_end;
    if (size > (size_t)(end - start)) {
        snprintf(error->message, sizeof(error->message), "the image has %u bytes of this input",
                 (unsigned)(end - start));
        return false;
    }
    memcpy(bytes, start, size);
    return true;
}
