/* Names as the compiler mangled them, made readable. */
#ifndef MEASURE_DEMANGLE_H
#define MEASURE_DEMANGLE_H

/* A C++ or Rust symbol as its source has it, "std::vector<int>::push_back(int const&)"; any other
 * name as it is. The caller frees it; NULL when memory is out. */
char *demangle_name(const char *symbol);

#endif
