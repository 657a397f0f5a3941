#!/bin/sh
# Memory that no heap explains: a budget of the heap is refused (status 3), one that names it is not,
# and without any it is told. What is the heap's, however much it costs, is not refused.
# usage: outside.sh HEAPGATE TAKER
set -u
heapgate=$1
taker=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
failed=0
passed=0

# expect STATUS WHAT-IT-SAYS COMMAND...: what heapgate run says is kept in $folder/said
expect() {
    wanted=$1 text=$2
    shift 2
    # one run measures a case but once
    HEAPGATE_RUN_ID=outside-$((passed + failed)) timeout 120 "$heapgate" "$@" >"$folder/out" 2>"$folder/said"
    status=$?
    if [ $status -eq "$wanted" ] && { [ -z "$text" ] || grep -qF "$text" "$folder/said"; }; then
        passed=$((passed + 1))
        return
    fi
    failed=$((failed + 1))
    echo "FAILED: heapgate $*: status $status, wanted $wanted and \"$text\""
    cat "$folder/said"
}

budget() {
    printf 'schema: 1\ncases:\n  taker: { %s }\n' "$1" >g.yaml
}

more='more than its heap explains'
for mode in raw raw-and-back raw-to-the-end; do
    expect 3 "$more (it mapped 0 B itself)" run --max 1MiB -- "$taker" $mode
    expect 3 "$more" run --interval 0 --max 1MiB -- "$taker" $mode
done
for mode in child before-exec mapped; do
    expect 3 "$more" run --max 2MiB -- "$taker" $mode
done
expect 3 'name rss in the budget' run --max 1MiB -- "$taker" raw
expect 3 'name mapped or rss in the budget' run --max 1MiB -- "$taker" mapped
expect 3 "$more" run --engine profile --max 1MiB -- "$taker" raw

# A result says the same later.
budget 'peak: 1 MiB'
expect 3 "$more" run --case g/taker --budgets g.yaml -- "$taker" raw
expect 3 '' check --budgets g.yaml
grep -qF "$more" "$folder/out" || { echo "FAILED: check does not say why"; failed=$((failed + 1)); }
budget 'peak: 1 MiB, rss: 200 MiB'
expect 0 'within budget' run --case g/taker --budgets g.yaml -- "$taker" raw
budget 'peak: 1 MiB, rss: 50 MiB'
expect 1 'OVER' run --case g/taker --budgets g.yaml -- "$taker" raw
# What a budget of mapped memory holds is not refused; what went past it is.
budget 'peak: 1 MiB, mapped: 100003840'
expect 0 'within budget' run --case g/taker --budgets g.yaml -- "$taker" mapped
expect 3 'name rss in the budget' run --case g/taker --budgets g.yaml -- "$taker" raw
budget 'peak: 1 MiB, mapped: 100003839'
expect 1 '100,003,840 B' run --case g/taker --budgets g.yaml -- "$taker" mapped
# What may open nothing on its way out is not killed for it.
expect 0 "mapped                200,007,680 B" run -- "$taker" sealed
# A budget of mapped memory holds that of the process whose figures are judged, and of no other.
budget 'peak: 2 MiB, mapped: 200 MiB'
expect 3 "name rss in the budget" run --case g/taker --budgets g.yaml -- "$taker" child-maps
# Without a budget nothing is judged.
expect 0 "note: taker had" run -- "$taker" raw
expect 0 "mapped                100,003,840 B" run -- "$taker" mapped

for mode in ones ones-and-fork pieces freed-and-fork arenas file; do
    expect 0 'within budget' run --max 1GiB -- "$taker" $mode
done

# Every view has the metric.
rm -r heapgate-results
budget 'peak: 1 MiB, mapped: 100 MiB'
expect 0 '' run --case g/taker --budgets g.yaml -- "$taker" mapped
expect 0 '' update --budgets g.yaml --raise
budget 'peak: 1 MiB, mapped: 1 MiB'
for view in text:'mapped, by count' markdown:mapped junit:mapped github:mapped \
    openmetrics:heapgate_mapped_bytes bmf:count-mapped-bytes; do
    expect 1 '' check --format "${view%%:*}" --budgets g.yaml
    grep -qF "${view#*:}" "$folder/out" ||
        { echo "FAILED: no ${view#*:} in ${view%%:*}"; failed=$((failed + 1)); }
done
expect 0 '' report --budgets g.yaml --out pages
grep -rq mapped pages || { echo "FAILED: no mapped in the pages"; failed=$((failed + 1)); }
expect 0 '' update --budgets g.yaml --raise
grep -q 'mapped: 96 MiB' g.yaml ||
    { echo "FAILED: the budget was not raised"; cat g.yaml; failed=$((failed + 1)); }

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
