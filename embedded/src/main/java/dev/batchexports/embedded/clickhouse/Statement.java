package dev.batchexports.embedded.clickhouse;

import dev.batchexports.embedded.clickhouse.Token.Kind;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/// What the front must know of a statement before it gives it to the engine.
///
/// @param kind how it is run
/// @param text the statement, without the semicolon at its end, without `FORMAT` for an insert whose rows follow
/// @param format the name after `FORMAT`
/// @param formatStart where the clause `FORMAT <name>` begins in the text of a [Kind#QUERY], or the end of the text
/// @param formatEnd where it ends
/// @param dataStart where the rows of an [Kind#INSERT] begin in the original
record Statement(Kind kind, String text, Optional<String> format, int formatStart, int formatEnd, int dataStart) {

    enum Kind {
        /// Returns rows that can be many.
        QUERY,
        /// Returns a few rows and changes nothing.
        INSPECTION,
        /// An insert whose rows follow the statement.
        INSERT,
        KILL,
        /// Everything else changes something.
        CHANGE;

        boolean readsOnly() {
            return this == QUERY || this == INSPECTION;
        }
    }

    private static final Set<String> INSPECTIONS =
            Set.of("SHOW", "DESCRIBE", "DESC", "EXPLAIN", "EXISTS", "CHECK", "SET", "USE");

    /// @throws ClickHouseError if the text holds more than one statement, or asks for a file on this machine
    static Statement parse(String sql) {
        Token.Reader reader = new Token.Reader(sql);
        Token first = reader.next();
        while (first.kind() == Token.Kind.OPEN) {
            first = reader.next();
        }
        if (first.is("INSERT")) {
            return insert(sql, reader);
        }
        return other(sql, first.text().toUpperCase(Locale.ROOT));
    }

    private static Statement insert(String sql, Token.Reader reader) {
        Token token = reader.next();
        while (token.is("INTO") || token.is("TABLE") || token.is("FUNCTION")) {
            token = reader.next();
        }
        // This token names the table, whatever its name is.
        Token former = token;
        for (token = reader.next(); token.start() < token.end(); token = reader.next()) {
            boolean top = token.depth() == 0;
            boolean inBrackets = token.depth() == 1 && former.kind() == Token.Kind.OPEN;
            if ((top || inBrackets) && (token.is("SELECT") || token.is("WITH"))) {
                return whole(Kind.CHANGE, sql);
            }
            if (top && token.is("FROM")) {
                return whole(Kind.CHANGE, sql);
            }
            if (top && token.is("VALUES")) {
                return new Statement(
                        Kind.INSERT, sql.substring(0, token.start()), Optional.of("Values"), 0, 0, token.end());
            }
            if (top && token.is("FORMAT")) {
                Token name = reader.next();
                return new Statement(
                        Kind.INSERT,
                        sql.substring(0, token.start()),
                        Optional.of(name.text()),
                        0,
                        0,
                        dataStart(sql, name.end()));
            }
            former = token;
        }
        String text = withoutSemicolon(sql, Token.all(sql));
        return new Statement(Kind.INSERT, text, Optional.empty(), 0, 0, sql.length());
    }

    /// Rows begin after the line end that follows the format's name or, without one, after the blanks.
    private static int dataStart(String sql, int afterFormat) {
        int position = afterFormat;
        while (position < sql.length() && " \t\f;".indexOf(sql.charAt(position)) >= 0) {
            position++;
        }
        if (sql.startsWith("\r", position)) {
            position++;
        }
        return sql.startsWith("\n", position) ? position + 1 : position;
    }

    private static Statement other(String sql, String keyword) {
        List<Token> tokens = Token.all(sql);
        String text = withoutSemicolon(sql, tokens);
        boolean insertsAfterWith = false;
        Optional<Token> format = Optional.empty();
        Optional<Token> formatName = Optional.empty();
        for (int index = 0; index < tokens.size(); index++) {
            Token token = tokens.get(index);
            if (token.depth() != 0) {
                continue;
            }
            if (token.is("INTO")
                    && index + 1 < tokens.size()
                    && tokens.get(index + 1).is("OUTFILE")) {
                throw new ClickHouseError(1, "INTO OUTFILE is not allowed", "UNSUPPORTED_METHOD");
            }
            insertsAfterWith |= token.is("INSERT");
            if (token.is("FORMAT") && index + 1 < tokens.size() && endsFormat(tokens, index + 2)) {
                format = Optional.of(token);
                formatName = Optional.of(tokens.get(index + 1));
            }
        }
        Kind kind = switch (keyword) {
            case "SELECT", "WITH", "FROM", "VALUES" -> insertsAfterWith ? Kind.CHANGE : Kind.QUERY;
            case "KILL" -> Kind.KILL;
            default -> INSPECTIONS.contains(keyword) ? Kind.INSPECTION : Kind.CHANGE;
        };
        return new Statement(
                kind,
                text,
                formatName.map(Token::text),
                format.map(Token::start).orElse(text.length()),
                formatName.map(Token::end).orElse(text.length()),
                sql.length());
    }

    /// `FORMAT` is a clause, not a column's name, if nothing but `SETTINGS` follows the word after it.
    private static boolean endsFormat(List<Token> tokens, int next) {
        return next >= tokens.size()
                || tokens.get(next).is("SETTINGS")
                || tokens.get(next).kind() == Token.Kind.SEMICOLON;
    }

    private static Statement whole(Kind kind, String sql) {
        String text = withoutSemicolon(sql, Token.all(sql));
        return new Statement(kind, text, Optional.empty(), text.length(), text.length(), sql.length());
    }

    /// The engine's C interface would run several statements; a server refuses them.
    private static String withoutSemicolon(String sql, List<Token> tokens) {
        Optional<Token> semicolon = tokens.stream()
                .filter(token -> token.kind() == Token.Kind.SEMICOLON)
                .findFirst();
        if (semicolon.isEmpty()) {
            return sql.substring(0, tokens.isEmpty() ? 0 : tokens.getLast().end());
        }
        int position = semicolon.get().start();
        if (tokens.stream().anyMatch(token -> token.start() > position && token.kind() != Token.Kind.SEMICOLON)) {
            throw new ClickHouseError(62, "Syntax error: Multi-statements are not allowed", "SYNTAX_ERROR");
        }
        return sql.substring(0, position).stripTrailing();
    }

    /// The statement with a destination for its rows, for a [Kind#QUERY].
    ///
    /// @param destination the clause `INTO OUTFILE ...`
    String into(String destination, String outputFormat) {
        return text.substring(0, formatStart).stripTrailing() + "\n" + destination + " FORMAT " + outputFormat + " "
                + text.substring(formatEnd);
    }
}
