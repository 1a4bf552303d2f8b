# Messages and progress of the launcher. All of it goes to standard error: standard output belongs to the command.
# shellcheck shell=bash

say() {
    printf '%s\n' "$*" >&2
}

# One sentence that says what is wrong and what to do, then the end.
fail() {
    clear_status
    printf 'bx: %s\n' "$*" >&2
    exit 1
}

on_terminal() {
    [[ -t 2 && "${TERM:-dumb}" != dumb && -z "${CI:-}" ]]
}

# A line that the next one replaces; only on a terminal.
status() {
    if on_terminal; then
        printf '\r\033[K  %s' "$*" >&2
    fi
}

clear_status() {
    if on_terminal; then
        printf '\r\033[K' >&2
    fi
}

# Jobs that run at the same time. Each is a process group of its own, so that ending it ends all that it started.
declare -A JOB_NAME=() JOB_LOG=()

stop_jobs() {
    local job
    for job in "${!JOB_NAME[@]}"; do
        kill -TERM -- "-$job" 2>/dev/null || true
    done
}
trap 'clear_status; stop_jobs; exit 130' INT
trap 'clear_status; stop_jobs; exit 143' TERM HUP

# start_job <name> <log file> <command...>
start_job() {
    local name="$1" log="$2"
    shift 2
    mkdir -p "$(dirname "$log")"
    set -m
    ("$@") >"$log" 2>&1 </dev/null &
    set +m
    JOB_NAME[$!]="$name"
    JOB_LOG[$!]="$log"
}

# Waits for all jobs and shows what is under way; the first failure ends the launcher.
finish_jobs() {
    local started=$SECONDS shown=$SECONDS job names
    while ((${#JOB_NAME[@]} > 0)); do
        names=""
        for job in "${!JOB_NAME[@]}"; do
            if kill -0 "$job" 2>/dev/null; then
                names+="${names:+, }${JOB_NAME[$job]}"
            else
                finish_job "$job" $((SECONDS - started))
            fi
        done
        if [[ -n "$names" ]]; then
            status "$names ... $((SECONDS - started)) s"
            if ! on_terminal && ((SECONDS - shown >= 20)); then
                say "  $names ... $((SECONDS - started)) s"
                shown=$SECONDS
            fi
            sleep 0.2
        fi
    done
    clear_status
}

finish_job() {
    local job="$1" seconds="$2" name="${JOB_NAME[$1]}" log="${JOB_LOG[$1]}" result=0
    wait "$job" || result=$?
    unset "JOB_NAME[$job]" "JOB_LOG[$job]"
    clear_status
    if ((result != 0)); then
        stop_jobs
        say "  $name failed:"
        { grep -E '^\[ERROR\] .|^\[WARNING\] .*\.java:' "$log" | head -n 20 | grep . || tail -n 20 "$log"; } | sed 's/^/    /' >&2
        fail "$name did not succeed; the details are in $log"
    fi
    say "  $name: done ($seconds s)"
}

# run_step <name> <log file> <command...>: one job, waited for.
run_step() {
    start_job "$@"
    finish_jobs
}

# Only one launcher at a time changes .bx/ and the build; a second one waits for it.
lock_set_up() {
    mkdir -p "$BX_HOME"
    if [[ -n "${BX_LOCKED:-}" ]]; then
        return
    fi
    command -v flock >/dev/null || fail "the command flock is missing: install the package util-linux"
    exec 9>"$BX_HOME/lock"
    if ! flock -n 9; then
        say "Another ./bx is setting up or testing here; waiting for it ..."
        flock 9
    fi
    BX_LOCKED=yes
}

unlock_set_up() {
    if [[ -n "${BX_LOCKED:-}" ]]; then
        exec 9>&-
        BX_LOCKED=""
    fi
}
