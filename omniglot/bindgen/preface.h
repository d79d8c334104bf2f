/* What stands at the top of each generated file: what it is, and how it is used. Comments, up to
 * where emit_begin says how the file was made. */
#ifndef BINDGEN_PREFACE_H
#define BINDGEN_PREFACE_H

#include "omniglot/bindgen/interface.h"

typedef void preface(const struct interface *interface);

preface preface_types, preface_og, preface_raw, preface_copying, preface_process, preface_worker,
    preface_wasm;

#endif
