/* The hosts over domains behind protection keys. */
#include "omniglot/tests/hosts/hosted-og.h"

#define HOSTS_NAME        "og-mpk"
#define HOSTS_IS          OG_MPK_ONLY
#define HOSTS_OPTIONS(ms) &((const struct og_options){.isolation = OG_MPK, .deadline_ms = (ms)})
#define HOSTS_ISOLATION   OG_MPK
#define HOSTS_IN_PLACE
#include "omniglot/tests/hosts/driver.h"
