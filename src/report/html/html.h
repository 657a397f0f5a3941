/* The report as a folder of pages: what `heapgate report` writes. The parts below are its pages. */
#ifndef REPORT_HTML_HTML_H
#define REPORT_HTML_HTML_H

#include "gate/judged.h"
#include "report/html/page.h"
#include "report/html/rows.h"
#include "report/view.h"

struct html_request {
    struct report_options options; /* the budgets' and the results' places, as commands name them */
    const char *out;               /* the folder */
    const char *glob;              /* only the cases that match, or NULL */
    const char *run;               /* only results of this run are taken; NULL: of what is there */
};

/* Judges every result of `options.results` and writes the report whole: it is made beside `out` and
 * takes its place at the end. A folder there that is neither empty nor a report is left alone,
 * which is HEAPGATE_USAGE; results that cannot be read, or none, are HEAPGATE_INVALID, and so are,
 * in a report that is written, without an error, results of something else than what is there.
 * `summary` gets "12 cases: 11 within budget, 1 over". */
enum heapgate_status html_report(const struct heapgate_budgets *budgets,
                                 const struct html_request *request, char *summary,
                                 size_t summary_bytes, struct error *error);

/* The name of a case's page in the report, which the caller frees; NULL when memory is out. Two
 * cases never have the same. */
char *html_case_path(const char *case_key);

/* Writes a case's page below `folder`. */
bool html_case_page(const char *folder, const struct judged_case *judged,
                    const struct report_options *options, struct error *error);

/* Writes index.html and the other orders of the overview. Sorts the rows. */
bool html_overview(const char *folder, struct case_rows *rows, struct error *error);
/* "12 cases: 11 within budget, 1 over". */
void html_summary(const struct case_rows *rows, char *text, size_t text_bytes);

/* Every verdict: its class in the style sheet, and its name after a number of cases. */
struct html_verdict_words {
    enum heapgate_status status;
    const char *class, *counted;
};
enum { HTML_VERDICTS = 5 };
extern const struct html_verdict_words html_verdicts[HTML_VERDICTS];
size_t html_verdict_count(const struct case_rows *rows, enum heapgate_status status);
/* A verdict as a word in a frame. */
void html_verdict(struct page *page, enum heapgate_status status);
/* What is left below the limit, or how far over it is: "2.0% (1.1 MiB)", "505 times the limit". */
const char *html_room(const struct budget_row *bounds, char *text, size_t text_bytes);

/* The sections of a case's page that plot: each writes nothing where there is nothing to show. */
void html_case_growth(struct page *page, const struct judged_case *judged);
void html_case_timeline(struct page *page, const struct judged_case *judged);
void html_case_phases(struct page *page, const struct result *result);
void html_case_sites(struct page *page, const struct result *result);
void html_case_snapshots(struct page *page, const struct result *result);

#endif
