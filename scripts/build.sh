# Builds when a source has changed, and keeps what a run needs in .bx/app/<fingerprint>: a build in the working tree
# never pulls a jar away under a running server.
# shellcheck shell=bash

APP="$BX_HOME/app"

# Builds a module and those it needs: the server, unless another one is named.
set_up_build() {
    module="${1:-server}"
    fingerprint="$(source_fingerprint)-$module"
    if build_is_current; then
        return
    fi
    lock_set_up
    fingerprint="$(source_fingerprint)-$module"
    if ! build_is_current; then
        need_maven
        need_node
        start_job "Build" "$BX_HOME/log/build.log" build
        start_job "Web UI" "$BX_HOME/log/build-ui.log" build_ui
        finish_jobs
        keep_application
    fi
    unlock_set_up
}

# Every file that can change the program, by content: neither a checkout nor a touch causes a build.
source_fingerprint() {
    (
        cd "$BX_ROOT"
        find . \( -name .git -o -name .bx -o -name target -o -name node_modules -o -path ./ui/dist -o -path ./ui/e2e -o -path './*/src/test' \) -prune -o \
            -type f \( -name pom.xml -o -path '*/src/main/*' -o -path './ui/*' -o -path './.mvn/*' -o -path './scripts/build.sh' \) -print0 |
            LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c 1-16
    )
}

build_is_current() {
    local jar
    [[ -f "$APP/$fingerprint/classpath" ]] || return 1
    while read -r jar; do
        [[ -f "$jar" ]] || return 1
    done <"$APP/$fingerprint/classpath"
}

build() {
    cd "$BX_ROOT"
    "$MAVEN" -B -T 1C -pl "$module" -am -Dmaven.test.skip=true -Dspotless.check.skip=true package \
        org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath \
        -Dmdep.outputFile=target/classpath -DincludeScope=runtime -Dmdep.pathSeparator=:
}

build_ui() {
    cd "$BX_ROOT/ui"
    install_ui_packages
    npm run --silent build
}

# npm ci takes a while and starts from nothing: only when the lock file is not the one that it was done for.
install_ui_packages() {
    local wanted
    wanted="$(sha256sum <package-lock.json)"
    if [[ "$(cat node_modules/.installed 2>/dev/null)" != "$wanted" ]]; then
        npm ci --no-audit --no-fund --loglevel=error
        echo "$wanted" >node_modules/.installed
    fi
}

# Own jars are copied; those of the local Maven repository never change and are used where they are.
keep_application() {
    local fresh="$APP/$fingerprint.new" entry copy
    rm -rf "$fresh"
    mkdir -p "$fresh"
    cp -r "$BX_ROOT/ui/dist" "$fresh/ui"
    # Maven's file ends without a line end.
    while read -r entry || [[ -n "$entry" ]]; do
        if [[ "$entry" == "$BX_ROOT"/* ]]; then
            copy="$(basename "$entry")"
            cp "$entry" "$fresh/$copy"
            echo "$APP/$fingerprint/$copy"
        else
            echo "$entry"
        fi
    done < <(ls "$BX_ROOT/$module/target/$module"-*.jar && tr ':' '\n' <"$BX_ROOT/$module/target/classpath") >"$fresh/classpath.new"
    mv "$fresh/classpath.new" "$fresh/classpath"
    rm -rf "${APP:?}/$fingerprint"
    mv "$fresh" "$APP/$fingerprint"
    # The two builds before this one may still be running.
    find "$APP" -mindepth 1 -maxdepth 1 -type d -printf '%T@ %p\n' | sort -rn | tail -n +4 | cut -d ' ' -f 2- | xargs -r -d '\n' rm -rf
}
