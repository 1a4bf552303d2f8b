package dev.batchexports.endtoend;

import dev.batchexports.core.interval.Interval;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import tools.jackson.databind.JsonNode;

/// Files in the bucket, read as the manifests name them.
final class S3Target implements Target {
    private static final String MANIFEST = "_manifest.json";

    private final Installation installation;
    private final String name;
    private final Map<String, Object> export;

    /// @param port of the endpoint on 127.0.0.1
    S3Target(Installation installation, String name, int port, String format, String compression) {
        this.installation = installation;
        this.name = name;
        this.export = installation.hourlyExport(name);
        Installation.change(export, "endpoint_url", "http://127.0.0.1:" + port);
        Installation.change(export, "file_format", format);
        Installation.change(export, "compression", compression);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Map<String, Object> export() {
        return export;
    }

    @Override
    public Map<Interval, List<String>> rows(Map<UUID, Interval> intervals, List<Interval> all) {
        Map<Interval, List<String>> found = new HashMap<>();
        Set<Interval> wanted = Set.copyOf(all);
        for (JsonNode manifest :
                manifests(key -> all.stream().map(Interval::toString).anyMatch(key::contains))) {
            Interval interval = new Interval(
                    Instant.parse(manifest.get("data_interval_start").asString()),
                    Instant.parse(manifest.get("data_interval_end").asString()));
            if (wanted.contains(interval)) {
                List<String> rows = new ArrayList<>();
                for (JsonNode file : manifest.get("files")) {
                    List<String> ofFile =
                            installation.bucket.rowsOf(file.get("key").asString());
                    if (ofFile.size() != file.get("rows").asLong()) {
                        rows.add("the manifest counts other rows in " + file);
                    }
                    rows.addAll(ofFile);
                }
                found.put(interval, rows);
            }
        }
        return found;
    }

    private List<JsonNode> manifests(Predicate<String> wanted) {
        return installation.bucket.keys(name + "/").stream()
                .filter(key -> key.endsWith(MANIFEST))
                .filter(wanted)
                .map(key -> Api.JSON.readTree(installation.bucket.text(key)))
                .toList();
    }

    /// An answer to HEAD has no code.
    @Override
    public Set<String> codesToMend() {
        return Set.of("InvalidAccessKeyId", "AccessDenied");
    }

    @Override
    public List<String> leftovers() {
        List<String> leftovers = new ArrayList<>();
        Set<String> named = new HashSet<>();
        for (JsonNode manifest : manifests(_ -> true)) {
            manifest.get("files").forEach(file -> named.add(file.get("key").asString()));
        }
        List<String> keys = installation.bucket.keys(name + "/");
        keys.stream()
                .filter(key -> !key.endsWith(MANIFEST) && !named.contains(key))
                .map(key -> key + " is in no manifest")
                .forEach(leftovers::add);
        installation.bucket.unfinishedUploads(name + "/").stream()
                .map(key -> "an upload of " + key + " is unfinished")
                .forEach(leftovers::add);
        return leftovers;
    }
}
