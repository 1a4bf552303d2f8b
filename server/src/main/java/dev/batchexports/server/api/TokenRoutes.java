package dev.batchexports.server.api;

import dev.batchexports.server.request.JsonFields;
import dev.batchexports.server.request.Violations;
import dev.batchexports.server.security.AccessToken;
import dev.batchexports.server.security.Scope;
import dev.batchexports.server.security.TokenForm;
import dev.batchexports.server.security.TokenService;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.util.UUID;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestAttribute;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The tokens of the API.
@Tag(name = "Tokens")
@RestController
@RequestMapping(path = "/api/tokens/", produces = MediaType.APPLICATION_JSON_VALUE)
class TokenRoutes {
    private final TokenService tokens;
    private final JsonMapper json;

    TokenRoutes(TokenService tokens, JsonMapper json) {
        this.tokens = tokens;
        this.json = json;
    }

    @Operation(
            operationId = "listTokens",
            summary = "List tokens",
            description = "Newest first; with a token for one project, those of this project only.")
    @GetMapping
    @RequiresScope(Scope.ADMIN)
    Results<TokenAnswer> list(
            @Parameter(hidden = true) @RequestAttribute(AuthenticationFilter.TOKEN) AccessToken holder) {
        return new Results<>(tokens.list(holder).stream().map(TokenAnswer::of).toList());
    }

    @Operation(
            operationId = "createToken",
            summary = "Issue a token",
            description = "The answer is the only one that shows it. With a token for one project, it is for this"
                    + " project too.")
    @PostMapping(consumes = MediaType.APPLICATION_JSON_VALUE)
    @RequiresScope(Scope.ADMIN)
    @ResponseStatus(HttpStatus.CREATED)
    TokenAnswer.Issued create(
            @Parameter(hidden = true) @RequestAttribute(AuthenticationFilter.TOKEN) AccessToken holder,
            @io.swagger.v3.oas.annotations.parameters.RequestBody(
                            content = @Content(schema = @Schema(implementation = TokenForm.class)))
                    @RequestBody
                    JsonNode body) {
        Violations violations = new Violations();
        TokenForm form =
                json.treeToValue(JsonFields.wellFormed(body, TokenForm.class, "", violations), TokenForm.class);
        return TokenAnswer.Issued.of(tokens.issue(holder, form, violations));
    }

    @Operation(operationId = "deleteToken", summary = "Delete a token", description = "It stops to work at once.")
    @DeleteMapping("{id}/")
    @RequiresScope(Scope.ADMIN)
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void delete(
            @Parameter(hidden = true) @RequestAttribute(AuthenticationFilter.TOKEN) AccessToken holder,
            @PathVariable UUID id) {
        tokens.revoke(holder, id);
    }
}
