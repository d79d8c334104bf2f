/* A libsodium that returns a status which the real one's interface rules out. */
#include <sodium.h>

enum { UNKNOWN_STATUS = 7 };

int sodium_init(void)
{
    return UNKNOWN_STATUS;
}

int crypto_hash_sha256(unsigned char *out, const unsigned char *in, unsigned long long inlen)
{
    (void)out, (void)in, (void)inlen;
    return UNKNOWN_STATUS;
}

int crypto_hash_sha512(unsigned char *out, const unsigned char *in, unsigned long long inlen)
{
    (void)out, (void)in, (void)inlen;
    return UNKNOWN_STATUS;
}

int crypto_generichash(unsigned char *out, size_t outlen, const unsigned char *in,
                       unsigned long long inlen, const unsigned char *key, size_t keylen)
{
    (void)out, (void)outlen, (void)in, (void)inlen, (void)key, (void)keylen;
    return UNKNOWN_STATUS;
}

int crypto_auth_hmacsha256(unsigned char *out, const unsigned char *in, unsigned long long inlen,
                           const unsigned char *k)
{
    (void)out, (void)in, (void)inlen, (void)k;
    return UNKNOWN_STATUS;
}

int crypto_secretbox_easy(unsigned char *c, const unsigned char *m, unsigned long long mlen,
                          const unsigned char *n, const unsigned char *k)
{
    (void)c, (void)m, (void)mlen, (void)n, (void)k;
    return UNKNOWN_STATUS;
}

int crypto_secretbox_open_easy(unsigned char *m, const unsigned char *c, unsigned long long clen,
                               const unsigned char *n, const unsigned char *k)
{
    (void)m, (void)c, (void)clen, (void)n, (void)k;
    return UNKNOWN_STATUS;
}
