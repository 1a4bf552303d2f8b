package dev.batchexports.server.api;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.web.filter.OncePerRequestFilter;

/// Lets every path be written with or without a slash at its end: those of collections and resources have
/// one, those of health and documents have none.
final class CanonicalPathFilter extends OncePerRequestFilter {
    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        String path = request.getRequestURI();
        String canonical = canonical(path);
        chain.doFilter(canonical.equals(path) ? request : new Renamed(request, canonical), response);
    }

    static String canonical(String path) {
        boolean endsWithSlash = path.endsWith("/");
        if (path.startsWith("/api/projects/")
                || path.startsWith("/api/destination_types")
                || path.startsWith("/api/tokens")) {
            return endsWithSlash ? path : path + "/";
        }
        boolean document = path.startsWith("/api/") || path.equals(PublicPaths.METRICS + "/");
        return document && endsWithSlash && path.length() > "/api/".length()
                ? path.substring(0, path.length() - 1)
                : path;
    }

    private static final class Renamed extends HttpServletRequestWrapper {
        private final String path;

        Renamed(HttpServletRequest request, String path) {
            super(request);
            this.path = path;
        }

        @Override
        public String getRequestURI() {
            return path;
        }

        @Override
        public String getServletPath() {
            return path;
        }

        @Override
        public StringBuffer getRequestURL() {
            String url = super.getRequestURL().toString();
            String original = super.getRequestURI();
            return new StringBuffer(url.substring(0, url.length() - original.length())).append(path);
        }
    }
}
