/* What of a struct is no value: bytes and bits between its fields, which hold whatever was in the
 * host's memory before. */
#ifndef BINDGEN_PADDING_H
#define BINDGEN_PADDING_H

#include "omniglot/bindgen/interface.h"

/* A mask of type->size bytes, whose bits are those of fields; NULL where there is no padding. */
const unsigned char *padding_mask(const struct type *type);

/* The same for what the host copies to the library for the parameter; NULL if it copies no such
 * thing. */
const unsigned char *padding_sent(const struct parameter *parameter);

#endif
