#define _GNU_SOURCE
#include "CTestSupport.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    char *path;
    char kind;
    char *bytes;
    size_t count;
} entry;

struct test_tree {
    entry *entries;
    size_t count, room;
};

static char *read_whole(int directory, const char *name, size_t *count) {
    char *bytes = NULL;
    size_t room = 0, done = 0;
    int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return NULL;
    for (;;) {
        if (room - done < 4096) bytes = realloc(bytes, room = 2 * room + 8192);
        ssize_t n = read(fd, bytes + done, room - done);
        if (n <= 0) break;
        done += (size_t)n;
    }
    close(fd);
    *count = done;
    return bytes;
}

static void read_directory(test_tree *tree, int directory, const char *prefix, const char *const skipped[]) {
    DIR *stream = fdopendir(directory);
    struct dirent *each;
    if (stream == NULL) {
        close(directory);
        return;
    }
    while ((each = readdir(stream)) != NULL) {
        struct stat info;
        char *path;
        int skip = 0;
        if (strcmp(each->d_name, ".") == 0 || strcmp(each->d_name, "..") == 0) continue;
        if (asprintf(&path, "%s%s%s", prefix, *prefix ? "/" : "", each->d_name) < 0) continue;
        for (size_t i = 0; skipped[i] != NULL; i++) skip |= strcmp(skipped[i], path) == 0;
        if (skip || fstatat(directory, each->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) {
            free(path);
            continue;
        }
        if (S_ISDIR(info.st_mode)) {
            int inner = openat(directory, each->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
            if (inner >= 0) read_directory(tree, inner, path, skipped);
            free(path);
            continue;
        }
        if (tree->count == tree->room) {
            tree->room = 2 * tree->room + 64;
            tree->entries = realloc(tree->entries, tree->room * sizeof *tree->entries);
        }
        entry *new = &tree->entries[tree->count++];
        *new = (entry){.path = path, .kind = 'o'};
        if (S_ISLNK(info.st_mode)) {
            new->kind = 'l';
            new->bytes = malloc(4096);
            ssize_t n = readlinkat(directory, each->d_name, new->bytes, 4096);
            new->count = n < 0 ? 0 : (size_t)n;
        } else if (S_ISREG(info.st_mode)) {
            new->kind = 'f';
            new->bytes = read_whole(directory, each->d_name, &new->count);
        }
    }
    closedir(stream);
}

static int by_path(const void *a, const void *b) { return strcmp(((const entry *)a)->path, ((const entry *)b)->path); }

test_tree *test_tree_read(const char *directory, const char *const skipped[]) {
    test_tree *tree = calloc(1, sizeof *tree);
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) read_directory(tree, fd, "", skipped);
    if (tree->count > 0) qsort(tree->entries, tree->count, sizeof *tree->entries, by_path);
    return tree;
}

void test_tree_free(test_tree *tree) {
    for (size_t i = 0; i < tree->count; i++) {
        free(tree->entries[i].path);
        free(tree->entries[i].bytes);
    }
    free(tree->entries);
    free(tree);
}

size_t test_tree_count(const test_tree *tree) { return tree->count; }

const char *test_tree_path(const test_tree *tree, size_t index) { return tree->entries[index].path; }

char test_tree_entry(const test_tree *tree, size_t index, const char **bytes, size_t *count) {
    *bytes = tree->entries[index].bytes;
    *count = tree->entries[index].count;
    return tree->entries[index].kind;
}

ptrdiff_t test_tree_find(const test_tree *tree, const char *path) {
    entry key = {.path = (char *)path};
    entry *found = tree->count == 0 ? NULL : bsearch(&key, tree->entries, tree->count, sizeof key, by_path);
    return found == NULL ? -1 : found - tree->entries;
}

static int same(const entry *a, const entry *b) {
    return strcmp(a->path, b->path) == 0 && a->kind == b->kind && a->count == b->count &&
           (a->count == 0 || memcmp(a->bytes, b->bytes, a->count) == 0);
}

ptrdiff_t test_tree_difference(const test_tree *a, const test_tree *b) {
    size_t i = 0;
    while (i < a->count && i < b->count && same(&a->entries[i], &b->entries[i])) i++;
    return i == a->count && i == b->count ? -1 : (ptrdiff_t)i;
}

static void remove_below(int parent, const char *name) {
    if (unlinkat(parent, name, 0) == 0) return;
    int directory = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *stream = directory < 0 ? NULL : fdopendir(directory);
    if (stream != NULL) {
        struct dirent *each;
        while ((each = readdir(stream)) != NULL) {
            if (strcmp(each->d_name, ".") != 0 && strcmp(each->d_name, "..") != 0) {
                remove_below(directory, each->d_name);
            }
        }
        closedir(stream);
    } else if (directory >= 0) {
        close(directory);
    }
    unlinkat(parent, name, AT_REMOVEDIR);
}

void test_tree_remove(const char *path) { remove_below(AT_FDCWD, path); }

static int copy_file(int from, int to, const char *name, mode_t mode) {
    size_t count = 0;
    char *bytes = read_whole(from, name, &count);
    int fd = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode & 0777);
    int done = fd >= 0 && (count == 0 || write(fd, bytes, count) == (ssize_t)count);
    if (fd >= 0) close(fd);
    free(bytes);
    return done ? 0 : -1;
}

static int copy_below(int from, int to) {
    DIR *stream = fdopendir(from);
    struct dirent *each;
    int result = stream == NULL ? -1 : 0;
    while (result == 0 && (each = readdir(stream)) != NULL) {
        struct stat info;
        if (strcmp(each->d_name, ".") == 0 || strcmp(each->d_name, "..") == 0) continue;
        if (fstatat(from, each->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) {
            result = -1;
        } else if (S_ISDIR(info.st_mode)) {
            int inner = openat(from, each->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC), new = -1;
            if (mkdirat(to, each->d_name, info.st_mode & 0777) == 0) {
                new = openat(to, each->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
            }
            result = inner < 0 || new < 0 ? -1 : copy_below(inner, new);
            if (new >= 0) close(new);
        } else {
            result = copy_file(from, to, each->d_name, info.st_mode);
        }
    }
    if (stream != NULL) closedir(stream);
    return result;
}

int test_tree_copy(const char *from, const char *to) {
    int source = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC), target = -1;
    if (source < 0) return -1;
    if (mkdir(to, 0777) == 0) target = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (target < 0) {
        close(source);
        return -1;
    }
    int result = copy_below(source, target);
    close(target);
    return result;
}
