package dev.batchexports.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/// Finds what a person names: by its id, by the beginning of its id, or (an export) by its name.
final class Lookup {
    /// Where an id may be cut: before its hyphens.
    private static final List<Integer> CUTS = List.of(8, 13, 18, 23);

    private static final Pattern ID = Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
    private static final Pattern BEGINNING = Pattern.compile("[0-9a-f][0-9a-f-]{3,35}");
    private static final String LATEST = "latest";
    private static final int SEEN = 10_000;

    private final Api api;

    Lookup(Api api) {
        this.api = api;
    }

    /// How to show the id of one of several items: its shortest beginning that none of the others has.
    static UnaryOperator<String> shortIds(List<Answer> items) {
        long distinct = items.stream().map(Answer::id).distinct().count();
        for (int cut : CUTS) {
            if (items.stream().map(item -> cut(item.id(), cut)).distinct().count() == distinct) {
                return id -> cut(id, cut);
            }
        }
        return UnaryOperator.identity();
    }

    private static String cut(String id, int length) {
        return id.length() > length ? id.substring(0, length) : id;
    }

    /// @param named an id, the beginning of one, or a name
    Answer export(String named) {
        if (ID.matcher(lower(named)).matches()) {
            return api.get(api.exports() + lower(named) + "/");
        }
        if (!named.isBlank()) {
            List<Answer> similar = api.list(api.exports(), Map.of("search", List.of(named)), SEEN);
            List<Answer> byName = similar.stream()
                    .filter(export -> export.text("name").equals(named))
                    .toList();
            if (byName.isEmpty()) {
                byName = similar.stream()
                        .filter(export -> export.text("name").equalsIgnoreCase(named))
                        .toList();
            }
            if (!byName.isEmpty()) {
                return only(byName, named, "batch export", export -> export.text("name"));
            }
        }
        List<Answer> all = api.list(api.exports(), Map.of(), SEEN);
        List<Answer> byId = beginningWith(all, named);
        if (byId.isEmpty()) {
            List<String> names = all.stream().map(export -> export.text("name")).toList();
            throw new CommandFailure("There is no batch export \"" + named + "\" in project " + api.project() + ". "
                    + Nearest.to(named, names)
                            .map(name -> "Did you mean \"" + name + "\"?")
                            .orElse("`bx export list` shows those that there are."));
        }
        return only(byId, named, "batch export", export -> export.text("name"));
    }

    /// @param named an id, the beginning of one, or `latest`
    Answer run(Answer export, String named) {
        return part(
                export,
                "runs/",
                named,
                "run",
                run -> run.text("status") + ", interval from " + run.text("data_interval_start"));
    }

    /// @param named an id, the beginning of one, or `latest`
    Answer backfill(Answer export, String named) {
        return part(
                export,
                "backfills/",
                named,
                "backfill",
                backfill -> backfill.text("status") + ", until " + backfill.text("end_at"));
    }

    String path(Answer export) {
        return api.exports() + export.id() + "/";
    }

    private Answer part(Answer export, String parts, String named, String thing, Function<Answer, String> description) {
        String path = path(export) + parts;
        if (ID.matcher(lower(named)).matches()) {
            return api.get(path + lower(named) + "/");
        }
        boolean latest = named.equals(LATEST);
        List<Answer> all = api.list(path, Map.of(), latest ? 1 : SEEN);
        List<Answer> found = latest ? all : beginningWith(all, named);
        if (found.isEmpty()) {
            throw new CommandFailure(
                    latest
                            ? "\"" + export.text("name") + "\" has no " + thing + " yet."
                            : "\"" + export.text("name") + "\" has no " + thing + " whose id begins with \"" + named
                                    + "\". `bx " + thing + " list` shows those that there are.");
        }
        return only(found, named, thing, description);
    }

    private static List<Answer> beginningWith(List<Answer> all, String named) {
        String beginning = lower(named);
        return BEGINNING.matcher(beginning).matches()
                ? all.stream().filter(item -> item.id().startsWith(beginning)).toList()
                : List.of();
    }

    private static Answer only(List<Answer> found, String named, String thing, Function<Answer, String> description) {
        if (found.size() > 1) {
            List<String> lines = new ArrayList<>();
            found.stream().limit(10).forEach(item -> lines.add(item.id() + "  " + description.apply(item)));
            throw new CommandFailure(
                    "\"" + named + "\" fits " + found.size() + " " + thing + "s: name one by more of its id.", lines);
        }
        return found.getFirst();
    }

    private static String lower(String text) {
        return text.strip().toLowerCase(Locale.ROOT);
    }
}
