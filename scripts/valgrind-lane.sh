#!/bin/sh
# Runs the lane's tests under valgrind: rings and arena on heap memory, so that an access out of bounds is
# seen. (miri would see more; it needs a nightly toolchain with the miri component.)
set -eu
cd "$(dirname "$0")/.."
# valgrind runs one thread at a time and some thirty times slower: fewer cases.
export PROPTEST_CASES="${PROPTEST_CASES:-8}" HATCHERY_SLOW=1
cargo test -p hatchery-lane --no-run --message-format=json 2>/dev/null |
    sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' |
    while read -r test; do
        # loom tests are empty without loom; valgrind does not know pidfd_open, which the fork test needs.
        case "$test" in */loom_* | */two_processes-*) continue ;; esac
        echo "valgrind: $(basename "$test")"
        # --fair-sched: a test that races two threads must let both run.
        valgrind --quiet --error-exitcode=1 --fair-sched=yes --leak-check=no "$test" --test-threads=1 </dev/null
    done
