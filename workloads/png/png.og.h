/* libpng's simplified interface: images from and to memory. */
#include <omniglot/interface.h>
#include <png.h>

OG_LIBRARY(png, "libpng16.so.16");

/* --- reading: the file stays in use until the pixels are read --- */

int png_image_begin_read_from_memory(png_imagep image OG_OBJECT_NEW(reading) OG_SET(version)
                                         OG_GET(width, height, format, flags, warning_or_error),
                                     png_const_voidp memory OG_IN(size) OG_KEPT(image), size_t size)
    OG_RETURNS(0, 1) OG_SUCCESS(1);

/* The pixels have the format that the host has put into `image`. */
int png_image_finish_read(png_imagep image OG_OBJECT(reading) OG_SET(format)
                              OG_GET(warning_or_error),
                          png_const_colorp background OG_ABSENT,
                          void *buffer OG_OUT(OG_PRODUCT((size_t)row_stride, image->height)),
                          png_int_32 row_stride, void *colormap OG_ABSENT) OG_RETURNS(0, 1)
    OG_SUCCESS(1);

void png_image_free(png_imagep image OG_OBJECT_END(reading));

/* --- writing --- */

int png_image_write_to_memory(
    png_imagep image OG_FIELDS OG_SET(version, width, height, format, flags)
        OG_GET(warning_or_error),
    void *memory OG_OUT(*memory_bytes), png_alloc_size_t *memory_bytes OG_LENGTH_OF(memory),
    int convert_to_8_bit, const void *buffer OG_IN(OG_PRODUCT((size_t)row_stride, image->height)),
    png_int_32 row_stride, const void *colormap OG_ABSENT) OG_RETURNS(0, 1) OG_SUCCESS(1);
