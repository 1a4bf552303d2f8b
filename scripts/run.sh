# Runs the program and the tests.
# shellcheck shell=bash

run_java() {
    local main_class=dev.batchexports.server.Main
    # A dump of the memory would hold secrets in the clear.
    local options=(-XX:+ExitOnOutOfMemoryError -XX:-HeapDumpOnOutOfMemoryError -XX:-CreateCoredumpOnCrash)
    local program=(
        --enable-native-access=ALL-UNNAMED
        --add-opens=java.base/java.nio=ALL-UNNAMED
        --sun-misc-unsafe-memory-access=allow
    )
    case "$1" in
        # The demo is over before the second compiler would pay off.
        demo) options+=("${program[@]}" -Xmx320m -XX:TieredStopAtLevel=1) ;;
        dev | server) options+=("${program[@]}" -Xmx320m) ;;
        worker)
            options+=("${program[@]}" "@$BX_ROOT/scripts/worker.args")
            # The heap holds what transfers may hold, and 84 MB besides.
            if [[ "${BX_WORKER_MEMORY_BYTES:-}" =~ ^[0-9]{8,12}$ ]]; then
                options+=("-Xmx$((BX_WORKER_MEMORY_BYTES / 1048576 + 84))m")
            fi
            # Threads that share two heaps of the C library leave less unused memory in them than 16.
            export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-2}"
            ;;
        chaos)
            main_class=dev.batchexports.endtoend.Chaos
            options+=("${program[@]}" -Xmx768m "-Dbatchexports.endtoend.folder=$BX_HOME/chaos")
            ;;
        # Clients are over at once. An archive of the classes they load, made when the first one ends, lets them start
        # quickly; what Java has to say about the archive must not get between the lines of a result.
        *) options+=(
            -Xmx192m -XX:TieredStopAtLevel=1 -Xlog:disable
            -XX:+AutoCreateSharedArchive "-XX:SharedArchiveFile=$APP/$fingerprint/client.jsa"
        ) ;;
    esac
    # Upload buffers are large arrays in a small heap: the serial collector has the smallest footprint and, unlike G1,
    # no regions that such arrays fragment.
    if [[ "${BX_JAVA_OPTS:-}" != *-XX:+Use*GC* ]]; then
        options+=(-XX:+UseSerialGC)
    fi
    local extra=()
    read -r -a extra <<<"${BX_JAVA_OPTS:-}"
    export BX_TOOLS_DIR="${BX_TOOLS_DIR:-$TOOLS}"
    export BX_DATA_DIR="${BX_DATA_DIR:-$BX_HOME/data}"
    export BX_WEB_DIRECTORY="${BX_WEB_DIRECTORY:-$APP/$fingerprint/ui}"
    local classpath
    classpath="$(tr '\n' ':' <"$APP/$fingerprint/classpath")"
    export CLASSPATH="${classpath%:}"
    unlock_set_up
    if [[ "$1" == chaos ]]; then
        shift
    fi
    exec "$JAVA_HOME/bin/java" "${options[@]}" "${extra[@]}" "$main_class" "$@"
}

# Runs all tests of all modules and ends with one line: N passed, N failed, N skipped.
run_tests() {
    local result=0
    lock_set_up
    need_maven
    touch "$BX_HOME/tests-started"
    # Arguments choose among the tests that Maven runs; without any, those of the web UI run as well.
    if (($# == 0)); then
        need_node
        need_chromium
        run_step "Web UI" "$BX_HOME/log/build-ui.log" build_ui
        run_ui_tests || result=$?
    fi
    cd "$BX_ROOT"
    set -m
    # Three modules side by side: most tests wait for components, and those of the destinations need not wait for each
    # other.
    "$MAVEN" -B -T 3 -fae verify "$@" </dev/null &
    set +m
    local maven=$!
    JOB_NAME[$maven]="Tests"
    wait "$maven" || result=$?
    unset "JOB_NAME[$maven]"
    # Maven ends with control characters and no line end.
    echo
    if (($# == 0)); then
        run_browser_tests || result=$?
    fi
    summarise_tests
    exit "$result"
}

run_ui_tests() {
    cd "$BX_ROOT/ui"
    npm run --silent lint && npm run --silent test && node --test "$BX_ROOT/scripts/audit.test.mjs"
}

# Against the product as ./bx dev starts it. Screenshots are in ui/target/screenshots.
run_browser_tests() {
    set_up_build
    cd "$BX_ROOT/ui"
    npm run --silent e2e
}

summarise_tests() {
    find "$BX_ROOT" \( -name .git -o -name .bx -o -name node_modules \) -prune -o -type f \
        \( -path '*/surefire-reports/TEST-*.xml' -o -path '*/failsafe-reports/TEST-*.xml' \) -newer "$BX_HOME/tests-started" -print0 |
        xargs -0 -r grep -ho '<testsuite [^>]*>' |
        awk '
            function count(name) { return match($0, " " name "=\"[0-9]+\"") ? substr($0, RSTART + length(name) + 3) + 0 : 0 }
            { tests += count("tests"); failed += count("failures") + count("errors"); skipped += count("skipped") }
            END { printf "%d passed, %d failed, %d skipped\n", tests - failed - skipped, failed, skipped }'
}
