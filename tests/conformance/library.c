/* A library that is called demo 1.2.3 by its file alone. */
int demo(void);
int demo(void) {
    return 0;
}
