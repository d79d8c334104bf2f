/* Code that was refused: which instruction it holds, and where in which file. */
#include "where.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

void mpk_refusal_tell(const struct mpk_source *source, uintptr_t start, struct og_fault *refusal)
{
    char link[32], path[4096], message[sizeof(refusal->message)];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", source->file);
    ssize_t length = readlink(link, path, sizeof(path) - 1);
    path[length > 0 ? length : 0] = '\0';
    const char *slash = strrchr(path, '/');
    struct mpk_text text = {message, sizeof(message), 0};
    mpk_text_add(&text, "%s at offset 0x%zx of ", refusal->message,
                 (size_t)source->offset + (refusal->address - start));
    mpk_text_add_name(&text, slash ? slash + 1 : "it");
    mpk_text_add(&text, " could undo the isolation");
    og_fail(refusal, OG_FORBIDDEN, NULL, refusal->address, message);
}
