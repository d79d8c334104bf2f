/* The stubs that sample-cxx.cc calls. */
#define OG_STUBS_FOR_CXX
#include "omniglot/bindgen/tests/sample/sample-og.h"
