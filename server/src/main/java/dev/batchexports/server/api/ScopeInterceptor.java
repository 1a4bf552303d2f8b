package dev.batchexports.server.api;

import dev.batchexports.server.request.NotFoundException;
import dev.batchexports.server.security.AccessToken;
import dev.batchexports.server.security.Scope;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.Map;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpMethod;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.servlet.HandlerInterceptor;
import org.springframework.web.servlet.HandlerMapping;

/// Lets a request reach a route only if its token has the scope that the route requires, and is for the
/// project of the path. Denies by default: a route that requires no scope is reached by nobody.
final class ScopeInterceptor implements HandlerInterceptor {
    private static final Pattern PROJECT = Pattern.compile("[1-9][0-9]{0,17}");
    private static final Logger LOG = LoggerFactory.getLogger(ScopeInterceptor.class);

    @Override
    public boolean preHandle(HttpServletRequest request, HttpServletResponse response, Object handler) {
        if (!(handler instanceof HandlerMethod route) || request.getDispatcherType() == DispatcherType.ERROR) {
            return true; // static files, and the answer to a request that has failed already
        }
        RequiresScope required = route.getMethodAnnotation(RequiresScope.class);
        if (required == null) {
            if (PublicPaths.isRoute(request.getRequestURI()) || HttpMethod.OPTIONS.matches(request.getMethod())) {
                return true; // OPTIONS only tells which methods there are
            }
            LOG.error("{} names no scope and is refused to everybody", route.getShortLogMessage());
            throw new ForbiddenException("forbidden", "This route is not open to anybody.");
        }
        if (!(request.getAttribute(AuthenticationFilter.TOKEN) instanceof AccessToken token)) {
            throw new ForbiddenException("forbidden", "This route needs a token.");
        }
        Scope scope = required.value();
        if (!token.allows(scope)) {
            throw new ForbiddenException(
                    "missing_scope", "The token lacks the scope " + scope.word() + " that this needs.");
        }
        if (!isForProject(token, request)) {
            throw new ForbiddenException("wrong_project", "The token is not for this project.");
        }
        return true;
    }

    private static boolean isForProject(AccessToken token, HttpServletRequest request) {
        if (request.getAttribute(HandlerMapping.URI_TEMPLATE_VARIABLES_ATTRIBUTE) instanceof Map<?, ?> variables
                && variables.get("project_id") instanceof String project) {
            if (!PROJECT.matcher(project).matches()) {
                throw new NotFoundException("project");
            }
            return token.allowsProject(Long.parseLong(project));
        }
        return true;
    }
}
