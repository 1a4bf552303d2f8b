package dev.batchexports.server.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.batchexports.core.destination.DestinationType;
import dev.batchexports.server.backfills.BackfillForm;
import dev.batchexports.server.backfills.BackfillPlan;
import dev.batchexports.server.exports.DestinationCatalog;
import dev.batchexports.server.exports.ExportForm;
import dev.batchexports.server.notify.WebhookForm;
import dev.batchexports.server.security.TokenForm;
import io.swagger.v3.core.util.Json31;
import io.swagger.v3.oas.models.Operation;
import io.swagger.v3.oas.models.PathItem;
import io.swagger.v3.oas.models.info.Info;
import io.swagger.v3.oas.models.media.Content;
import io.swagger.v3.oas.models.media.MediaType;
import io.swagger.v3.oas.models.media.Schema;
import io.swagger.v3.oas.models.responses.ApiResponse;
import io.swagger.v3.oas.models.security.SecurityRequirement;
import io.swagger.v3.oas.models.security.SecurityScheme;
import io.swagger.v3.oas.models.servers.Server;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.springdoc.core.customizers.OpenApiCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.HttpStatus;
import tools.jackson.databind.json.JsonMapper;

/// What `/api/openapi.json` says beyond what the routes say of themselves: names as JSON has them, what may
/// be null, how requests fail, and the token.
@Configuration(proxyBeanMethods = false)
class OpenApiConfiguration {
    private static final String BEARER = "token";
    private static final String PROBLEM = "Problem";

    /// Records that answers are made of: every field is always there.
    private static final List<Class<? extends Record>> ANSWERS = List.of(
            BatchExportAnswer.class,
            BatchExportAnswer.DestinationAnswer.class,
            RunAnswer.class,
            RunAnswer.ErrorAnswer.class,
            BackfillAnswer.class,
            BackfillPlan.class,
            BackfillPlan.CompletedRange.class,
            BackfillPlan.Note.class,
            LogLineAnswer.class,
            FileAnswer.class,
            IntervalAnswer.class,
            IntervalsAnswer.class,
            IntervalsAnswer.CoverageAnswer.class,
            RevisionAnswer.class,
            RevisionAnswer.ChangeAnswer.class,
            ScheduledIntervalAnswer.class,
            WebhookAnswer.class,
            DeliveryAnswer.class,
            DeliveryAnswer.AttemptAnswer.class,
            TokenAnswer.class,
            TokenAnswer.Issued.class,
            TestAnswer.class,
            TestAnswer.StepAnswer.class,
            PreviewAnswer.class,
            PreviewAnswer.ColumnAnswer.class,
            ReadAdviceAnswer.class,
            DestinationTypeAnswer.class,
            HealthAnswer.class,
            HealthAnswer.DependencyAnswer.class,
            SessionAnswer.class,
            OverviewAnswer.class,
            OverviewAnswer.ExportAnswer.class,
            MetricAnswer.class,
            TimelineAnswer.class,
            TimelineAnswer.AttemptAnswer.class,
            TimelineAnswer.SliceAnswer.class,
            SystemAnswer.class,
            SystemAnswer.ComponentAnswer.class,
            SystemAnswer.QueueAnswer.class,
            SystemAnswer.WorkerAnswer.class);

    /// Records that requests are made of: what may be left out may be null.
    private static final List<Class<? extends Record>> FORMS = List.of(
            ExportForm.class,
            BackfillForm.class,
            UnpauseForm.class,
            WebhookForm.class,
            TokenForm.class,
            SignInForm.class);

    private static final Set<String> CONFLICTING = Set.of(
            "changeBatchExport",
            "pauseBatchExport",
            "unpauseBatchExport",
            "retryRun",
            "cancelRun",
            "cancelBackfill",
            "createWebhook",
            "deleteToken",
            "rerunFailedRuns",
            "pauseBackfill",
            "resumeBackfill");

    private static final JsonMapper JSON = JsonMapper.builder().build();

    @Bean
    OpenApiCustomizer description(DestinationCatalog catalog) {
        return api -> {
            api.info(new Info()
                    .title("Batch Exports")
                    .version("1")
                    .description("Copies data out of ClickHouse, on a schedule, in batches. Times are RFC 3339 in UTC,"
                            + " ids are UUIDs, and errors are application/problem+json (RFC 9457)."));
            api.servers(List.of(new Server().url("/")));
            api.getComponents()
                    .addSecuritySchemes(
                            BEARER,
                            new SecurityScheme()
                                    .type(SecurityScheme.Type.HTTP)
                                    .scheme("bearer")
                                    .description("With the scope batch_export:read, batch_export:write or admin."));
            describeSchemas(api.getComponents().getSchemas(), catalog);
            api.getPaths().forEach((path, item) -> describe(path, item));
        };
    }

    @SuppressWarnings({"rawtypes", "unchecked"}) // swagger-core uses its Schema without a type
    private static void describeSchemas(Map<String, Schema> schemas, DestinationCatalog catalog) {
        ANSWERS.forEach(type -> RecordSchema.describeAnswer(schemas, type));
        FORMS.forEach(type -> RecordSchema.describeForm(schemas, type));
        schemas.forEach((name, schema) -> {
            if (name.startsWith("Page")) {
                schema.required(List.of("results", "next"));
                RecordSchema.allowNull(schema, "next");
            } else if (name.startsWith("Results")) {
                schema.required(List.of("results"));
            }
        });
        schemas.remove("JsonNode");
        Objects.requireNonNull(schemas.get("BatchExportRequest")).addProperty("filters", parse(FILTERS));
        schemas.put("Filter", parse(FILTER));
        schemas.put("Model", parse(MODEL));
        schemas.put("Violation", parse(VIOLATION));
        schemas.put(PROBLEM, parse(PROBLEM_SCHEMA));
        List<Map<String, Object>> destinations = new ArrayList<>();
        for (DestinationType<?> type : catalog.types()) {
            Map<String, Object> config = new TreeMap<>(DestinationSchema.of(type));
            config.remove("$schema");
            destinations.add(Map.of(
                    "type",
                    "object",
                    "properties",
                    Map.of("type", Map.of("type", "string", "enum", List.of(type.name())), "config", config),
                    "required",
                    List.of("type", "config"),
                    "additionalProperties",
                    false));
        }
        schemas.put(
                "Destination",
                parse(JSON.writeValueAsString(
                        Map.of("description", "The parameters differ by type.", "oneOf", destinations))));
        schemas.put("BatchExportChange", RecordSchema.relaxed(schemas, "BatchExportRequest"));
        schemas.put("WebhookChange", RecordSchema.relaxed(schemas, "WebhookRequest"));
        schemas.put("ConnectionTestRequest", RecordSchema.relaxed(schemas, "BatchExportRequest"));
    }

    private static void describe(String path, PathItem item) {
        item.readOperationsMap().forEach((method, operation) -> {
            boolean isPublic = PublicPaths.contains(path);
            operation.security(isPublic ? List.of() : List.of(new SecurityRequirement().addList(BEARER)));
            if (isPublic && operation.getRequestBody() == null) {
                return;
            }
            failure(operation, HttpStatus.BAD_REQUEST, "The request is malformed or cannot be carried out");
            failure(operation, HttpStatus.FORBIDDEN, "The token lacks the scope, or is for another project");
            failure(operation, HttpStatus.NOT_ACCEPTABLE, "The client does not take application/json");
            failure(operation, HttpStatus.TOO_MANY_REQUESTS, "The token asks too often; see Retry-After");
            failure(operation, HttpStatus.SERVICE_UNAVAILABLE, "Something that the server needs does not answer");
            if (!isPublic) {
                failure(operation, HttpStatus.UNAUTHORIZED, "No token, or one that is unknown or has expired");
            }
            if (path.contains("{")) {
                failure(operation, HttpStatus.NOT_FOUND, "There is no such thing in this project");
            }
            if (operation.getRequestBody() != null) {
                failure(operation, HttpStatus.CONTENT_TOO_LARGE, "The body is longer than 1 MiB");
                failure(operation, HttpStatus.UNSUPPORTED_MEDIA_TYPE, "The body is not application/json");
            }
            if (CONFLICTING.contains(operation.getOperationId())) {
                failure(operation, HttpStatus.CONFLICT, "Not possible in the present state");
            }
        });
    }

    private static void failure(Operation operation, HttpStatus status, String description) {
        Schema<?> problem = new Schema<>().$ref("#/components/schemas/" + PROBLEM);
        operation
                .getResponses()
                .addApiResponse(
                        Integer.toString(status.value()),
                        new ApiResponse()
                                .description(description)
                                .content(new Content()
                                        .addMediaType(Problem.MEDIA_TYPE, new MediaType().schema(problem))));
    }

    private static Schema<?> parse(String json) {
        try {
            return Json31.mapper().readValue(json, Schema.class);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("not a schema: " + json, e);
        }
    }

    private static final String FILTERS = """
            {"type": ["array", "null"], "maxItems": 100, "items": {"$ref": "#/components/schemas/Filter"},
             "description": "Conditions on properties that every exported row meets."}
            """;

    private static final String FILTER = """
            {"type": "object", "required": ["key"], "additionalProperties": false,
             "description": "A condition on one property. A property that is not set passes is_not, not_icontains,\
             not_regex and is_not_set alone.", "properties": {
              "key": {"type": "string", "minLength": 1, "maxLength": 400,
                "description": "One member of the JSON object, to the letter."},
              "value": {"description": "A list for exact and is_not: any of them. Absent for is_set and is_not_set.",
                "oneOf": [
                  {"type": ["string", "number", "boolean", "null"]},
                  {"type": "array", "minItems": 1, "maxItems": 1000,
                    "items": {"type": ["string", "number", "boolean"]}}]},
              "operator": {"type": ["string", "null"], "default": "exact", "enum": ["exact", "is_not", "icontains",
                "not_icontains", "regex", "not_regex", "is_set", "is_not_set", "gt", "gte", "lt", "lte", null]},
              "type": {"type": ["string", "null"], "default": "event", "enum": ["event", "person", null],
                "description": "event: in the column properties; person: in person_properties."}}}
            """;

    private static final String VIOLATION = """
            {"type": "object", "required": ["pointer", "message"], "properties": {
              "pointer": {"type": "string", "examples": ["/destination/config/bucket_name"],
                "description": "JSON pointer to the field, or / and the name of the query parameter."},
              "message": {"type": "string"}}}
            """;

    private static final String PROBLEM_SCHEMA = """
            {"type": "object", "description": "Why a request failed (RFC 9457).",
             "required": ["type", "title", "status", "detail", "code"], "properties": {
              "type": {"type": "string", "examples": ["urn:batch-exports:problem:invalid_request"]},
              "title": {"type": "string"},
              "status": {"type": "integer"},
              "detail": {"type": "string"},
              "code": {"type": "string", "description": "Stable and searchable.", "examples": ["invalid_request"]},
              "errors": {"type": "array", "description": "Each field that is wrong.",
                "items": {"$ref": "#/components/schemas/Violation"}}}}
            """;

    private static final String MODEL_PARTS = """
              "name": {"type": ["string", "null"], "pattern": "\\\\S", "maxLength": 255},
              "landing_time_column": {"type": ["string", "null"], "pattern": "\\\\S", "maxLength": 255,
                "description": "The column that says when a row landed in ClickHouse; inserted_at by default."},
              "columns": {"type": ["array", "null"], "description": "What to write, in order; all when empty.",
                "items": {"oneOf": [
                  {"type": "string", "pattern": "\\\\S", "maxLength": 255},
                  {"type": "object", "required": ["name"], "additionalProperties": false, "properties": {
                    "name": {"type": "string", "pattern": "\\\\S", "maxLength": 255},
                    "source": {"type": ["string", "null"], "pattern": "\\\\S", "maxLength": 255,
                      "description": "The column of the table or query; name by default."},
                    "type": {"type": ["string", "null"], "pattern": "\\\\S", "maxLength": 1000,
                      "description": "A ClickHouse type to cast to. A value that does not fit fails the run."}}}]}},
              "primary_key": {"type": ["array", "null"],
                "items": {"type": "string", "pattern": "\\\\S", "maxLength": 255}},
              "version_key": {"type": ["string", "null"], "pattern": "\\\\S", "maxLength": 255}}}
            """;

    private static final String MODEL = """
            {"description": "What is exported: a built-in model by its name, a table or a query.", "oneOf": [
              {"type": "string", "enum": ["events", "persons", "sessions"]},
              {"type": "object", "required": ["table"], "additionalProperties": false, "properties": {
                "table": {"type": "string", "pattern": "\\\\S", "maxLength": 255}, %1$s,
              {"type": "object", "required": ["query"], "additionalProperties": false, "properties": {
                "query": {"type": "string", "pattern": "\\\\S", "maxLength": 100000,
                  "description": "A SELECT with the placeholders {interval_start} and {interval_end}."}, %1$s]}
            """.formatted(MODEL_PARTS);
}
