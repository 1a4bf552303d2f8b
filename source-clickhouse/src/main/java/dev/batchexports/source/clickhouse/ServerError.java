package dev.batchexports.source.clickhouse;

import dev.batchexports.core.error.ErrorKind;
import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.source.Source;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// An error that ClickHouse reported, and what it means for a run.
///
/// ClickHouse's own words are shown only for errors about names, rights and settings. Messages of other
/// errors can hold values of rows, so they are left in ClickHouse's log, where the query id finds them.
///
/// @param code ClickHouse's error number
/// @param name ClickHouse's name of the error, `UNKNOWN_TABLE`; empty if the message has none
/// @param words the first line of the message without number, name and version, of bounded length
record ServerError(int code, String name, String words) {
    /// How ClickHouse begins its messages, over HTTP and inside a broken stream.
    private static final Pattern MESSAGE =
            Pattern.compile("Code: (\\d+)[.,] (?:e\\.displayText\\(\\) = )?DB::Exception: ");

    /// Stands before the message that ClickHouse writes into a stream which it breaks off, since 24.9.
    private static final String STREAM_MARK = "__exception__\r\n";

    /// What earlier versions append to such a stream, which they then end as if it were whole.
    private static final Pattern APPENDED = Pattern.compile("(?:^|\\n)(?=" + MESSAGE.pattern() + "[^\\n]*\\)\\s*$)");

    private static final Pattern NAME = Pattern.compile("\\(([A-Z][A-Z0-9_]{2,80})\\)");
    private static final Pattern AFTERWORD = Pattern.compile(
            "(?: In scope | in scope |\\. Stack trace|, Stack trace|: While processing | \\(version ).*");
    private static final int LONGEST_WORDS = 300;

    /// Reads a message of ClickHouse; empty if the text holds none.
    static Optional<ServerError> parse(String text) {
        Matcher message = MESSAGE.matcher(text);
        if (!message.find()) {
            return Optional.empty();
        }
        int code = Integer.parseInt(message.group(1));
        int begin = message.end();
        // A message may be repeated inside itself: "Code: 50. DB::Exception: Code: 50. DB::Exception: ...".
        while (message.find(begin) && message.start() == begin) {
            begin = message.end();
        }
        String rest = text.substring(begin);
        Matcher names = NAME.matcher(rest);
        String name = "";
        while (names.find()) {
            name = names.group(1);
        }
        String line = rest.lines().findFirst().orElse("").strip();
        if (!name.isEmpty()) {
            line = line.replace("(" + name + ")", "").strip();
        }
        line = AFTERWORD.matcher(line).replaceFirst("").strip();
        if (line.length() > LONGEST_WORDS) {
            line = line.substring(0, LONGEST_WORDS) + "...";
        }
        return Optional.of(new ServerError(code, name, line));
    }

    /// Finds the message with which ClickHouse broke a stream off.
    ///
    /// Rows cannot be taken for one: no line of text formats holds a bare line break or begins with a
    /// message, and a Parquet file is asked only when it is not whole.
    ///
    /// @param tail the end of the stream, unpacked
    /// @param tag that stands behind the mark, if the head of the answer announced one: such a server writes
    ///     no message without it
    static Optional<ServerError> parseStreamEnd(String tail, Optional<String> tag) {
        int mark = tail.indexOf(STREAM_MARK + tag.orElse(""));
        if (mark >= 0) {
            return parse(tail.substring(mark));
        }
        Matcher appended = APPENDED.matcher(tail);
        return tag.isEmpty() && appended.find() ? parse(tail.substring(appended.end())) : Optional.empty();
    }

    /// @param queryId by which ClickHouse's log knows the query
    ExportException toExportException(String queryId) {
        // The numbers are those of ErrorCodes.cpp of ClickHouse.
        return switch (code) {
            case 60 ->
                user("UnknownTable", "Check the name of the table and the database that the source connects to.");
            case 81 -> user("UnknownDatabase", "Check the name of the database.");
            case 8, 16, 47 -> user("UnknownColumn", "Check the names of the model's columns.");
            case 46, 63 -> user("UnknownFunction", "Correct the query of the model.");
            case 62 -> user("SyntaxError", "Correct the query of the model.");
            case 43, 44, 53, 386 -> user("TypeMismatch", "Correct the types of the columns that the model uses.");
            case 50 ->
                user("UnsupportedType", "Leave the column out, or convert it in a query to a type the format knows.");
            case 1, 36, 48, 125, 179, 184, 207, 215, 258, 352, 403, 456 ->
                user("InvalidQuery", "Correct the query of the model.");
            case 427 ->
                user("InvalidRegularExpression", "Correct the regular expression of the filter: it is one of RE2.");
            case 497 -> user("AccessDenied", "Grant the user of the source what the message names.");
            case 192, 193, 194, 516 ->
                new ExportException(
                        "AuthenticationFailed",
                        ErrorKind.USER,
                        "ClickHouse refused the user name or the password.",
                        "Check the user and the password of the source.");
            case 164 ->
                user(
                        "ReadOnlyUser",
                        "Give the user of the source the profile setting readonly = 2 instead of 1: it still can change"
                                + " nothing, but may set how a query runs.");
            case 73, 115 -> user("UnsupportedServer", "Use a newer ClickHouse, or remove the extra setting it names.");
            case 452 ->
                user("SettingNotAllowed", "Loosen the constraint in the settings profile of the source's user.");
            case 158, 191, 307, 396 ->
                user("LimitExceeded", "Raise the limit in the settings profile of the source's user.");
            case 6, 7, 26, 27, 38, 41, 42, 69, 70, 72, 131, 153, 321, 349, 376, 395, 407 ->
                new ExportException(
                        "RowNotReadable",
                        ErrorKind.USER,
                        "ClickHouse could not compute a row of the model: error " + named() + ".",
                        "Correct the query or the view; system.query_log has the details of query " + queryId + ".");
            case 159 -> passing("Timeout", "The query ran into a time limit of ClickHouse.", "");
            case 160 -> passing("Timeout", "ClickHouse stopped the query because it was too slow.", "");
            case 202 -> passing("TooManyQueries", "ClickHouse runs as many queries as it may.", "");
            case 201 -> passing("QuotaExceeded", "The quota of the source's user is used up.", "");
            case 203, 209, 210, 279 ->
                passing("SourceUnavailable", "ClickHouse could not reach one of its servers.", "");
            case 216 -> passing("QueryIdInUse", "An earlier attempt of this query is still being stopped.", "");
            case 236, 394, 734, 735 -> passing("QueryCancelled", "The query was cancelled in ClickHouse.", "");
            case 241 ->
                passing(
                        Source.MEMORY_LIMIT,
                        "The query reached a memory limit of ClickHouse.",
                        "Each further attempt takes less memory. If the run fails all the same, raise"
                                + " BX_CLICKHOUSE_MAX_MEMORY_BYTES or the limit in the profile of the source's user.");
            case 242, 252, 243, 369, 439, 473, 519, 667, 999 ->
                passing("SourceUnavailable", "ClickHouse is not able to answer now: error " + named() + ".", "");
            case 499, 74, 75, 76 ->
                passing("SourceUnavailable", "ClickHouse could not read its storage: error " + named() + ".", "");
            default ->
                new ExportException(
                        name.isEmpty() ? "ClickHouse" + code : name,
                        ErrorKind.INTERNAL,
                        "ClickHouse reported error " + named() + ".",
                        "See system.query_log for query " + queryId + ".");
        };
    }

    private ExportException user(String word, String fix) {
        return new ExportException(
                word, ErrorKind.USER, words.isEmpty() ? "ClickHouse reported " + named() : words, fix);
    }

    private static ExportException passing(String word, String sentence, String fix) {
        return new ExportException(word, ErrorKind.TRANSIENT, sentence, fix);
    }

    private String named() {
        return name.isEmpty() ? Integer.toString(code) : code + " (" + name + ")";
    }
}
