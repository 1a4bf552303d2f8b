package dev.batchexports.endtoend;

import java.nio.charset.StandardCharsets;

/// What a peer answers that does not do what it was asked to.
enum Refusal {
    UNAVAILABLE("503", http("503 Service Unavailable", "", "")),
    BROKEN("500", http("500 Internal Server Error", "", "")),
    /// The access key was deactivated: a person has to act.
    KEY_DISABLED("key disabled", http("403 Forbidden", "", s3Error("InvalidAccessKeyId"))),
    /// Temporary credentials that are about to be renewed.
    TOKEN_EXPIRED("token expired", http("400 Bad Request", "", s3Error("ExpiredToken"))),
    LOGIN_REFUSED(
            "login refused",
            http(
                    "200 OK",
                    "Content-Type: application/json\r\n",
                    "{\"data\": {\"errorCode\": \"390100\", \"sqlState\": \"08001\"}, \"code\": \"390100\","
                            + " \"message\": \"Incorrect username or password was specified.\","
                            + " \"success\": false}")),
    STORE_FULL("disk full", http("507 Insufficient Storage", "", s3Error("InsufficientStorage"))),
    CLICKHOUSE_FULL(
            "disk full",
            http(
                    "500 Internal Server Error",
                    "X-ClickHouse-Exception-Code: 243\r\n",
                    "Code: 243. DB::Exception: Cannot reserve 1.00 MiB, not enough space. (NOT_ENOUGH_SPACE)\n")),
    POSTGRES_FULL("disk full", postgresError("53100", "could not extend file: No space left on device"));

    private final String word;
    private final String reply;

    Refusal(String word, String reply) {
        this.word = word;
        this.reply = reply;
    }

    /// What the report calls it.
    String word() {
        return word;
    }

    String reply() {
        return reply;
    }

    private static String http(String status, String header, String body) {
        return "HTTP/1.1 %s\r\n%sContent-Length: %d\r\nConnection: close\r\n\r\n%s"
                .formatted(status, header, body.getBytes(StandardCharsets.ISO_8859_1).length, body);
    }

    private static String s3Error(String code) {
        return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%s</Code><Message>%s</Message></Error>"
                .formatted(code, code);
    }

    /// An ErrorResponse, and the message that lets the client go on.
    private static String postgresError(String state, String message) {
        String fields = "SERROR\0VERROR\0C" + state + "\0M" + message + "\0\0";
        return "E" + number(fields.length() + Integer.BYTES) + fields + "Z" + number(5) + "E";
    }

    private static String number(int value) {
        return "" + (char) (value >>> 24 & 0xff) + (char) (value >>> 16 & 0xff) + (char) (value >>> 8 & 0xff)
                + (char) (value & 0xff);
    }
}
