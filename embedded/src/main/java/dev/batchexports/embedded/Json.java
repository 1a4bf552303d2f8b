package dev.batchexports.embedded;

import java.util.List;
import java.util.stream.Collectors;

/// Writes the little JSON that the components and their users need.
final class Json {
    private Json() {}

    static String text(String value) {
        StringBuilder quoted = new StringBuilder(value.length() + 2).append('"');
        for (int index = 0; index < value.length(); index++) {
            char character = value.charAt(index);
            switch (character) {
                case '"', '\\' -> quoted.append('\\').append(character);
                case '\n' -> quoted.append("\\n");
                case '\r' -> quoted.append("\\r");
                case '\t' -> quoted.append("\\t");
                default -> {
                    if (character < ' ') {
                        quoted.append("\\u%04x".formatted((int) character));
                    } else {
                        quoted.append(character);
                    }
                }
            }
        }
        return quoted.append('"').toString();
    }

    static String texts(List<String> values) {
        return values.stream().map(Json::text).collect(Collectors.joining(", ", "[", "]"));
    }
}
