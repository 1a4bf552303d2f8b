# Builds and runs the benchmark, and installs the programs that it compares with into .bx/peers.
# shellcheck shell=bash

PEERS="$BX_HOME/peers"

run_benchmark() {
    need_maven
    lock_set_up
    run_step "Build" "$BX_HOME/log/build-benchmark.log" build_benchmark
    unlock_set_up
    local argument
    for argument in "$@"; do
        if [[ "$argument" == --peers ]]; then
            # A peer that cannot be installed is named in the report as skipped.
            install_peers || say "Not all peers could be installed; the log is $BX_HOME/log/peers.log"
        fi
    done
    export BX_TOOLS_DIR="${BX_TOOLS_DIR:-$TOOLS}"
    cd "$BX_ROOT"
    CLASSPATH="$(ls "$BX_ROOT"/benchmarks/target/benchmarks-*.jar):$(<"$BX_ROOT/benchmarks/target/classpath")"
    export CLASSPATH
    exec "$JAVA_HOME/bin/java" --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
        -Xmx256m -XX:+UseSerialGC "-Dbatchexports.worker.arguments=$BX_ROOT/scripts/worker.args" \
        dev.batchexports.benchmarks.BenchmarkCommand --peers-dir "$PEERS" "$@"
}

build_benchmark() {
    cd "$BX_ROOT"
    "$MAVEN" -B -T 1C -pl benchmarks -am -Dmaven.test.skip=true -Dspotless.check.skip=true package \
        org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath \
        -Dmdep.outputFile=target/classpath -DincludeScope=runtime -Dmdep.pathSeparator=:
}

# The package sling fetches its program when it first runs; sling-linux-amd64 holds it.
install_peers() {
    [[ -f "$PEERS/.installed" ]] && return
    mkdir -p "$BX_HOME/log"
    say "Installing dlt and Sling into .bx/peers ..."
    {
        python3 -m venv "$PEERS" &&
            "$PEERS/bin/pip" install 'dlt[s3,parquet]==1.31.0' 'clickhouse-connect==1.12.0'
        "$PEERS/bin/pip" install 'sling-linux-amd64==1.4.11' &&
            ln -sf "$(find "$PEERS/lib" -name sling-linux-amd64 -type f | head -n 1)" "$PEERS/bin/sling-linux-amd64"
    } >"$BX_HOME/log/peers.log" 2>&1 </dev/null && touch "$PEERS/.installed"
}
