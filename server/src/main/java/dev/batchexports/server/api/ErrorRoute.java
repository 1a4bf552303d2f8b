package dev.batchexports.server.api;

import io.swagger.v3.oas.annotations.Hidden;
import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Locale;
import org.springframework.boot.webmvc.error.ErrorController;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/// The answer to a request that failed before it reached a route.
@Hidden
@RestController
class ErrorRoute implements ErrorController {
    @RequestMapping("/error")
    ResponseEntity<Problem> error(HttpServletRequest request) {
        HttpStatus status = request.getAttribute(RequestDispatcher.ERROR_STATUS_CODE) instanceof Integer code
                ? HttpStatus.valueOf(code)
                : HttpStatus.NOT_FOUND; // nothing has failed: a client asks for this very path
        Problem problem = status.is5xxServerError()
                ? ProblemHandler.internal()
                : Problem.of(
                        status,
                        status == HttpStatus.NOT_FOUND
                                ? "unknown_route"
                                : status.name().toLowerCase(Locale.ROOT),
                        status.getReasonPhrase() + ".");
        return ResponseEntity.status(problem.status())
                .contentType(MediaType.APPLICATION_PROBLEM_JSON)
                .body(problem);
    }
}
