# cmake -DOUTPUT=FILE.c -DFILES=A;B -P Embed.cmake: the contents of files, as the table that
# src/report/html/files.h declares.
set(arrays "")
set(rows "")
foreach(file IN LISTS FILES)
  cmake_path(GET file FILENAME name)
  string(MAKE_C_IDENTIFIER ${name} identifier)
  file(READ ${file} hex HEX)
  string(LENGTH "${hex}" digits)
  math(EXPR bytes "${digits} / 2")
  string(REGEX REPLACE "(..)" "0x\\1," hex "${hex}")
  string(APPEND arrays "static const unsigned char ${identifier}[] = {${hex}};\n")
  string(APPEND rows "    {\"${name}\", ${identifier}, ${bytes}},\n")
endforeach()
file(WRITE ${OUTPUT}
  "#include \"report/html/files.h\"\n${arrays}const struct page_file page_files[] = {\n${rows}    {NULL, NULL, 0}};\n")
