#define _GNU_SOURCE
#include "CTestSupport.h"

#include <string.h>

ptrdiff_t test_find(const void *bytes, size_t count, const void *pattern, size_t pattern_count) {
    const char *found = memmem(bytes, count, pattern, pattern_count);
    return found == NULL ? -1 : found - (const char *)bytes;
}
