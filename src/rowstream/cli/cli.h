/* The command `rowstream`: its verbs, their options, and how they end. */
#ifndef ROWSTREAM_CLI_CLI_H
#define ROWSTREAM_CLI_CLI_H

/* Runs the command and returns its exit status: 0 done, 2 wrong usage, 1 any other failure. Every
 * failure has put exactly one line on standard error. */
int cli_main(int argc, char **argv);

#endif
