package dev.batchexports.embedded.clickhouse;

import java.io.Serial;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// An error as a ClickHouse server reports it: `Code: <number>. DB::Exception: <text>. (<NAME>)`.
final class ClickHouseError extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    private static final Pattern CODE = Pattern.compile("^Code: (\\d+)\\.");
    private static final Pattern NAME = Pattern.compile("\\(([A-Z][A-Z0-9_]{3,})\\)");
    private static final int STD_EXCEPTION = 1001;

    /// The statuses that a server answers, by error; 500 for every other one.
    private static final Map<Integer, Set<String>> STATUSES = Map.of(
            400,
                    Set.of(
                            "BAD_ARGUMENTS",
                            "CANNOT_COMPILE_REGEXP",
                            "CANNOT_PARSE_DATE",
                            "CANNOT_PARSE_DATETIME",
                            "CANNOT_PARSE_DOMAIN_VALUE_FROM_STRING",
                            "CANNOT_PARSE_ESCAPE_SEQUENCE",
                            "CANNOT_PARSE_INPUT_ASSERTION_FAILED",
                            "CANNOT_PARSE_IPV4",
                            "CANNOT_PARSE_IPV6",
                            "CANNOT_PARSE_NUMBER",
                            "CANNOT_PARSE_QUOTED_STRING",
                            "CANNOT_PARSE_TEXT",
                            "CANNOT_PARSE_UUID",
                            "DUPLICATE_COLUMN",
                            "ILLEGAL_COLUMN",
                            "INCORRECT_DATA",
                            "SYNTAX_ERROR",
                            "THERE_IS_NO_COLUMN",
                            "TOO_BIG_AST",
                            "TOO_DEEP_AST",
                            "TYPE_MISMATCH",
                            "UNEXPECTED_AST_STRUCTURE",
                            "UNKNOWN_ELEMENT_IN_AST",
                            "UNKNOWN_TYPE_OF_AST_NODE",
                            "VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE"),
            401, Set.of("REQUIRED_PASSWORD"),
            403,
                    Set.of(
                            "ACCESS_DENIED",
                            "AUTHENTICATION_FAILED",
                            "SET_NON_GRANTED_ROLE",
                            "UNKNOWN_USER",
                            "WRONG_PASSWORD"),
            404,
                    Set.of(
                            "UNKNOWN_AGGREGATE_FUNCTION",
                            "UNKNOWN_DATABASE",
                            "UNKNOWN_DATABASE_ENGINE",
                            "UNKNOWN_DIRECTION_OF_SORTING",
                            "UNKNOWN_FORMAT",
                            "UNKNOWN_FUNCTION",
                            "UNKNOWN_IDENTIFIER",
                            "UNKNOWN_ROLE",
                            "UNKNOWN_SETTING",
                            "UNKNOWN_STORAGE",
                            "UNKNOWN_TABLE",
                            "UNKNOWN_TYPE",
                            "UNKNOWN_TYPE_OF_QUERY"),
            408, Set.of("TIMEOUT_EXCEEDED"),
            411, Set.of("HTTP_LENGTH_REQUIRED"),
            413, Set.of("QUERY_IS_TOO_LARGE"),
            415, Set.of("UNSUPPORTED_MEDIA_TYPE"),
            501, Set.of("NOT_IMPLEMENTED"),
            503, Set.of("CANNOT_OPEN_FILE", "CANNOT_SCHEDULE_TASK", "SOCKET_TIMEOUT"));

    private final int code;
    private final String name;

    /// @param name the error's name in capitals
    ClickHouseError(int code, String text, String name) {
        super("Code: " + code + ". DB::Exception: " + text + ". (" + name + ")");
        this.code = code;
        this.name = name;
    }

    /// @param message the engine's message
    ClickHouseError(String message) {
        super(message.strip());
        Matcher codeMatcher = CODE.matcher(message);
        this.code = codeMatcher.find() ? Integer.parseInt(codeMatcher.group(1)) : STD_EXCEPTION;
        String last = "";
        Matcher nameMatcher = NAME.matcher(message);
        while (nameMatcher.find()) {
            last = nameMatcher.group(1);
        }
        this.name = last;
    }

    int code() {
        return code;
    }

    int status() {
        return STATUSES.entrySet().stream()
                .filter(entry -> entry.getValue().contains(name))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElse(500);
    }
}
