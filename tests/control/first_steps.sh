#!/bin/sh
# The first things that somebody types: a look at a program, a case of it, a report, its budget. What is
# only looked at never stands in the way of what has a budget, and nothing passes for want of one.
# usage: first_steps.sh HEAPGATE ROWSTREAM
set -u
heapgate=$1 rowstream=$2
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
failed=0

# expect STATUS TEXT COMMAND...: its status, and a text in what it says.
expect() {
    status=$1 text=$2
    shift 2
    "$@" >said 2>&1 </dev/null
    found=$?
    if [ $found -ne "$status" ] || ! grep -qF -- "$text" said; then
        echo "FAULT: $*: status $found, wanted $status and \"$text\":"
        cat said
        failed=1
    fi
}

for command in "$heapgate" "$rowstream"; do
    name=$(basename "$command")
    for word in --help -h help; do
        expect 0 "usage: $name" "$command" $word
    done
    expect 0 "$name 0." "$command" --version
    expect 0 "$name 0." "$command" -V
    expect 2 'unknown verb "hepl"' "$command" hepl
    expect 2 'unknown verb "dmup"' "$command" help dmup
done
expect 0 'usage: heapgate check' "$heapgate" help check
expect 0 'usage: rowstream dump' "$rowstream" help dump

expect 0 'heapgate: unnamed/sort' "$heapgate" run -- sort /dev/null
expect 0 '1 case: 1 measured, without a budget' "$heapgate" report
expect 0 'no failure' sh -c '! grep -rq "Why, and what" heapgate-report && echo no failure'
expect 2 'budgets: cannot read the budgets' "$heapgate" check
expect 2 'elsewhere: cannot read the budgets' "$heapgate" report --budgets elsewhere
expect 2 'budgets: cannot read the budgets' "$heapgate" report --budgets budgets
expect 2 'the group unnamed is of what is run without --case' "$heapgate" run --case unnamed/x -- true

# No budget yet, and none that could be held to anything.
mkdir budgets
printf 'schema: 1\ncases:\n' >budgets/app.yaml
expect 3 'no results of cases' "$heapgate" check
expect 3 'no results: expected what heapgate run writes' "$heapgate" update --raise
expect 0 'heapgate: app/sort' "$heapgate" run --case app/sort -- sort /dev/null
expect 3 '1 case: 1 invalid' "$heapgate" check

# Into a bare "cases:", with what was only looked at beside it.
expect 0 'app/sort peak none' "$heapgate" update --raise
expect 0 '1 case: 1 within budget' "$heapgate" check
expect 0 '1 case: 1 within budget' "$heapgate" check --case '*'
expect 0 '1 case: 1 within budget' "$heapgate" report
expect 0 '  sort:' cat budgets/app.yaml

# Asked for by its name it is told of, and is no pass.
expect 3 'unnamed/sort' "$heapgate" check --case 'unnamed/*'
expect 2 'run it again with --case GROUP/NAME' "$heapgate" update --raise --case 'unnamed/*'
printf 'schema: 1\ncases: { sort: { peak: 1 MiB } }\n' >budgets/unnamed.yaml
expect 3 'a budget without a result' "$heapgate" check

# Cases that are not there yet stand where the bare word does, whatever follows.
rm budgets/unnamed.yaml
printf 'schema: 1\ncases:   # none yet\ndefaults: { live: 0 B }' >budgets/app.yaml
expect 0 'app/sort peak none' "$heapgate" update --raise
expect 0 '1 case: 1 within budget' "$heapgate" check
printf 'schema: 1\ncases: ""\n' >budgets/app.yaml
expect 2 'cases is a value: expected a mapping of cases' "$heapgate" check
exit $failed
