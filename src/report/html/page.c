/* Pages are XML which is also HTML. Elements that HTML knows to be
 * empty close themselves ("<br/>"), all others have an end tag, and there is no XML declaration:
 * browsers would take it for a comment, XML parsers do without. */
#include "report/html/page.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/file.h"
#include "report/escape.h"
#include "report/html/files.h"
#include "report/html/xml.h"

enum { DEPTH_MAX = 512, TEXT_BYTES_MAX = 64 << 20 };

struct page {
    int fd;
    char *file;       /* the page's path, for messages */
    const char *path; /* the part of it that is inside the report */
    struct xml *xml;
    struct buffer text; /* one text at a time, made visible */
    const char *open[DEPTH_MAX];
    size_t depth;
    bool failed;
    int reason; /* errno of the first failure, or 0 */
};

/* ---- Elements ---- */

static void check(struct page *page, bool good) {
    if (good || page->failed)
        return;
    page->failed = true;
    page->reason = errno;
}

void page_fail(struct page *page) {
    errno = ENOMEM;
    check(page, false);
}

void html_open(struct page *page, const char *element, const char *class) {
    check(page, page->depth < DEPTH_MAX);
    if (page->failed)
        return;
    page->open[page->depth++] = element;
    check(page, xml_start(page->xml, element));
    if (class != NULL)
        html_attribute(page, "class", class);
}

static bool is_void(const char *element) {
    static const char *const names[] = {"meta", "link", "br", "hr", "wbr", "img", NULL};
    for (size_t i = 0; names[i] != NULL; i++)
        if (strcmp(names[i], element) == 0)
            return true;
    return false;
}

void html_close(struct page *page) {
    if (page->failed)
        return;
    check(page, page->depth > 0 && xml_end(page->xml, is_void(page->open[--page->depth])));
}

/* The text as a page shows it; NULL after a failure. */
static const char *visible(struct page *page, const char *text) {
    struct writer writer = {.buffer = &page->text};
    buffer_clear(&page->text);
    put_visible(&writer, text);
    check(page, !writer.failed);
    return page->failed ? NULL : page->text.length > 0 ? page->text.bytes : "";
}

void html_attribute(struct page *page, const char *name, const char *value) {
    value = visible(page, value);
    if (value != NULL)
        check(page, xml_attribute(page->xml, name, value));
}

void html_text(struct page *page, const char *text) {
    text = visible(page, text);
    if (text != NULL)
        check(page, xml_text(page->xml, text));
}

/* Calls `use` with what the format gives. */
#define FORMATTED(page, format, use)                                                               \
    do {                                                                                           \
        char *formatted = NULL;                                                                    \
        va_list arguments;                                                                         \
        va_start(arguments, format);                                                               \
        check(page, vasprintf(&formatted, format, arguments) >= 0);                                \
        va_end(arguments);                                                                         \
        if (!(page)->failed)                                                                       \
            use;                                                                                   \
        free(formatted);                                                                           \
    } while (0)

void html_attributef(struct page *page, const char *name, const char *format, ...) {
    FORMATTED(page, format, html_attribute(page, name, formatted));
}

void html_textf(struct page *page, const char *format, ...) {
    FORMATTED(page, format, html_text(page, formatted));
}

void html_leaf(struct page *page, const char *element, const char *class, const char *text) {
    html_open(page, element, class);
    html_text(page, text);
    html_close(page);
}

void html_leaff(struct page *page, const char *element, const char *class, const char *format,
                ...) {
    FORMATTED(page, format, html_leaf(page, element, class, formatted));
}

/* Bytes that mean something in a reference or a page are written as %XX. */
static bool append_reference(struct buffer *to, const char *path) {
    for (; *path != '\0'; path++) {
        static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                    "/-_.~=#";
        if (!(strchr(plain, *path) != NULL ? buffer_append(to, path, 1)
                                           : buffer_printf(to, "%%%02X", (unsigned char)*path)))
            return false;
    }
    return true;
}

void html_reference(struct page *page, const char *attribute, const char *path) {
    struct buffer reference = BUFFER_INIT(64 << 10);
    bool appended = true;
    for (const char *at = page->path; appended && (at = strchr(at, '/')) != NULL; at++)
        appended = buffer_append_text(&reference, "../");
    appended = appended && append_reference(&reference, path);
    check(page, appended);
    if (appended)
        html_attribute(page, attribute, reference.bytes);
    buffer_fini(&reference);
}

/* ---- What pages are made of ---- */

void html_section(struct page *page, const char *id, const char *heading) {
    html_open(page, "section", NULL);
    html_attributef(page, "aria-labelledby", "%s", id);
    html_open(page, "h2", NULL);
    html_attribute(page, "id", id);
    html_text(page, heading);
    html_close(page);
}

void html_scroller(struct page *page, const char *name) {
    html_open(page, "div", "scroller");
    html_attribute(page, "tabindex", "0");
    html_attribute(page, "role", "group");
    html_attribute(page, "aria-label", name);
}

void html_table(struct page *page, const char *caption, const char *const *columns) {
    html_scroller(page, caption);
    html_open(page, "table", NULL);
    html_leaf(page, "caption", NULL, caption);
    html_open(page, "thead", NULL);
    html_open(page, "tr", NULL);
    for (; *columns != NULL; columns++) {
        bool number = **columns == '#';
        html_open(page, "th", number ? "number" : NULL);
        html_attribute(page, "scope", "col");
        html_text(page, *columns + number);
        html_close(page);
    }
    html_close(page);
    html_close(page);
    html_open(page, "tbody", NULL);
}

void html_table_end(struct page *page) {
    html_close(page);
    html_close(page);
    html_close(page);
}

void html_number(struct page *page, const char *text) {
    html_leaf(page, "td", "number", text);
}

/* ---- The page ---- */

static void write_meta(struct page *page, const char *name, const char *content) {
    html_open(page, "meta", NULL);
    html_attribute(page, "name", name);
    html_attribute(page, "content", content);
    html_close(page);
}

static void write_link(struct page *page, const char *relation, const char *path,
                       const char *type) {
    html_open(page, "link", NULL);
    html_attribute(page, "rel", relation);
    html_attribute(page, "type", type);
    html_reference(page, "href", path);
    html_close(page);
}

static void write_head(struct page *page, const struct page_head *head) {
    html_open(page, "head", NULL);
    html_open(page, "meta", NULL);
    html_attribute(page, "charset", "utf-8");
    html_close(page);
    write_meta(page, "viewport", "width=device-width, initial-scale=1");
    write_meta(page, "color-scheme", "light dark");
    html_leaff(page, "title", NULL, "%s: heapgate", head->title);
    write_link(page, "icon", "icon.svg", "image/svg+xml");
    write_link(page, "stylesheet", "style.css", "text/css");
    html_close(page);
}

static void begin(struct page *page, const struct page_head *head) {
    check(page, xml_doctype(page->xml, "html"));
    html_open(page, "html", NULL);
    html_attribute(page, "lang", "en");
    write_head(page, head);
    html_open(page, "body", NULL);
    html_open(page, "a", "skip");
    html_attribute(page, "href", "#main");
    html_text(page, "Skip to the content");
    html_close(page);
    html_open(page, "header", NULL);
    if (head->trail != NULL) {
        html_open(page, "nav", NULL);
        html_attribute(page, "aria-label", "Report");
        html_open(page, "a", NULL);
        html_reference(page, "href", "index.html");
        html_text(page, head->trail);
        html_close(page);
        html_close(page);
    }
    html_leaf(page, "h1", NULL, head->title);
    html_close(page);
    html_open(page, "main", NULL);
    html_attribute(page, "id", "main");
}

static void end(struct page *page) {
    html_close(page);
    html_leaf(page, "footer", NULL,
              "heapgate " HEAPGATE_VERSION ". Bytes are requested bytes: what the program asked "
              "for, to the byte. 1 KiB is 1024 B.");
    html_close(page);
    html_close(page);
}

static void page_free(struct page *page) {
    if (page->fd >= 0)
        close(page->fd);
    buffer_fini(&page->text);
    free(page->file);
    free(page);
}

struct page *page_open(const struct page_head *head, struct error *error) {
    struct page *page = calloc(1, sizeof *page);
    if (page == NULL || asprintf(&page->file, "%s/%s", head->folder, head->path) < 0) {
        error_set(error, "%s: out of memory", head->path);
        free(page);
        return NULL;
    }
    page->fd = -1;
    page->path = page->file + strlen(head->folder) + 1;
    page->text = (struct buffer)BUFFER_INIT(TEXT_BYTES_MAX);
    if (!file_make_parents(page->file, error))
        goto failed;
    page->fd = open(page->file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (page->fd < 0) {
        error_set(error, "%s: cannot write: %s", page->file, strerror(errno));
        goto failed;
    }
    page->xml = xml_open(page->fd, error);
    if (page->xml == NULL) {
        error_prefix(error, "%s: cannot write: ", page->file);
        goto failed;
    }
    begin(page, head);
    return page;
failed:
    page_free(page);
    return NULL;
}

bool page_close(struct page *page, struct error *error) {
    end(page);
    check(page, page->depth == 0);
    bool closed = xml_close(page->xml);
    check(page, closed);
    closed = !page->failed;
    if (!closed)
        error_set(error, "%s: cannot write: %s", page->file,
                  page->reason != 0 ? strerror(page->reason) : "the page is not well-formed");
    page_free(page);
    return closed;
}

bool page_write_files(const char *folder, struct error *error) {
    for (size_t i = 0; page_files[i].name != NULL; i++) {
        char *path;
        if (asprintf(&path, "%s/%s", folder, page_files[i].name) < 0) {
            error_set(error, "%s: out of memory", folder);
            return false;
        }
        bool written = file_write(path, page_files[i].bytes, page_files[i].length, error);
        free(path);
        if (!written)
            return false;
    }
    return true;
}
