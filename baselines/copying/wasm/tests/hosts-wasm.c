/* The hosts over WebAssembly modules. */
#include "omniglot/tests/hosts/hosted-wasm.h"

#define HOSTS_NAME        "copy-wasm"
#define HOSTS_IS          WASM_ONLY
#define HOSTS_OPTIONS(ms) NULL
#include "omniglot/tests/hosts/driver.h"
