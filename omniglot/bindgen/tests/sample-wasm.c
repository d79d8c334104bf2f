/* The generated stubs of the copying discipline over WebAssembly. */
#include "omniglot/bindgen/tests/sample/sample-wasm.h"

#define SAMPLE_OPTIONS NULL
#define SAMPLE_FAULTS_ARE_TOLD
#include "omniglot/bindgen/tests/sample-calls.h"

int main(void)
{
    return run_sample_tests("bindgen-wasm");
}
