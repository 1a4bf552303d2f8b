package dev.batchexports.embedded.clickhouse;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A request's body of the type `multipart/form-data`, which brings the statement and its parameters.
///
/// As with a server, a field may be 128 KB long, and other fields than `query` and `param_*` mean nothing here.
/// Tables of external data are not supported.
record MultipartForm(String query, Map<String, String> parameters) {
    private static final Pattern BOUNDARY = Pattern.compile("(?i);\\s*boundary=(?:\"([^\"]+)\"|([^;\\s]+))");
    private static final Pattern NAME = Pattern.compile("(?i)content-disposition:[^\r\n]*;\\s*name=\"([^\"]*)\"");
    private static final Pattern FILE = Pattern.compile("(?i)content-disposition:[^\r\n]*;\\s*filename=");
    private static final int LONGEST_FIELD = 128 << 10;
    private static final int LONGEST_FORM = 64 << 20;

    static boolean isOne(HttpRequest request) {
        return request.header("Content-Type").orElse("").startsWith("multipart/form-data");
    }

    /// @param body the request's body, unpacked
    static MultipartForm read(HttpRequest request, InputStream body) throws IOException {
        Matcher boundary = BOUNDARY.matcher(request.header("Content-Type").orElse(""));
        byte[] bytes = body.readNBytes(LONGEST_FORM + 1);
        if (!boundary.find() || bytes.length > LONGEST_FORM) {
            throw new ClickHouseError(36, "The form of the request cannot be read", "BAD_ARGUMENTS");
        }
        String mark = "--" + (boundary.group(1) != null ? boundary.group(1) : boundary.group(2));
        // One character for each byte, so that nothing is decoded before it is cut.
        String text = "\r\n" + new String(bytes, StandardCharsets.ISO_8859_1);
        StringBuilder query = new StringBuilder();
        Map<String, String> parameters = new LinkedHashMap<>();
        int start = text.indexOf("\r\n" + mark);
        while (start >= 0) {
            int head = start + 2 + mark.length();
            int end = text.indexOf("\r\n" + mark, head);
            if (text.startsWith("--", head)) {
                return new MultipartForm(query.toString(), parameters);
            }
            int value = text.indexOf("\r\n\r\n", head);
            if (end < 0 || value < 0 || value > end) {
                break;
            }
            addField(text.substring(head, value), text.substring(value + 4, end), query, parameters);
            start = end;
        }
        throw new ClickHouseError(33, "Unexpected end of the form of the request", "CANNOT_READ_ALL_DATA");
    }

    private static void addField(String head, String value, StringBuilder query, Map<String, String> parameters) {
        if (FILE.matcher(head).find()) {
            throw new ClickHouseError(48, "External data is not supported here", "NOT_IMPLEMENTED");
        }
        if (value.length() > LONGEST_FIELD) {
            throw new ClickHouseError(1000, "HTML Form Exception: Field value too long", "POCO_EXCEPTION");
        }
        Matcher name = NAME.matcher(head);
        if (!name.find()) {
            throw new ClickHouseError(36, "A field of the form has no name", "BAD_ARGUMENTS");
        }
        String decoded = new String(value.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
        if (name.group(1).equals("query")) {
            query.append(decoded);
        } else if (name.group(1).startsWith("param_")) {
            parameters.put(name.group(1), decoded);
        }
    }

    InputStream statement() {
        return new ByteArrayInputStream(query.getBytes(StandardCharsets.UTF_8));
    }
}
