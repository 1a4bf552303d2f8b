package dev.batchexports.server.api;

import dev.batchexports.server.monitor.Change;
import dev.batchexports.server.monitor.ChangeFeed;
import dev.batchexports.server.security.Scope;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/// Tells what changes, as it changes.
@Tag(name = "Events")
@RestController
class EventRoutes {
    /// Then the client connects again, which proxies and rights that have changed want it to now and then.
    private static final Duration LONGEST_CONNECTION = Duration.ofMinutes(15);
    private static final int TICKS_PER_SIGN_OF_LIFE = 15;

    /// Of one project in one process, so that no project takes all connections.
    private static final int MOST_STREAMS = 200;

    private final ChangeFeed feed;

    EventRoutes(ChangeFeed feed) {
        this.feed = feed;
    }

    @Operation(
            operationId = "streamEvents",
            summary = "Stream what changes",
            description = "Server-sent events named batch_export, run and backfill, with the ids and the status of what"
                    + " has changed. The id of an event, sent back as Last-Event-ID, resumes behind it. An event"
                    + " may come twice; none is left out within a quarter of an hour.")
    @ApiResponse(
            responseCode = "200",
            description = "A stream that stays open",
            content = @Content(mediaType = MediaType.TEXT_EVENT_STREAM_VALUE, schema = @Schema(type = "string")))
    @GetMapping(path = "/api/projects/{project_id}/events/", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
    @RequiresScope(Scope.READ)
    SseEmitter stream(
            @PathVariable("project_id") long projectId,
            @Parameter(hidden = true) @RequestHeader(name = "Last-Event-ID", required = false) @Nullable
                    String lastEventId)
            throws IOException {
        if (feed.listenersOf(projectId) >= MOST_STREAMS) {
            throw new TooManyRequestsException(
                    "too_many_streams",
                    MOST_STREAMS + " streams of this project are open: close one, or ask for the lists instead.");
        }
        SseEmitter emitter = new SseEmitter(LONGEST_CONNECTION.toMillis());
        Subscriber subscriber = new Subscriber(projectId, emitter);
        Runnable forget = () -> feed.forget(subscriber);
        emitter.onCompletion(forget);
        emitter.onTimeout(emitter::complete);
        emitter.onError(error -> forget.run());
        emitter.send(SseEmitter.event().comment("connected").reconnectTime(2_000));
        feed.listen(subscriber, time(lastEventId));
        return emitter;
    }

    private static @Nullable Instant time(@Nullable String eventId) {
        try {
            return eventId == null || eventId.isBlank() ? null : Instant.parse(eventId.strip());
        } catch (DateTimeParseException e) {
            return null; // of another program
        }
    }

    private final class Subscriber implements ChangeFeed.Listener {
        private final long projectId;
        private final SseEmitter emitter;
        private int ticks;

        Subscriber(long projectId, SseEmitter emitter) {
            this.projectId = projectId;
            this.emitter = emitter;
        }

        @Override
        public long projectId() {
            return projectId;
        }

        @Override
        public void changed(Change change) {
            send(SseEmitter.event()
                    .name(change.kind())
                    .id(change.at().toString())
                    .data(
                            Map.of(
                                    "id", change.id(),
                                    "batch_export_id", change.exportId(),
                                    "status", change.status(),
                                    "at", change.at()),
                            MediaType.APPLICATION_JSON));
        }

        @Override
        public void tick() {
            ticks++;
            if (ticks % TICKS_PER_SIGN_OF_LIFE == 0) {
                send(SseEmitter.event().comment("still here"));
            }
        }

        @Override
        public void end() {
            emitter.complete();
        }

        private void send(SseEmitter.SseEventBuilder event) {
            try {
                emitter.send(event);
            } catch (IOException | IllegalStateException e) {
                feed.forget(this); // the client is gone
            }
        }
    }
}
