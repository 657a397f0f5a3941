/* A library of which there are two builds. */
int plugin_version(void);

__attribute__((visibility("default"))) int plugin_version(void) {
    return VERSION;
}
