/* Which files a domain may read: the options' readable paths; and while it loads, what its loader
 * may need. What the domain asks for is a text, and is only compared as one: files are found from
 * folders that the host has opened, and no link and no ".." leads out of them (decision 077). */
#ifndef OMNIGLOT_MPK_GRANT_H
#define OMNIGLOT_MPK_GRANT_H

#include "omniglot/mpk/mpk.h"

#include <sys/stat.h>

enum { MPK_PATH_SIZE = 4096 };

/* Grants the options' paths, the system's libraries, and what is named in `libraries`. */
enum og_error mpk_grants_open(struct mpk_domain *domain, const char *const *libraries,
                              const struct og_options *options, struct og_fault *fault);
/* Loading is done: what was granted for it is granted no more. */
void mpk_grants_settle(struct mpk_domain *domain);
void mpk_grants_close(struct mpk_domain *domain);

/* Opens a granted file to be read, or a granted folder to be asked about, and says what it is; and
 * in *late whether it is a library of which code may be made after loading. A descriptor, or a
 * negated errno: EACCES for all that is not granted, there or not. */
int mpk_granted_open(const struct mpk_domain *domain, const char *path, struct stat *status,
                     bool *late);

/* Which file a descriptor of the runtime's own is of, and whether it still is: a host that closes
 * descriptors which it has not opened gets their numbers for its own. */
void mpk_inode_take(struct mpk_inode *inode, int file);
bool mpk_inode_is(const struct mpk_inode *inode, int file);

/* Is it the system's own libc or loader, by identity? `path` is what the domain calls it. */
bool mpk_is_system_loader(const char *path, const struct stat *status);

/* A library's name as the domain's loader is to get it: a path from the root, if it is a path. */
const char *mpk_library_path(const char *name, char path[MPK_PATH_SIZE]);

#endif
