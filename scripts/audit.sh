# What the program is made of (CycloneDX bills of materials in .bx/sbom), and what is known to be wrong with it.
# shellcheck shell=bash

SBOM="$BX_HOME/sbom"
CYCLONEDX=org.cyclonedx:cyclonedx-maven-plugin:2.9.3

run_audit() {
    need_maven
    need_node
    mkdir -p "$SBOM" "$BX_HOME/log"
    lock_set_up
    run_step "Bills of materials" "$BX_HOME/log/sbom.log" write_bills
    unlock_set_up
    exec node "$BX_ROOT/scripts/audit.mjs" "$SBOM/java.json" "$SBOM/ui.json"
}

write_bills() {
    # What is delivered: neither tests nor build tools. Modules find each other once they are packaged.
    (cd "$BX_ROOT" && "$MAVEN" -q -B -pl server -am -Dmaven.test.skip=true -Dspotless.check.skip=true package \
        "$CYCLONEDX:makeAggregateBom" -DoutputDirectory="$SBOM" -DoutputName=java -DoutputFormat=json \
        -DincludeTestScope=false -DincludeProvidedScope=false -Dcyclonedx.skipNotDeployed=false)
    (cd "$BX_ROOT/ui" && npm sbom --package-lock-only --sbom-format cyclonedx --omit dev >"$SBOM/ui.json")
}
