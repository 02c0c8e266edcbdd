/* The functions for one hash each: those for any hash cost more to start than a small object to hash. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
