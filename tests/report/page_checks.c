#include "page_checks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <libxml/parser.h>
#include <libxml/xpath.h>

struct check {
    const char *folder, *path;
    xmlDocPtr document;
    char *complaint;
};

static bool complain(const struct check *check, const char *what, const char *value) {
    snprintf(check->complaint, COMPLAINT_BYTES, "%s: %s: %.200s", check->path, what, value);
    return false;
}

static xmlDocPtr read_page(const char *folder, const char *path) {
    char *file;
    if (asprintf(&file, "%s/%s", folder, path) < 0)
        abort();
    FILE *from = fopen(file, "rb");
    free(file);
    char *bytes = NULL;
    size_t length = 0;
    if (from == NULL || getdelim(&bytes, &length, EOF, from) < 0) {
        free(bytes);
        return NULL;
    }
    fclose(from);
    xmlDocPtr document = xmlReadMemory(bytes, (int)strlen(bytes), NULL, "UTF-8",
                                       XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    free(bytes);
    return document;
}

static xmlXPathObjectPtr evaluate(xmlDocPtr document, const char *xpath) {
    xmlXPathContextPtr context = xmlXPathNewContext(document);
    xmlXPathObjectPtr found = xmlXPathEvalExpression(BAD_CAST xpath, context);
    xmlXPathFreeContext(context);
    if (found == NULL)
        abort(); /* the expression is wrong */
    return found;
}

static int count_nodes(xmlDocPtr document, const char *xpath) {
    xmlXPathObjectPtr found = evaluate(document, xpath);
    int count = found->nodesetval != NULL ? found->nodesetval->nodeNr : 0;
    xmlXPathFreeObject(found);
    return count;
}

/* Calls `use` with the text of each node, until it returns false. */
static bool each_text(const struct check *check, const char *xpath,
                      bool (*use)(const struct check *check, const char *text)) {
    xmlXPathObjectPtr found = evaluate(check->document, xpath);
    bool good = true;
    for (int i = 0; good && found->nodesetval != NULL && i < found->nodesetval->nodeNr; i++) {
        xmlChar *text = xmlNodeGetContent(found->nodesetval->nodeTab[i]);
        good = use(check, (const char *)text);
        xmlFree(text);
    }
    xmlXPathFreeObject(found);
    return good;
}

/* ---- The rules ---- */

/* What no page may have, and what it must have so many of (-1: any number but none). */
static const struct {
    const char *rule, *xpath;
    int count;
} rules[] = {
    {"a script", "//*[translate(local-name(), 'SCRIPT', 'script') = 'script']", 0},
    {"an inline style", "//@style | //style", 0},
    {"an event handler", "//@*[starts-with(local-name(), 'on')]", 0},
    {"a frame, form or plug-in", "//iframe | //frame | //object | //embed | //form | //base", 0},
    {"a reference by scheme", "//@href[contains(., ':')] | //@src[contains(., ':')]", 0},
    {"a reference to the root",
     "//@href[starts-with(., '/')] | //@src | //@*[local-name() = 'href'][starts-with(., '//')]",
     0},
    {"a reload", "//meta[@http-equiv]", 0},
    {"not one h1", "//h1", 1},
    {"not one main", "//main", 1},
    {"no language", "/html[@lang = 'en']", 1},
    {"no title", "/html/head/title[string-length(.) > 0]", 1},
    {"no character set first", "/html/head/*[1][@charset = 'utf-8']", 1},
    {"no viewport", "//meta[@name = 'viewport']", 1},
    {"a table without a caption", "//table[not(caption)]", 0},
    {"a heading cell without a scope", "//th[not(@scope)]", 0},
    {"a row without its heading cell",
     "//tbody/tr[not(th) and not(../../../../@class = 'figures')]", 0},
    {"a picture without its text",
     "//svg[not(@aria-hidden = 'true') and not(@role = 'img' and title and desc)]", 0},
    {"a section without its heading", "//section[not(@aria-labelledby = h2/@id)]", 0},
    {"a navigation without a name", "//nav[not(@aria-label)]", 0},
    {"a table that cannot scroll", "//table[not(parent::div[@class = 'scroller'])]", 0},
    {"a scroller that the keyboard cannot reach",
     "//div[@class = 'scroller'][not(@tabindex = '0' and @role and @aria-label)]", 0},
    {"an entity that is not resolved", "//text()[contains(., '&amp;lt;')]", 0},
};

static bool check_rules(const struct check *check) {
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        char found[32];
        int count = count_nodes(check->document, rules[i].xpath);
        snprintf(found, sizeof found, "%d", count);
        if (count != rules[i].count)
            return complain(check, rules[i].rule, found);
    }
    return true;
}

static bool id_is_unique(const struct check *check, const char *id) {
    char xpath[256];
    snprintf(xpath, sizeof xpath, "//@id[. = '%s']", id);
    return count_nodes(check->document, xpath) == 1 || complain(check, "an id twice", id);
}

static bool ids_are_there(const struct check *check, const char *ids) {
    char copy[256], *rest = copy;
    snprintf(copy, sizeof copy, "%s", ids);
    for (const char *id = strsep(&rest, " "); id != NULL; id = strsep(&rest, " ")) {
        char xpath[300];
        snprintf(xpath, sizeof xpath, "//@id[. = '%s']", id);
        if (count_nodes(check->document, xpath) != 1)
            return complain(check, "an id that is not there", id);
    }
    return true;
}

/* A reference within the page, or to a file that is there and inside the folder. */
static bool reference_resolves(const struct check *check, const char *reference) {
    struct stat status;
    char *target = NULL, *found = NULL, *top = realpath(check->folder, NULL);
    if (reference[0] == '#') {
        free(top);
        return ids_are_there(check, reference + 1);
    }
    const char *slash = strrchr(check->path, '/');
    if (strchr(reference, '%') == NULL &&
        asprintf(&target, "%s/%.*s%s", check->folder,
                 slash != NULL ? (int)(slash - check->path) + 1 : 0, check->path, reference) > 0)
        found = realpath(target, NULL);
    bool resolves = top != NULL && found != NULL && strncmp(found, top, strlen(top)) == 0 &&
                    found[strlen(top)] == '/' && stat(found, &status) == 0 &&
                    S_ISREG(status.st_mode);
    free(target);
    free(found);
    free(top);
    return resolves || complain(check, "a reference to nothing", reference);
}

bool page_check(const char *folder, const char *path, char complaint[COMPLAINT_BYTES]) {
    struct check check = {folder, path, read_page(folder, path), complaint};
    if (check.document == NULL)
        return complain(&check, "not well-formed", "libxml2 cannot read it");
    bool good = check_rules(&check) && each_text(&check, "//@id", id_is_unique) &&
                each_text(&check, "//@aria-labelledby | //@for", ids_are_there) &&
                each_text(&check, "//@href", reference_resolves);
    xmlFreeDoc(check.document);
    return good;
}

int page_count(const char *folder, const char *path, const char *xpath) {
    xmlDocPtr document = read_page(folder, path);
    int count = document != NULL ? count_nodes(document, xpath) : -1;
    xmlFreeDoc(document);
    return count;
}

char *page_text(const char *folder, const char *path, const char *xpath) {
    xmlDocPtr document = read_page(folder, path);
    if (document == NULL)
        return NULL;
    xmlXPathObjectPtr found = evaluate(document, xpath);
    char *copy = NULL;
    if (found->nodesetval != NULL && found->nodesetval->nodeNr > 0) {
        xmlChar *text = xmlNodeGetContent(found->nodesetval->nodeTab[0]);
        copy = strdup((const char *)text);
        xmlFree(text);
    }
    xmlXPathFreeObject(found);
    xmlFreeDoc(document);
    return copy;
}
