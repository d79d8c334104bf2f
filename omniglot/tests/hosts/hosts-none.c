/* The hosts over domains without isolation. */
#include "omniglot/tests/hosts/hosted-og.h"

#define HOSTS_NAME        "og-none"
#define HOSTS_IS          OG_NONE_ONLY
#define HOSTS_OPTIONS(ms) &((const struct og_options){.isolation = OG_NONE})
#define HOSTS_ISOLATION   OG_NONE
#define HOSTS_IN_PLACE
#include "omniglot/tests/hosts/driver.h"
