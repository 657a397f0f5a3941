#include "rowstream/format/reader.h"

#include <string.h>
#include <strings.h>

#include "rowstream/names.h"

/* Every format there is. */
static const struct reader_format *const formats[] = {&reader_json, &reader_xml, &reader_yaml};

enum { FORMAT_COUNT = sizeof formats / sizeof formats[0] };

void reader_setup(void) {
    for (size_t i = 0; i < FORMAT_COUNT; i++)
        if (formats[i]->setup != NULL)
            formats[i]->setup();
}

void reader_cleanup(void) {
    for (size_t i = 0; i < FORMAT_COUNT; i++)
        if (formats[i]->cleanup != NULL)
            formats[i]->cleanup();
}

static bool ends_in(const char *path, size_t length, const char *extension) {
    size_t bytes = strlen(extension);
    return length > bytes + 1 && path[length - bytes - 1] == '.' &&
           strncasecmp(path + length - bytes, extension, bytes) == 0;
}

static bool has_extension(const struct reader_format *format, const char *path) {
    size_t length = strlen(path);
    if (ends_in(path, length, "gz"))
        length -= strlen(".gz");
    for (const char *const *at = format->extensions; *at != NULL; at++)
        if (ends_in(path, length, *at))
            return true;
    return false;
}

enum rowstream_status reader_find(const struct reader_format **format, const char *name,
                                  const char *path, struct error *error) {
    const char *names[FORMAT_COUNT];
    for (size_t i = 0; i < FORMAT_COUNT; i++) {
        names[i] = formats[i]->name;
        if (name != NULL ? strcmp(names[i], name) == 0 : has_extension(formats[i], path)) {
            *format = formats[i];
            return ROWSTREAM_OK;
        }
    }
    char text[NAMES_TEXT_BYTES];
    names_list(names, FORMAT_COUNT, sizeof names[0], text);
    if (name != NULL)
        error_set(error, "unknown format \"%s\": accepted are %s", name, text);
    else
        error_set(error, "%s: the name does not tell the format: give one of %s",
                  strcmp(path, "-") == 0 ? "standard input" : path, text);
    return ROWSTREAM_USAGE;
}

void reader_locate(struct error *error, uint64_t line, uint64_t record) {
    if (record > 0)
        error_prefix(error, "record %llu: ", (unsigned long long)record);
    if (line > 0)
        error_prefix(error, "line %llu: ", (unsigned long long)line);
}

enum rowstream_status reader_input_failure(const struct input *input, struct error *error) {
    error_set(error, "%s", input->error.text);
    return input->status;
}
