package dev.batchexports.embedded.clickhouse;

import java.util.ArrayList;
import java.util.List;

/// A piece of a statement: enough of ClickHouse's grammar to find clauses without being fooled by text, quotes or
/// comments.
///
/// @param start the position of the first character
/// @param end the position after the last character
/// @param depth how many brackets are open around it
record Token(Kind kind, String text, int start, int end, int depth) {
    enum Kind {
        /// A keyword, a name or a number.
        WORD,
        /// Text in single quotes, or a heredoc.
        TEXT,
        /// A name in backticks or double quotes.
        QUOTED_NAME,
        OPEN,
        CLOSE,
        SEMICOLON,
        OTHER
    }

    boolean is(String keyword) {
        return kind == Kind.WORD && text.equalsIgnoreCase(keyword);
    }

    /// Splits a statement, without white space and comments. An unfinished text or comment reaches to the end: the
    /// engine
    /// reports it.
    static List<Token> all(String sql) {
        List<Token> tokens = new ArrayList<>();
        Reader reader = new Reader(sql);
        for (Token token = reader.next(); token.start < token.end; token = reader.next()) {
            tokens.add(token);
        }
        return tokens;
    }

    /// Reads one token after the other, so that a reader can stop where data begins.
    static final class Reader {
        private final String sql;
        private int position;
        private int depth;

        Reader(String sql) {
            this.sql = sql;
        }

        /// The next token; an empty one at the end.
        Token next() {
            skipBlanks();
            int start = position;
            if (start >= sql.length()) {
                return new Token(Kind.OTHER, "", sql.length(), sql.length(), depth);
            }
            char first = sql.charAt(start);
            Kind kind;
            int at = depth;
            if (isWordCharacter(first)) {
                while (position < sql.length() && isWordCharacter(sql.charAt(position))) {
                    position++;
                }
                kind = Kind.WORD;
            } else if (first == '\'') {
                skipQuoted(first);
                kind = Kind.TEXT;
            } else if (first == '`' || first == '"') {
                skipQuoted(first);
                kind = Kind.QUOTED_NAME;
            } else if (first == '$' && skipHeredoc()) {
                kind = Kind.TEXT;
            } else {
                position++;
                switch (first) {
                    case '(', '[', '{' -> {
                        depth++;
                        kind = Kind.OPEN;
                    }
                    case ')', ']', '}' -> {
                        depth--;
                        at = depth;
                        kind = Kind.CLOSE;
                    }
                    case ';' -> kind = Kind.SEMICOLON;
                    default -> kind = Kind.OTHER;
                }
            }
            return new Token(kind, sql.substring(start, position), start, position, at);
        }

        private static boolean isWordCharacter(char character) {
            return character == '_' || Character.isLetterOrDigit(character);
        }

        private void skipBlanks() {
            while (position < sql.length()) {
                char character = sql.charAt(position);
                if (Character.isWhitespace(character)) {
                    position++;
                } else if (sql.startsWith("--", position)
                        || sql.startsWith("#!", position)
                        || sql.startsWith("# ", position)) {
                    position = after(sql.indexOf('\n', position), 1);
                } else if (sql.startsWith("/*", position)) {
                    position = after(sql.indexOf("*/", position + 2), 2);
                } else {
                    return;
                }
            }
        }

        private void skipQuoted(char quote) {
            position++;
            while (position < sql.length()) {
                char character = sql.charAt(position++);
                if (character == '\\') {
                    position++;
                } else if (character == quote) {
                    if (position >= sql.length() || sql.charAt(position) != quote) {
                        return;
                    }
                    position++;
                }
            }
            position = sql.length();
        }

        private boolean skipHeredoc() {
            int tagEnd = position + 1;
            while (tagEnd < sql.length() && isWordCharacter(sql.charAt(tagEnd))) {
                tagEnd++;
            }
            if (tagEnd >= sql.length() || sql.charAt(tagEnd) != '$') {
                return false;
            }
            String tag = sql.substring(position, tagEnd + 1);
            position = after(sql.indexOf(tag, tagEnd + 1), tag.length());
            return true;
        }

        private int after(int found, int length) {
            return found < 0 ? sql.length() : found + length;
        }
    }
}
