package dev.batchexports.server.exports;

import dev.batchexports.core.destination.DestinationType;
import dev.batchexports.core.destination.InvalidConfigurationException;
import dev.batchexports.core.interval.Frequency;
import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.interval.IntervalGrid;
import dev.batchexports.core.model.Model;
import dev.batchexports.core.model.Relation;
import dev.batchexports.core.source.PropertyFilter;
import dev.batchexports.core.source.RowSelection;
import dev.batchexports.server.Settings;
import dev.batchexports.server.request.JsonFields;
import dev.batchexports.server.request.Violations;
import dev.batchexports.server.security.EndpointGuard;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// What a batch export may be: the one place that decides it, for creation, change and connection test.
@Component
public class ExportRules {
    private static final int DEFAULT_SETTLE_SECONDS = 30;
    private static final int MAXIMUM_SETTLE_SECONDS = 3_600;
    private static final long DEFAULT_GIVE_UP_SECONDS = 86_400;
    private static final long MAXIMUM_GIVE_UP_SECONDS = 365L * 86_400;
    private static final int DEFAULT_PAUSE_AFTER_FAILURES = 10;
    private static final int MAXIMUM_PAUSE_AFTER_FAILURES = 10_000;
    private static final int EVENT_NAMES = 1_000;
    private static final int EVENT_NAME_LENGTH = 400;
    private static final String INTERVALS =
            "must be hour, day, week or every N minutes with N one of 5, 10, 15, 20 or 30";
    private static final String DEFAULT_ZONE = "UTC";
    private static final String REQUIRED = "is required";

    private static final JsonMapper JSON = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .build();

    /// What a connection test needs to know.
    record Connection(
            Model model,
            List<String> includeEvents,
            List<String> excludeEvents,
            List<PropertyFilter> filters,
            DestinationType<?> destinationType,
            Map<String, Object> config) {
        @Override
        public String toString() {
            return "Connection[" + destinationType.name() + "]";
        }
    }

    /// What decides when an export runs.
    record Times(
            IntervalGrid grid,
            @Nullable Instant startAt,
            @Nullable Instant endAt) {}

    private final DestinationCatalog catalog;
    private static final Pattern SYSTEM_TABLE =
            Pattern.compile("(system|information_schema)\\s*\\.", Pattern.CASE_INSENSITIVE);

    private final EndpointGuard guard;
    private final Settings.Limits limits;

    public ExportRules(DestinationCatalog catalog, EndpointGuard guard, Settings settings) {
        this.catalog = catalog;
        this.guard = guard;
        this.limits = settings.limits();
    }

    /// Reads a complete batch export.
    ///
    /// @throws dev.batchexports.server.request.InvalidRequestException naming everything that is wrong
    ExportDraft check(JsonNode body, long projectId) {
        Violations violations = new Violations();
        ExportForm form = form(body, projectId, violations);

        checkName(form.name(), violations);
        Model model = checkModel(form.model(), violations);
        Destination destination = checkDestination(form.destination(), violations);
        Times times = checkTimes(form, violations);
        checkEvents(form, violations);
        List<PropertyFilter> filters = checkFilters(form, violations);
        Optional<RerunMode> rerunMode = checkRerunMode(form.rerunMode(), violations);
        LateRows lateRows = checkLateRows(form.lateRows(), violations);
        if (model != null && destination != null && lateRows == LateRows.EXPORT) {
            boolean appends = model.primaryKey().isEmpty()
                    && !destination.type().alwaysReplaces()
                    && rerunMode.filter(RerunMode.APPEND::equals).isPresent();
            violations.require(
                    !appends,
                    "/late_rows",
                    "needs rerun_mode replace here: exporting an interval again would append its rows a second time");
        }
        int settle = form.settleSeconds() == null ? DEFAULT_SETTLE_SECONDS : form.settleSeconds();
        violations.require(
                settle >= 0 && settle <= MAXIMUM_SETTLE_SECONDS,
                "/settle_seconds",
                "must be 0 to " + MAXIMUM_SETTLE_SECONDS);
        long giveUpAfter = form.giveUpAfterSeconds() == null ? DEFAULT_GIVE_UP_SECONDS : form.giveUpAfterSeconds();
        violations.require(
                giveUpAfter >= 1 && giveUpAfter <= MAXIMUM_GIVE_UP_SECONDS,
                "/give_up_after_seconds",
                "must be 1 to " + MAXIMUM_GIVE_UP_SECONDS);
        int pauseAfterFailures =
                form.pauseAfterFailures() == null ? DEFAULT_PAUSE_AFTER_FAILURES : form.pauseAfterFailures();
        violations.require(
                pauseAfterFailures >= 0 && pauseAfterFailures <= MAXIMUM_PAUSE_AFTER_FAILURES,
                "/pause_after_failures",
                "must be 0 to " + MAXIMUM_PAUSE_AFTER_FAILURES);
        violations.orThrow();

        return new ExportDraft(
                Objects.requireNonNull(form.name()),
                Objects.requireNonNull(model),
                Objects.requireNonNull(destination).type(),
                destination.config(),
                Objects.requireNonNull(times).grid(),
                orEmpty(form.includeEvents()),
                orEmpty(form.excludeEvents()),
                filters,
                Boolean.TRUE.equals(form.paused()),
                form.startAt(),
                form.endAt(),
                rerunMode.orElseThrow(),
                lateRows,
                Duration.ofSeconds(settle),
                Duration.ofSeconds(giveUpAfter),
                pauseAfterFailures);
    }

    /// Reads when a batch export would run, whatever else of it is unfinished.
    ///
    /// @throws dev.batchexports.server.request.InvalidRequestException naming everything that is wrong
    Times checkTimes(JsonNode body, long projectId) {
        Violations violations = new Violations();
        Times times = checkTimes(form(body, projectId, violations), violations);
        violations.orThrow();
        return Objects.requireNonNull(times);
    }

    /// @return null when something is wrong
    private @Nullable Times checkTimes(ExportForm form, Violations violations) {
        Frequency frequency = checkInterval(form.interval(), violations);
        ZoneId zone = checkZone(form.timezone(), violations);
        boolean offsetsFit = checkOffsets(form, frequency, violations);
        violations.require(
                form.startAt() == null || form.endAt() == null || form.startAt().isBefore(form.endAt()),
                "/end_at",
                "must be after start_at");
        if (frequency == null || zone == null || !offsetsFit) {
            return null;
        }
        return new Times(
                new IntervalGrid(
                        frequency,
                        zone,
                        form.offsetHour() == null ? 0 : form.offsetHour(),
                        form.offsetDay() == null ? 0 : form.offsetDay()),
                form.startAt(),
                form.endAt());
    }

    /// Reads what a connection test needs of a batch export that may be unfinished otherwise.
    ///
    /// @throws dev.batchexports.server.request.InvalidRequestException naming everything that is wrong
    Connection checkConnection(JsonNode body, long projectId) {
        Violations violations = new Violations();
        ExportForm form = form(body, projectId, violations);
        Model model = checkModel(form.model(), violations);
        Destination destination = checkDestination(form.destination(), violations);
        checkEvents(form, violations);
        List<PropertyFilter> filters = checkFilters(form, violations);
        violations.orThrow();
        return new Connection(
                Objects.requireNonNull(model),
                orEmpty(form.includeEvents()),
                orEmpty(form.excludeEvents()),
                filters,
                Objects.requireNonNull(destination).type(),
                destination.config());
    }

    /// Reads which rows a batch export, that may be unfinished otherwise, selects of an interval.
    ///
    /// @throws dev.batchexports.server.request.InvalidRequestException naming everything that is wrong
    RowSelection checkSelection(JsonNode body, long projectId, Interval interval) {
        Violations violations = new Violations();
        ExportForm form = form(body, projectId, violations);
        Model model = checkModel(form.model(), violations);
        checkEvents(form, violations);
        List<PropertyFilter> filters = checkFilters(form, violations);
        violations.orThrow();
        return new RowSelection(
                Objects.requireNonNull(model),
                projectId,
                interval,
                orEmpty(form.includeEvents()),
                orEmpty(form.excludeEvents()),
                filters);
    }

    private @Nullable Model checkModel(@Nullable JsonNode form, Violations violations) {
        Model model = ModelForm.read(form, "/model", violations);
        if (model != null) {
            switch (model.relation()) {
                case Relation.Table(String table) ->
                    violations.require(
                            !SYSTEM_TABLE.matcher(table).lookingAt(),
                            "/model/table",
                            "must not be a table of ClickHouse's own");
                case Relation.Query _ ->
                    violations.require(
                            limits.allowQueryModels(),
                            "/model/query",
                            "is not allowed on this server: name a table, or let the operator set"
                                    + " BX_LIMITS_ALLOW_QUERY_MODELS, which lets queries see what its grants for them say");
            }
        }
        return model;
    }

    private record Destination(DestinationType<?> type, Map<String, Object> config) {
        @Override
        public String toString() {
            return "Destination[" + type.name() + "]";
        }
    }

    private static ExportForm form(JsonNode body, long projectId, Violations violations) {
        JsonNode writable = body;
        if (body instanceof ObjectNode object) {
            writable = object.deepCopy().remove(ExportForm.READ_ONLY);
        }
        ObjectNode fields = JsonFields.wellFormed(writable, ExportForm.class, "", violations);
        ExportForm form = JSON.treeToValue(fields, ExportForm.class);
        violations.require(
                form.projectId() == null || form.projectId() == projectId,
                "/project_id",
                "must be the project of the path, " + projectId);
        return form;
    }

    private static void checkName(@Nullable String name, Violations violations) {
        violations.require(name != null, "/name", REQUIRED);
        violations.require(name == null || !name.isBlank(), "/name", "must not be blank");
        violations.require(
                name == null || name.length() <= ExportForm.NAME_LENGTH,
                "/name",
                "must not be longer than " + ExportForm.NAME_LENGTH + " characters");
    }

    private @Nullable Destination checkDestination(ExportForm.@Nullable Destination form, Violations violations) {
        if (form == null) {
            violations.add("/destination", REQUIRED);
            return null;
        }
        violations.require(form.config() != null, "/destination/config", REQUIRED);
        violations.require(form.type() != null, "/destination/type", REQUIRED);
        Optional<DestinationType<?>> type = Optional.ofNullable(form.type()).flatMap(catalog::find);
        violations.require(
                type.isPresent(),
                "/destination/type",
                "must be one of "
                        + String.join(
                                ", ",
                                catalog.types().stream()
                                        .map(DestinationType::name)
                                        .toList()));
        if (type.isEmpty() || form.config() == null) {
            return null;
        }
        return new Destination(type.get(), checkConfig(type.get(), form.config(), violations));
    }

    /// Reports every field that is wrong; returns those that are well formed.
    private Map<String, Object> checkConfig(DestinationType<?> type, Map<String, Object> given, Violations violations) {
        String pointer = "/destination/config";
        ObjectNode wellFormed =
                JsonFields.wellFormed(JSON.valueToTree(given), type.configurationType(), pointer, violations);
        Map<String, Object> config = JSON.treeToValue(wellFormed, new TypeReference<Map<String, Object>>() {});
        try {
            catalog.configuration(type, config);
        } catch (InvalidConfigurationException e) {
            for (InvalidConfigurationException.Violation violation : e.violations()) {
                violations.add(
                        violation.field().isEmpty() ? pointer : Violations.pointer(pointer, violation.field()),
                        violation.message());
            }
        }
        guard.refusals(config).forEach((field, message) -> violations.add(Violations.pointer(pointer, field), message));
        return config;
    }

    private @Nullable Frequency checkInterval(@Nullable String interval, Violations violations) {
        if (interval == null) {
            violations.add("/interval", REQUIRED);
            return null;
        }
        Frequency frequency;
        try {
            frequency = Frequency.parse(interval);
        } catch (IllegalArgumentException e) {
            violations.add("/interval", INTERVALS);
            return null;
        }
        violations.require(
                !(frequency instanceof Frequency.Every every) || every.isPublic() || limits.allowShortIntervals(),
                "/interval",
                INTERVALS);
        return frequency;
    }

    private static @Nullable ZoneId checkZone(@Nullable String zone, Violations violations) {
        String id = zone == null ? DEFAULT_ZONE : zone;
        if (!ZoneId.getAvailableZoneIds().contains(id)) {
            violations.add("/timezone", "must be an IANA time zone such as Europe/Berlin, or UTC");
            return null;
        }
        return ZoneId.of(id);
    }

    /// An offset of 0 is what every interval has, so it is accepted everywhere.
    ///
    /// @return whether they are in range
    private static boolean checkOffsets(ExportForm form, @Nullable Frequency frequency, Violations violations) {
        Integer hour = form.offsetHour();
        Integer day = form.offsetDay();
        boolean hourFits = hour == null || (hour >= 0 && hour <= 23);
        boolean dayFits = day == null || (day >= 0 && day <= 6);
        violations.require(hourFits, "/offset_hour", "must be 0 to 23");
        violations.require(dayFits, "/offset_day", "must be 0 (Sunday) to 6 (Saturday)");
        if (frequency != null) {
            violations.require(
                    hour == null || hour == 0 || takesOffsetHour(frequency),
                    "/offset_hour",
                    "is for the intervals day and week only");
            violations.require(
                    day == null || day == 0 || takesOffsetDay(frequency),
                    "/offset_day",
                    "is for the interval week only");
        }
        return hourFits && dayFits;
    }

    /// Whether intervals of this length begin at an hour that a user may choose.
    public static boolean takesOffsetHour(Frequency frequency) {
        return switch (frequency) {
            case Frequency.Day day -> true;
            case Frequency.Week week -> true;
            case Frequency.Hour hour -> false;
            case Frequency.Every every -> false;
        };
    }

    /// Whether intervals of this length begin on a day that a user may choose.
    public static boolean takesOffsetDay(Frequency frequency) {
        return frequency instanceof Frequency.Week;
    }

    private static List<PropertyFilter> checkFilters(ExportForm form, Violations violations) {
        return form.filters() == null ? List.of() : FilterForm.read(form.filters(), "/filters", violations);
    }

    private static void checkEvents(ExportForm form, Violations violations) {
        checkEvents(orEmpty(form.includeEvents()), "/include_events", violations);
        checkEvents(orEmpty(form.excludeEvents()), "/exclude_events", violations);
        Set<String> excluded = Set.copyOf(orEmpty(form.excludeEvents()));
        violations.require(
                orEmpty(form.includeEvents()).stream().noneMatch(excluded::contains),
                "/exclude_events",
                "must not name an event that include_events names too");
    }

    private static void checkEvents(List<String> events, String pointer, Violations violations) {
        violations.require(events.size() <= EVENT_NAMES, pointer, "must not be more than " + EVENT_NAMES + " names");
        for (int index = 0; index < events.size(); index++) {
            String event = events.get(index);
            violations.require(
                    !event.isEmpty() && event.length() <= EVENT_NAME_LENGTH,
                    Violations.pointer(pointer, Integer.toString(index)),
                    "must not be empty nor longer than " + EVENT_NAME_LENGTH + " characters");
        }
    }

    private static Optional<RerunMode> checkRerunMode(@Nullable String word, Violations violations) {
        if (word == null) {
            return Optional.of(RerunMode.APPEND);
        }
        for (RerunMode mode : RerunMode.values()) {
            if (mode.word().equals(word)) {
                return Optional.of(mode);
            }
        }
        violations.add("/rerun_mode", "must be append or replace");
        return Optional.empty();
    }

    private static LateRows checkLateRows(@Nullable String word, Violations violations) {
        for (LateRows choice : LateRows.values()) {
            if (choice.word().equals(word)) {
                return choice;
            }
        }
        violations.require(word == null, "/late_rows", "must be report or export");
        return LateRows.REPORT;
    }

    private static List<String> orEmpty(@Nullable List<String> list) {
        return list == null ? List.of() : list;
    }
}
