# Finds, or installs where it can, the JDK, Maven and Node.js. Sets and exports JAVA_HOME; sets MAVEN when it is asked for.
# shellcheck shell=bash

JDK_FEATURE=25
MAVEN_MINIMUM=3.8.7
NODE_MINIMUM=20.19.0

set_up_toolchain() {
    if ! find_jdk; then
        install_package "JDK $JDK_FEATURE" "openjdk-$JDK_FEATURE-jdk-headless" || true
        find_jdk || fail "JDK $JDK_FEATURE was not found: install one (for example the package openjdk-$JDK_FEATURE-jdk or temurin-$JDK_FEATURE-jdk) or set JAVA_HOME to it"
    fi
    export JAVA_HOME
}

# Looks at the release file instead of starting Java: that takes no time.
is_wanted_jdk() {
    [[ -x "$1/bin/java" && -x "$1/bin/javac" && -r "$1/release" ]] &&
        grep -Eq "^JAVA_VERSION=\"$JDK_FEATURE([.\"]|$)" "$1/release"
}

find_jdk() {
    local candidate java
    if [[ -n "${JAVA_HOME:-}" ]] && is_wanted_jdk "$JAVA_HOME"; then
        return 0
    fi
    if java="$(command -v java)"; then
        candidate="$(dirname "$(dirname "$(readlink -f "$java")")")"
        if is_wanted_jdk "$candidate"; then
            JAVA_HOME="$candidate"
            return 0
        fi
    fi
    for candidate in /usr/lib/jvm/* /usr/java/* /usr/local/java/* /usr/local/lib/jvm/* /opt/* /opt/*/* \
        "${HOME:-}"/.sdkman/candidates/java/* "${HOME:-}"/.jdks/* "${HOME:-}"/.asdf/installs/java/* "${HOME:-}"/.local/share/mise/installs/java/* \
        /Library/Java/JavaVirtualMachines/*/Contents/Home; do
        if is_wanted_jdk "$candidate"; then
            JAVA_HOME="$candidate"
            return 0
        fi
    done
    return 1
}

# Sets MAVEN to a Maven that is new enough.
find_maven() {
    local version
    MAVEN="$(command -v mvn)" || return 1
    version="$("$MAVEN" -v 2>/dev/null | sed -n 's/.*Apache Maven \([0-9][0-9.]*\).*/\1/p' | head -n 1)"
    [[ -n "$version" && "$(printf '%s\n' "$MAVEN_MINIMUM" "$version" | sort -V | head -n 1)" == "$MAVEN_MINIMUM" ]]
}

need_maven() {
    if [[ -n "${MAVEN:-}" ]]; then
        return
    fi
    # Maven's own libraries use what this JDK warns about.
    export MAVEN_OPTS="--sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED ${MAVEN_OPTS:-}"
    if ! find_maven; then
        install_package Maven maven || true
        find_maven || fail "Maven $MAVEN_MINIMUM or newer was not found: install it (for example the package maven) and have mvn on the PATH"
    fi
}

find_node() {
    local version
    command -v npm >/dev/null || return 1
    version="$(node --version 2>/dev/null)" || return 1
    version="${version#v}"
    [[ -n "$version" && "$(printf '%s\n' "$NODE_MINIMUM" "$version" | sort -V | head -n 1)" == "$NODE_MINIMUM" ]]
}

# For the web UI, which is built with it; nothing needs Node.js at run time.
need_node() {
    if ! find_node; then
        install_package Node.js nodejs npm || true
        find_node || fail "Node.js $NODE_MINIMUM or newer with npm was not found, which builds the web UI: install it (for example the packages nodejs and npm) and have node and npm on the PATH"
    fi
}

# Debian names the browser chromium, others chromium-browser or google-chrome. Sets CHROMIUM.
find_chromium() {
    local candidate
    for candidate in "${CHROMIUM:-}" chromium chromium-browser google-chrome; do
        if [[ -n "$candidate" ]] && CHROMIUM="$(command -v "$candidate")"; then
            return 0
        fi
    done
    return 1
}

need_chromium() {
    if ! find_chromium; then
        install_package Chromium chromium || true
        find_chromium || fail "Chromium was not found, which the tests of the web UI use: install it (for example the package chromium) or set CHROMIUM to it"
    fi
    export CHROMIUM
}

# install_package <name> <Debian packages...>: by apt where this user may; otherwise returns 1.
install_package() {
    local name="$1"
    shift
    if [[ "$(id -u)" != 0 ]] || ! command -v apt-get >/dev/null; then
        return 1
    fi
    mkdir -p "$BX_HOME/log"
    say "$name is missing; asking apt for: $*"
    local log="$BX_HOME/log/apt.log"
    if DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" >"$log" 2>&1 </dev/null; then
        return 0
    fi
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"; } >>"$log" 2>&1 </dev/null
}
