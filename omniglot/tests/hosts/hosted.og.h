/* liboghosted: what hosts of every kind call. */
#include "omniglot/tests/hosts/library.h"
#include <omniglot/interface.h>

OG_LIBRARY(hosted, "liboghosted.so");

int64_t hosted_do(uint32_t task, int64_t argument);

int64_t host_call(int64_t number) OG_CALLED_BACK;
int64_t hosted_call_back(int64_t (*told)(int64_t number) OG_CALLBACK(host_call), int64_t count);
