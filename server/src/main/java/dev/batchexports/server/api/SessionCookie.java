package dev.batchexports.server.api;

import dev.batchexports.server.security.SessionService;
import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.Optional;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.ResponseCookie;

/// The cookie by which the web UI is signed in: scripts cannot read it, and browsers send it with requests
/// of the same site only.
///
/// A request with the cookie that changes something needs [#HEADER] too. No page of another origin can
/// send that header without being allowed to, and none is.
final class SessionCookie {
    static final String NAME = "batch_exports_session";
    static final String HEADER = "X-Batch-Exports";

    private static final String SAME_ORIGIN = "same-origin";

    private SessionCookie() {}

    static Optional<String> of(HttpServletRequest request) {
        if (request.getCookies() == null) {
            return Optional.empty();
        }
        for (Cookie cookie : request.getCookies()) {
            if (cookie.getName().equals(NAME) && !cookie.getValue().isEmpty()) {
                return Optional.of(cookie.getValue());
            }
        }
        return Optional.empty();
    }

    /// Whether a request may have been made by a page of another origin.
    static boolean isForgeable(HttpServletRequest request) {
        String site = request.getHeader("Sec-Fetch-Site");
        if (site != null && !site.equals(SAME_ORIGIN)) {
            return true;
        }
        boolean reads = HttpMethod.GET.matches(request.getMethod()) || HttpMethod.HEAD.matches(request.getMethod());
        return !reads && request.getHeader(HEADER) == null;
    }

    /// The value of a `Set-Cookie` header.
    static String open(String secret, HttpServletRequest request) {
        return cookie(secret, request).maxAge(SessionService.LENGTH).build().toString();
    }

    static String close(HttpServletRequest request) {
        return cookie("", request).maxAge(0).build().toString();
    }

    private static ResponseCookie.ResponseCookieBuilder cookie(String value, HttpServletRequest request) {
        return ResponseCookie.from(NAME, value)
                .httpOnly(true)
                .secure(request.isSecure())
                .sameSite("Strict")
                .path("/");
    }

    static void set(HttpServletResponse response, String cookie) {
        response.addHeader(HttpHeaders.SET_COOKIE, cookie);
    }
}
