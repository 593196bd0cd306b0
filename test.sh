#!/usr/bin/env bash
# Everything that has to hold before a change is done: format, build, tests, redis's own test suite.
#
#   ./test.sh           works in a fresh clone; installs the Debian packages that the tests compare with, and ioredis
#   ./test.sh --long    more seeds for the randomized tests
#
# The last line is "N passed, N failed, N skipped"; a phase that fails without tests of its own counts as one failed.
set -u -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
exec </dev/null

for option in "$@"; do
    case $option in
        --long) export TIDELOG_LONG=1 ;;
        *) echo "usage: ./test.sh [--long]" >&2; exit 2 ;;
    esac
done

# No build server outlives this script.
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en
readonly packages=(redis-server redis-tools redis-sentinel tcl python3-redis dpkg-dev)
output=$(mktemp)
trap 'rm -f "$output"' EXIT
passed=0 failed=0 skipped=0

# phase NAME COMMAND...: runs it, shows and keeps its output in $output, prints its seconds.
phase() {
    local name=$1 start=$SECONDS status
    shift
    echo "== $name"
    "$@" 2>&1 | tee "$output"
    status=$?
    echo "== $name: $((SECONDS - start)) s"
    return "$status"
}

finish() {
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ]
    exit
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}

install_packages() {
    local package missing=() services=()
    for package in "${packages[@]}"; do
        if ! dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed'; then
            missing+=("$package")
            case $package in redis-server | redis-sentinel) services+=("$package") ;; esac
        fi
    done
    # Not by package: those of Node's own makers have other names.
    command -v node >/dev/null && command -v npm >/dev/null || missing+=(nodejs npm)
    [ ${#missing[@]} -eq 0 ] && return 0
    echo "installing ${missing[*]}"
    local install=(env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}")
    as_root "${install[@]}" || { as_root apt-get -q update && as_root "${install[@]}"; } || return 1
    # Debian starts what it installs; the tests start servers of their own.
    for package in ${services[@]+"${services[@]}"}; do
        if [ -d /run/systemd/system ]; then
            as_root systemctl disable --now "$package"
        else
            as_root service "$package" stop
        fi
    done
    return 0
}

# The libraries of the client programs, as the lock file names them.
install_clients() {
    (cd tests/Clients && { npm ls --silent >/dev/null 2>&1 || npm ci --no-audit --no-fund; })
}

# Adds up the lines that the test runner prints for each test assembly.
add_unit_results() {
    local lines
    lines=$(grep -oE 'Failed: +[0-9]+, Passed: +[0-9]+, Skipped: +[0-9]+' "$output" | tr -d ',')
    [ -n "$lines" ] || return 1
    while read -r _ bad _ good _ left; do
        passed=$((passed + good)) failed=$((failed + bad)) skipped=$((skipped + left))
    done <<<"$lines"
}

add_suite_results() {
    local line
    line=$(grep -E '^redis-suite: [0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$output" | tail -n 1)
    [ -n "$line" ] || return 1
    read -r _ good _ bad _ left _ <<<"$line"
    passed=$((passed + good)) failed=$((failed + bad)) skipped=$((skipped + left))
}

# tests NAME ADD COMMAND...: a phase whose results ADD sums up; one that fails without a failed test still counts.
tests() {
    local name=$1 add=$2 status before=$failed
    shift 2
    phase "$name" "$@"
    status=$?
    if { ! "$add" || [ "$status" -ne 0 ]; } && [ "$failed" -eq "$before" ]; then
        failed=$((failed + 1))
    fi
}

phase "packages" install_packages || echo "packages are missing: tests that need them will fail"
phase "client libraries" install_clients || echo "ioredis is missing: the tests that use it will fail"
phase "format" dotnet format Engine.sln --verify-no-changes || failed=$((failed + 1))
phase "build" dotnet build Engine.sln -c Release || { failed=$((failed + 1)); finish; }
# A test that hangs is named and ends the run.
tests "unit tests" add_unit_results \
    dotnet test Engine.sln --no-build -c Release --blame-hang-timeout 30m --blame-hang-dump-type none
tests "redis suite" add_suite_results tests/redis-suite/run
finish
