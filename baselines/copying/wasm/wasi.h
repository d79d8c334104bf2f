/* What a module may ask of the system. */
#ifndef BASELINES_COPYING_WASM_WASI_H
#define BASELINES_COPYING_WASM_WASI_H

#include "baselines/copying/wasm/wasm.h"

/* wasm2c's name for what is handed to imported functions: the instance that calls. */
struct Z_wasi_snapshot_preview1_instance_t;

#endif
