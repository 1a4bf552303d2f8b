package dev.batchexports.server.api;

import dev.batchexports.server.request.InvalidRequestException;
import dev.batchexports.server.request.JsonFields;
import dev.batchexports.server.request.Violations;
import dev.batchexports.server.security.AccessToken;
import dev.batchexports.server.security.Scope;
import dev.batchexports.server.security.SessionService;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.Optional;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestAttribute;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Signs browsers in and out. Programs send their token with each request instead.
@Tag(name = "Session")
@RestController
class SessionRoutes {
    private final SessionService sessions;

    SessionRoutes(SessionService sessions) {
        this.sessions = sessions;
    }

    @Operation(
            operationId = "signIn",
            summary = "Sign a browser in",
            description = "Answers with a cookie that scripts cannot read. Requests with the cookie that change"
                    + " something need the header X-Batch-Exports.")
    @PostMapping(
            path = PublicPaths.SIGN_IN,
            consumes = MediaType.APPLICATION_JSON_VALUE,
            produces = MediaType.APPLICATION_JSON_VALUE)
    SessionAnswer signIn(
            @io.swagger.v3.oas.annotations.parameters.RequestBody(
                            content = @Content(schema = @Schema(implementation = SignInForm.class)))
                    @RequestBody
                    JsonNode body,
            @Parameter(hidden = true) HttpServletRequest request,
            @Parameter(hidden = true) HttpServletResponse response) {
        Violations violations = new Violations();
        ObjectNode form = JsonFields.wellFormed(body, SignInForm.class, "", violations);
        violations.orThrow();
        String token = form.path("token").asString("").strip();
        String code = form.path("code").asString("").strip();
        if (token.isEmpty() == code.isEmpty()) {
            throw new InvalidRequestException("/token", "send either a token or a code");
        }
        Optional<String> secret = token.isEmpty() ? sessions.openWithCode(code) : sessions.open(token);
        AccessToken known = secret.flatMap(sessions::recognise)
                .orElseThrow(() -> token.isEmpty()
                        ? new ForbiddenException(
                                "used_link",
                                "This sign-in link was used already, or the server was started again since: use the"
                                        + " newest link, or a token.")
                        : new ForbiddenException("invalid_token", "The token is unknown or has expired."));
        SessionCookie.set(response, SessionCookie.open(secret.orElseThrow(), request));
        return SessionAnswer.of(known);
    }

    @Operation(operationId = "getSession", summary = "Who is signed in")
    @GetMapping(path = PublicPaths.SESSION, produces = MediaType.APPLICATION_JSON_VALUE)
    @RequiresScope(Scope.READ)
    SessionAnswer session(@Parameter(hidden = true) @RequestAttribute(AuthenticationFilter.TOKEN) AccessToken token) {
        return SessionAnswer.of(token);
    }

    @Operation(operationId = "signOut", summary = "Sign a browser out")
    @DeleteMapping(path = PublicPaths.SESSION)
    @RequiresScope(Scope.READ)
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void signOut(
            @Parameter(hidden = true) HttpServletRequest request,
            @Parameter(hidden = true) HttpServletResponse response) {
        SessionCookie.of(request).ifPresent(sessions::close);
        SessionCookie.set(response, SessionCookie.close(request));
    }
}
