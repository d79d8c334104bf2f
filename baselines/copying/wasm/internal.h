/* What the files of this folder share. */
#ifndef BASELINES_COPYING_WASM_INTERNAL_H
#define BASELINES_COPYING_WASM_INTERNAL_H

#include "baselines/copying/wasm/wasm.h"

enum { WASM_PAGE = 65536 };

/* What a module's memory can grow to, 1 GiB: what a worker of the process sandbox has. */
enum { WASM_PAGES = 16384 };

/* What its tables have places for, together: 24 MiB. */
enum { WASM_PLACES = 1 << 20 };

/* A 32-bit address and a 32-bit offset reach 8 GiB; the access itself a little more. */
#define WASM_RESERVATION ((size_t)8 << 30)
#define WASM_GUARD       ((size_t)WASM_PAGE)

/* The instance that is being made in this thread: where wasm2c's code gets its memory. */
extern __thread struct wasm_instance *wasm_opening __attribute__((visibility("hidden")));

/* Installs the handler of faults, if it is not installed. */
enum og_error wasm_faults_open(struct og_fault *fault);

/* Lets the call that this thread is in end with a trap. */
_Noreturn void wasm_unwind(struct wasm_frame *frame);

#endif
