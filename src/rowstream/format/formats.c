/* Every format there is, and how it is chosen. */
#include <string.h>
#include <strings.h>

#include "rowstream/core/names.h"
#include "rowstream/format/document.h"
#include "rowstream/format/reader.h"

static const struct {
    const struct document_format *document;
    const struct reader_format *reader;
} formats[] = {
    {&document_json, &reader_json},
    {&document_xml, &reader_xml},
    {&document_yaml, &reader_yaml},
};

enum { FORMAT_COUNT = sizeof formats / sizeof formats[0] };

/* ---- To be written ---- */

void document_setup(void) {
    for (size_t i = 0; i < FORMAT_COUNT; i++)
        if (formats[i].document->setup != NULL)
            formats[i].document->setup();
}

void document_cleanup(void) {
    for (size_t i = 0; i < FORMAT_COUNT; i++)
        if (formats[i].document->cleanup != NULL)
            formats[i].document->cleanup();
}

enum rowstream_status document_find(const struct document_format **format, const char *name,
                                    struct error *error) {
    const char *names[FORMAT_COUNT];
    for (size_t i = 0; i < FORMAT_COUNT; i++) {
        names[i] = formats[i].document->name;
        if (strcmp(names[i], name) == 0) {
            *format = formats[i].document;
            return ROWSTREAM_OK;
        }
    }
    char text[NAMES_TEXT_BYTES];
    error_set(error, "unknown format \"%s\": accepted are %s", name,
              names_list(names, FORMAT_COUNT, sizeof names[0], text));
    return ROWSTREAM_USAGE;
}

static const struct {
    const char *name;
    bool tree;
} modes[] = {{"stream", false}, {"tree", true}};

enum { MODE_COUNT = sizeof modes / sizeof modes[0] };

enum rowstream_status document_find_mode(bool *tree, const char *name, struct error *error) {
    for (size_t i = 0; i < MODE_COUNT; i++) {
        if (strcmp(modes[i].name, name) == 0) {
            *tree = modes[i].tree;
            return ROWSTREAM_OK;
        }
    }
    char text[NAMES_TEXT_BYTES];
    error_set(error, "unknown document mode \"%s\": accepted are %s", name,
              names_list(&modes[0].name, MODE_COUNT, sizeof modes[0], text));
    return ROWSTREAM_USAGE;
}

/* ---- To be read ---- */

void reader_setup(void) {
    for (size_t i = 0; i < FORMAT_COUNT; i++)
        if (formats[i].reader->setup != NULL)
            formats[i].reader->setup();
}

void reader_cleanup(void) {
    for (size_t i = 0; i < FORMAT_COUNT; i++)
        if (formats[i].reader->cleanup != NULL)
            formats[i].reader->cleanup();
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
        names[i] = formats[i].reader->name;
        if (name != NULL ? strcmp(names[i], name) == 0 : has_extension(formats[i].reader, path)) {
            *format = formats[i].reader;
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
