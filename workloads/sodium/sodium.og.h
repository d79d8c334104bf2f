/* libsodium: hashes, authentication, and secret boxes. */
#include <omniglot/interface.h>
#include <sodium.h>

OG_LIBRARY(sodium, "libsodium.so.23");

/* 0, 1 (it was initialized before), or -1: there is no source of randomness. */
int sodium_init(void) OG_RETURNS(-1, 0, 1);

int crypto_hash_sha256(unsigned char *out OG_OUT(crypto_hash_sha256_BYTES),
                       const unsigned char *in OG_IN(inlen), unsigned long long inlen)
    OG_RETURNS(0);

int crypto_hash_sha512(unsigned char *out OG_OUT(crypto_hash_sha512_BYTES),
                       const unsigned char *in OG_IN(inlen), unsigned long long inlen)
    OG_RETURNS(0);

int crypto_generichash(unsigned char *out OG_OUT(outlen), size_t outlen,
                       const unsigned char *in OG_IN(inlen), unsigned long long inlen,
                       const unsigned char *key OG_IN(keylen) OG_OPTIONAL, size_t keylen)
    OG_RETURNS(-1, 0) OG_SUCCESS(0);

int crypto_auth_hmacsha256(unsigned char *out OG_OUT(crypto_auth_hmacsha256_BYTES),
                           const unsigned char *in OG_IN(inlen), unsigned long long inlen,
                           const unsigned char *k OG_IN(crypto_auth_hmacsha256_KEYBYTES))
    OG_RETURNS(0);

int crypto_secretbox_easy(unsigned char *c OG_OUT(OG_SUM(mlen, crypto_secretbox_MACBYTES)),
                          const unsigned char *m OG_IN(mlen), unsigned long long mlen,
                          const unsigned char *n OG_IN(crypto_secretbox_NONCEBYTES),
                          const unsigned char *k OG_IN(crypto_secretbox_KEYBYTES)) OG_RETURNS(0);

/* -1: the box was not sealed with this key and nonce. */
int crypto_secretbox_open_easy(unsigned char *m OG_OUT(OG_DIFFERENCE(clen,
                                                                     crypto_secretbox_MACBYTES)),
                               const unsigned char *c OG_IN(clen), unsigned long long clen,
                               const unsigned char *n OG_IN(crypto_secretbox_NONCEBYTES),
                               const unsigned char *k OG_IN(crypto_secretbox_KEYBYTES))
    OG_RETURNS(-1, 0) OG_SUCCESS(0);
