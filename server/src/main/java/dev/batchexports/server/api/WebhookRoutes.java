package dev.batchexports.server.api;

import dev.batchexports.server.api.DeliveryAnswer.AttemptAnswer;
import dev.batchexports.server.notify.Delivery;
import dev.batchexports.server.notify.Webhook;
import dev.batchexports.server.notify.WebhookForm;
import dev.batchexports.server.notify.WebhookService;
import dev.batchexports.server.security.Scope;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.JsonNode;

/// The webhooks of a project.
@Tag(name = "Webhooks")
@RestController
@RequestMapping(path = "/api/projects/{project_id}/webhooks/", produces = MediaType.APPLICATION_JSON_VALUE)
class WebhookRoutes {
    private final WebhookService webhooks;

    WebhookRoutes(WebhookService webhooks) {
        this.webhooks = webhooks;
    }

    @Operation(operationId = "listWebhooks", summary = "List webhooks", description = "Newest first.")
    @GetMapping
    @RequiresScope(Scope.READ)
    Page<WebhookAnswer> list(
            @PathVariable("project_id") long projectId,
            @Parameter(schema = @Schema(type = "integer", minimum = "1", maximum = "1000", defaultValue = "100"))
                    @RequestParam(required = false)
                    @Nullable
                    Integer limit,
            @RequestParam(required = false) @Nullable String cursor) {
        int size = Page.limit(limit);
        List<Webhook> found = webhooks.list(projectId, Cursor.webhook(cursor), size + 1);
        return Page.of(found, size, webhook -> Cursor.of(webhook.createdAt(), webhook.id()), WebhookAnswer::of);
    }

    @Operation(
            operationId = "createWebhook",
            summary = "Create a webhook",
            description = "It is told of what changes from now on.")
    @PostMapping(consumes = MediaType.APPLICATION_JSON_VALUE)
    @RequiresScope(Scope.WRITE)
    @ResponseStatus(HttpStatus.CREATED)
    WebhookAnswer create(
            @PathVariable("project_id") long projectId,
            @io.swagger.v3.oas.annotations.parameters.RequestBody(
                            content = @Content(schema = @Schema(implementation = WebhookForm.class)))
                    @RequestBody
                    JsonNode body) {
        return WebhookAnswer.of(webhooks.create(projectId, body));
    }

    @Operation(operationId = "getWebhook", summary = "Get a webhook")
    @GetMapping("{id}/")
    @RequiresScope(Scope.READ)
    WebhookAnswer get(@PathVariable("project_id") long projectId, @PathVariable UUID id) {
        return WebhookAnswer.of(webhooks.find(projectId, id));
    }

    @Operation(
            operationId = "changeWebhook",
            summary = "Change a webhook",
            description = "A field replaces the webhook's; null takes it back to its default. Without a secret the"
                    + " present one is kept.")
    @PatchMapping(path = "{id}/", consumes = MediaType.APPLICATION_JSON_VALUE)
    @RequiresScope(Scope.WRITE)
    WebhookAnswer change(
            @PathVariable("project_id") long projectId,
            @PathVariable UUID id,
            @io.swagger.v3.oas.annotations.parameters.RequestBody(
                            content = @Content(schema = @Schema(ref = "#/components/schemas/WebhookChange")))
                    @RequestBody
                    JsonNode body) {
        return WebhookAnswer.of(webhooks.change(projectId, id, body));
    }

    @Operation(operationId = "deleteWebhook", summary = "Delete a webhook", description = "With its log.")
    @DeleteMapping("{id}/")
    @RequiresScope(Scope.WRITE)
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void delete(@PathVariable("project_id") long projectId, @PathVariable UUID id) {
        webhooks.delete(projectId, id);
    }

    @Operation(
            operationId = "testWebhook",
            summary = "Test a webhook",
            description = "Sends a message of the type webhook.test now, once, and answers with what came of it.")
    @PostMapping("{id}/test/")
    @RequiresScope(Scope.WRITE)
    AttemptAnswer test(@PathVariable("project_id") long projectId, @PathVariable UUID id) {
        return AttemptAnswer.of(webhooks.test(projectId, id));
    }

    @Operation(
            operationId = "listWebhookDeliveries",
            summary = "List the messages of a webhook",
            description = "Newest first, each with its attempts.")
    @GetMapping("{id}/deliveries/")
    @RequiresScope(Scope.READ)
    Page<DeliveryAnswer> deliveries(
            @PathVariable("project_id") long projectId,
            @PathVariable UUID id,
            @Parameter(schema = @Schema(type = "integer", minimum = "1", maximum = "1000", defaultValue = "100"))
                    @RequestParam(required = false)
                    @Nullable
                    Integer limit,
            @RequestParam(required = false) @Nullable String cursor) {
        int size = Page.limit(limit);
        List<Delivery> found = webhooks.deliveries(projectId, id, Cursor.webhook(cursor), size + 1);
        return Page.of(found, size, delivery -> Cursor.of(delivery.createdAt(), delivery.id()), DeliveryAnswer::of);
    }
}
