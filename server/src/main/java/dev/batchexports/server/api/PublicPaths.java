package dev.batchexports.server.api;

import java.util.Set;

/// Which paths need no token: health for load balancers, metrics for Prometheus (they name no project, no
/// export and no address), the description of the API, signing in, and what lies outside `/api/` (the web UI's files,
/// which hold no data).
final class PublicPaths {
    static final String METRICS = "/metrics";
    static final String DOCS = "/api/docs";
    static final String SIGN_IN = "/api/sign_in";
    static final String SESSION = "/api/session";
    static final String DOCS_ASSETS = DOCS + "/assets/";

    private static final String PROTECTED = "/api";
    private static final Set<String> PUBLIC =
            Set.of("/api/health/live", "/api/health/ready", "/api/openapi.json", DOCS, SIGN_IN, METRICS, "/error");

    private PublicPaths() {}

    /// @param path in canonical form, see [CanonicalPathFilter]
    static boolean contains(String path) {
        return isRoute(path)
                || path.startsWith(DOCS_ASSETS)
                || !(path.equals(PROTECTED) || path.startsWith(PROTECTED + "/"));
    }

    /// Whether a path is that of a route which is public by intent, and not merely outside `/api/`.
    static boolean isRoute(String path) {
        return PUBLIC.contains(path);
    }
}
