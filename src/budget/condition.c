/* Conditions on the environment: `sqlite: ">=3.45"`, `arch: aarch64`, `libc: "<2.38"`.
 *
 * Versions are compared number by number, so that 3.9 is older than 3.45, and a missing part is 0.
 * A value may carry words around its version, as "glibc 2.36" and "2.36-9+deb12u4" do: the version
 * is the first number in it and what is joined to that with dots. If the condition has words
 * before its version (">= glibc 2.36"), the value must begin with the same. */
#include "budget/set.h"

#include <string.h>

#define DIGITS "0123456789"

static const struct comparison {
    const char *sign;
    bool less, equal, greater; /* what satisfies it */
} comparisons[] = {
    /* the longer signs first */
    {"<=", true, true, false}, {">=", false, true, true}, {"<", true, false, false},
    {">", false, false, true}, {"=", false, true, false},
};

static const struct comparison *find_comparison(const char *condition) {
    for (size_t i = 0; i < sizeof comparisons / sizeof comparisons[0]; i++)
        if (strncmp(condition, comparisons[i].sign, strlen(comparisons[i].sign)) == 0)
            return &comparisons[i];
    return NULL;
}

/* What follows the sign and spaces. */
static const char *operand(const struct comparison *comparison, const char *condition) {
    const char *at = condition + strlen(comparison->sign);
    return at + strspn(at, " ");
}

static uint64_t next_part(const char **version) {
    uint64_t part = 0;
    const char *at = *version;
    for (; *at >= '0' && *at <= '9'; at++)
        if (__builtin_mul_overflow(part, UINT64_C(10), &part) ||
            __builtin_add_overflow(part, (uint64_t)(*at - '0'), &part))
            part = UINT64_MAX;
    if (at[0] == '.' && at[1] >= '0' && at[1] <= '9')
        at++;
    else
        at += strlen(at); /* what is behind the version does not count */
    *version = at;
    return part;
}

static int compare_versions(const char *left, const char *right) {
    while (*left != '\0' || *right != '\0') {
        uint64_t a = next_part(&left), b = next_part(&right);
        if (a != b)
            return a < b ? -1 : 1;
    }
    return 0;
}

bool condition_valid(const char *condition, struct error *error) {
    const struct comparison *comparison = find_comparison(condition);
    if (condition[0] != '\0' &&
        (comparison == NULL || strpbrk(operand(comparison, condition), DIGITS) != NULL))
        return true;
    error_set(error,
              "\"%s\" is not a condition: expected the exact text, or < <= > >= = and a version "
              "(such as \">=3.45\")",
              condition);
    return false;
}

const char *condition_unknown(const char *name, const char *condition, const char *value) {
    static const char *const own[] = {"arch", "libc", "distribution", "compiler", "control"};
    static const char file[] = "file ";
    for (size_t i = 0; value == NULL && i < sizeof own / sizeof own[0]; i++)
        if (strcmp(name, own[i]) == 0)
            return NULL;
    if (value == NULL)
        return "which this result's environment does not have";
    if (strncmp(value, file, strlen(file)) == 0 && strstr(condition, file) == NULL)
        return "of which only the number in the file's name is known, not the release";
    return NULL;
}

bool condition_holds(const char *condition, const char *value) {
    const struct comparison *comparison = find_comparison(condition);
    if (value == NULL)
        return false;
    if (comparison == NULL)
        return strcmp(condition, value) == 0;
    const char *wanted = operand(comparison, condition);
    size_t words = strcspn(wanted, DIGITS);
    if (strncmp(wanted, value, words) != 0)
        return false;
    const char *version = strpbrk(value, DIGITS);
    if (version == NULL)
        return false;
    int order = compare_versions(version, wanted + words);
    return order < 0 ? comparison->less : order > 0 ? comparison->greater : comparison->equal;
}
