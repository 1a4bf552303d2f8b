package dev.batchexports.server.api;

import dev.batchexports.server.request.InvalidRequestException;
import dev.batchexports.server.request.Violation;
import dev.batchexports.server.request.Violations;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.springframework.core.MethodParameter;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.servlet.HandlerInterceptor;

/// Refuses query parameters that a route does not take: a filter with a slip in its name would list
/// everything. Public routes take any, as load balancers and browsers add their own.
final class QueryParameters implements HandlerInterceptor {
    @Override
    public boolean preHandle(HttpServletRequest request, HttpServletResponse response, Object handler) {
        if (!(handler instanceof HandlerMethod route)
                || request.getDispatcherType() == DispatcherType.ERROR
                || !route.hasMethodAnnotation(RequiresScope.class)) {
            return true;
        }
        SortedSet<String> known = known(route);
        List<Violation> unknown = new TreeSet<>(request.getParameterMap().keySet())
                .stream()
                        .filter(name -> !known.contains(name))
                        .map(name -> new Violation(Violations.pointer("", name), message(known)))
                        .toList();
        if (!unknown.isEmpty()) {
            throw new InvalidRequestException(unknown);
        }
        return true;
    }

    private static SortedSet<String> known(HandlerMethod route) {
        SortedSet<String> names = new TreeSet<>();
        for (MethodParameter parameter : route.getMethodParameters()) {
            RequestParam declared = parameter.getParameterAnnotation(RequestParam.class);
            if (declared != null) {
                names.add(declared.name().isEmpty() ? parameter.getParameter().getName() : declared.name());
            }
        }
        return names;
    }

    private static String message(SortedSet<String> known) {
        return known.isEmpty()
                ? "is not a query parameter of this route, which takes none"
                : "is not a query parameter of this route, which takes " + String.join(", ", known);
    }
}
