/* What tells a file from another at the same path: the build-id of a program or library, which its
 * linker made from what is in it, else a hash of its content. */
#ifndef RESULT_FILE_ID_H
#define RESULT_FILE_ID_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum { FILE_ID_BYTES = 96, BUILD_ID_BYTES_MAX = 32 };

/* "build-id:3f0c…", in hexadecimal digits. At most BUILD_ID_BYTES_MAX bytes. */
void file_id_of_build(const unsigned char *build_id, size_t bytes, char id[FILE_ID_BYTES]);

/* "build-id:…" where the file has one, else "xxh64:…" of its content; `content`: always that. Only
 * a regular file has either. False with the reason alone ("No such file or directory"). */
bool file_id_read(const char *path, bool content, char id[FILE_ID_BYTES], struct error *reason);

/* Whether the file begins with "#!". */
bool file_is_script(const char *path);

/* The same as file_id_read, for many results of the same files: a file that has not changed since
 * it was asked for (device, inode, size, time of change) is not read again. */
struct file_ids;
struct file_ids *file_ids_new(void); /* NULL when memory is out */
void file_ids_free(struct file_ids *ids);
bool file_ids_read(struct file_ids *ids, const char *path, bool content, char id[FILE_ID_BYTES],
                   struct error *reason);

#endif
