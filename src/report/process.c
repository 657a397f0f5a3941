/* Which of several processes the figures of a result are of, in words. */
#include <string.h>

#include "base/size.h"
#include "report/site_list.h"

enum { WORDS_BYTES_MAX = 80 };

/* The executable, and as many of its arguments as go on the line. */
static void put_words(const struct result_process *process, struct writer *writer) {
    char *const *argument = process->arguments;
    size_t length = strlen(process->program);
    put_plain(writer, process->program);
    for (argument += argument != NULL && *argument != NULL; argument != NULL && *argument != NULL;
         argument++) {
        length += 1 + strlen(*argument);
        put(writer, " ");
        if (length > WORDS_BYTES_MAX) {
            put(writer, "...");
            return;
        }
        put_shell(writer, *argument);
    }
}

void report_process(const struct result *result, struct writer *writer) {
    const struct result_process *process = &result->process;
    char count[SIZE_TEXT_BYTES], bytes[SIZE_TEXT_BYTES];
    if (process->program == NULL || process->others == 0)
        return;
    const char *slash = strrchr(process->program, '/');
    put(writer, "  these are of     ");
    put_words(process, writer);
    if (process->chosen_by != NULL) {
        put(writer, " (--process ");
        put_shell(writer, process->chosen_by);
        put(writer, ")");
    }
    put(writer, ", beside %s other process%s\n", count_format(process->others, count),
        process->others > 1 ? "es" : "");
    if (process->busier == NULL)
        return;
    put(writer, "  note: ");
    put_plain(writer, process->busier);
    put(writer, " did more work than ");
    put_plain(writer, slash != NULL ? slash + 1 : process->program);
    put(writer, " (it allocated %s in %s calls); its own figures: --process ",
        size_format_exact(process->busier_allocated_bytes, bytes),
        count_format(process->busier_allocations, count));
    put_shell(writer, process->busier);
    put(writer, "\n");
}
