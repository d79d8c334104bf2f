/* What attacks share that read a file of the library's own folder while it is loaded: the
 * constructor reads, and a later call hands out what that found. For each attack that includes it
 * its own, so without a guard. */
#ifdef ATTACK_FOREIGN

static uint64_t LOCAL(read_while_loading)(const struct attack *at, const char *name)
{
    static uint8_t found[SECRET_SIZE];
    if (at->loot && at->step == 1) {
        memcpy(at->loot, found, sizeof(found));
        return 0;
    }
    char path[128];
    strcpy(path, at->path);
    strcpy(strrchr(path, '/'), name);
    int file = (int)kernel3(SYS_open, ADDRESS(path), 0, 0);
    kernel3(SYS_read, (uint64_t)file, ADDRESS(found), sizeof(found));
    kernel3(SYS_close, (uint64_t)file, 0, 0);
    return 0;
}

#endif

#ifdef ATTACK_HOST

static enum og_error LOCAL(load_and_ask)(struct host *host)
{
    enum og_error error = host_open_hostile(host);
    return error ? error : host_call_other(host, 1);
}

#endif
