package dev.batchexports.destination.s3;

import dev.batchexports.core.interval.Interval;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// The part of an object key in front of the file name: text with variables in braces.
///
/// `{year} {month} {day} {hour} {minute} {second}` are those of the interval's start in UTC, padded with
/// zeros; `{table}` is the model's name; `{data_interval_start}` and `{data_interval_end}` are written as
/// in `2026-11-23T10:00:00Z`. Slashes at either end and repeated slashes do not count.
final class PrefixTemplate {
    static final List<String> VARIABLES = List.of(
            "year", "month", "day", "hour", "minute", "second", "table", "data_interval_start", "data_interval_end");

    private static final Pattern VARIABLE = Pattern.compile("\\{([^{}]*)}");
    private static final Pattern BRACE = Pattern.compile("[{}]");

    private final String template;

    PrefixTemplate(String template) {
        this.template = template;
    }

    /// What is wrong with it, in sentences; empty when it can be used.
    List<String> violations() {
        List<String> violations = new ArrayList<>();
        Matcher variable = VARIABLE.matcher(template);
        while (variable.find()) {
            if (!VARIABLES.contains(variable.group(1))) {
                violations.add("{" + variable.group(1) + "} is not a variable; known are "
                        + VARIABLES.stream().map(name -> "{" + name + "}").collect(Collectors.joining(", ")));
            }
        }
        if (BRACE.matcher(variable.replaceAll("")).find()) {
            violations.add("has a brace without its partner");
        }
        if (template.chars().anyMatch(Character::isISOControl)) {
            violations.add("must not contain control characters");
        }
        if (segments(template).stream().anyMatch(segment -> segment.equals(".") || segment.equals(".."))) {
            violations.add("must not contain . or .. between slashes");
        }
        return violations;
    }

    /// The prefix for an interval: empty, or ending in a slash.
    String render(Interval interval, String table) {
        OffsetDateTime start = interval.start().atOffset(ZoneOffset.UTC);
        String rendered = VARIABLE.matcher(template)
                .replaceAll(variable -> Matcher.quoteReplacement(
                        switch (variable.group(1)) {
                            case "year" -> "%04d".formatted(start.getYear());
                            case "month" -> "%02d".formatted(start.getMonthValue());
                            case "day" -> "%02d".formatted(start.getDayOfMonth());
                            case "hour" -> "%02d".formatted(start.getHour());
                            case "minute" -> "%02d".formatted(start.getMinute());
                            case "second" -> "%02d".formatted(start.getSecond());
                            case "table" -> table;
                            case "data_interval_start" -> interval.start().toString();
                            case "data_interval_end" -> interval.end().toString();
                            default -> throw new IllegalStateException("not a variable: " + variable.group());
                        }));
        return folder(segments(rendered));
    }

    /// The longest prefix that every rendering begins with: empty, or ending in a slash.
    String constantFolder() {
        List<String> segments = segments(template);
        int constant = 0;
        while (constant < segments.size() && segments.get(constant).indexOf('{') < 0) {
            constant++;
        }
        return folder(segments.subList(0, constant));
    }

    private static List<String> segments(String path) {
        return Arrays.stream(path.split("/"))
                .filter(segment -> !segment.isEmpty())
                .toList();
    }

    private static String folder(List<String> segments) {
        return segments.stream().map(segment -> segment + "/").collect(Collectors.joining());
    }
}
