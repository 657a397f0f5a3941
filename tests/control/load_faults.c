/* The gate's load work with a fault: load_control FAULT CASE DOCUMENT DATABASE. The fault is the
 * classic one, a document that is read as a whole before the first row goes in, by the library's
 * own function for that. */
#include <jansson.h>
#include <libxml/parser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "load_work.h"

static json_t *json;
static xmlDocPtr xml;
static yaml_document_t yaml;
static bool has_yaml;

static void read_whole(const char *format, const char *document) {
    if (strcmp(format, "json") == 0) {
        json = json_load_file(document, 0, NULL);
    } else if (strcmp(format, "xml") == 0) {
        xml = xmlReadFile(document, NULL, XML_PARSE_NONET | XML_PARSE_HUGE);
    } else {
        yaml_parser_t parser;
        FILE *file = fopen(document, "rb");
        if (file == NULL || yaml_parser_initialize(&parser) == 0)
            exit(1);
        yaml_parser_set_input_file(&parser, file);
        has_yaml = yaml_parser_load(&parser, &yaml) != 0;
        yaml_parser_delete(&parser);
        fclose(file);
    }
    if (json == NULL && xml == NULL && !has_yaml)
        exit(1);
}

static void free_whole(void) {
    json_decref(json);
    xmlFreeDoc(xml);
    if (has_yaml)
        yaml_document_delete(&yaml);
}

static const struct load_fault faults[] = {
    {.name = "document-whole", .begin = read_whole, .end = free_whole},
};

int main(int argc, char **argv) {
    for (size_t i = 0; argc == 5 && i < sizeof faults / sizeof faults[0]; i++)
        if (strcmp(faults[i].name, argv[1]) == 0)
            return load_work_main(argc - 1, argv + 1, &faults[i]);
    fprintf(stderr, "usage: load_control FAULT CASE DOCUMENT DATABASE\n");
    return 2;
}
