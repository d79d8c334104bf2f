/* The dynamic loader's functions on the embedded target: for programs that open a library without
 * a domain. What is opened is a library of the flash image; its memory is put to its initial state
 * and its constructors run, in M-mode. */
#ifndef OMNIGLOT_RV32_DLFCN_H
#define OMNIGLOT_RV32_DLFCN_H

#define RTLD_NOW   2
#define RTLD_LOCAL 0

/* The library of that soname, or NULL. There is one instance of each: opening it a second time
 * starts it anew for everybody. */
void *dlopen(const char *name, int flags);
void *dlsym(void *library, const char *symbol);
int dlclose(void *library);
const char *dlerror(void);

#endif
