package dev.batchexports.embedded.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.batchexports.embedded.clickhouse.Statement.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StatementTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "SELECT 1 | QUERY",
                "'-- a comment; with a semicolon\n/* FORMAT CSV */ SELECT 1' | QUERY",
                "WITH 1 AS x SELECT x | QUERY",
                "WITH 1 AS x INSERT INTO t SELECT x | CHANGE",
                "(SELECT 1) UNION ALL (SELECT 2) | QUERY",
                "SHOW TABLES | INSPECTION",
                "INSERT INTO t SELECT 1 | CHANGE",
                "INSERT INTO t (a) (SELECT 1) | CHANGE",
                "INSERT INTO t WITH 1 AS x SELECT x | CHANGE",
                "INSERT INTO t VALUES (1) | INSERT",
                "INSERT INTO t (a, format) FORMAT CSV | INSERT",
                "INSERT INTO FUNCTION file('x', 'CSV', 'select String') VALUES (1) | INSERT",
                "INSERT INTO t | INSERT",
                "KILL QUERY WHERE query_id = 'SELECT' | KILL",
                "CREATE TABLE t (a String) ENGINE = Memory | CHANGE"
            })
    void knowsHowAStatementRuns(String sql, Kind kind) {
        assertThat(Statement.parse(sql).kind()).isEqualTo(kind);
    }

    @Test
    void replacesTheFormatAndKeepsWhatFollowsIt() {
        Statement statement = Statement.parse("SELECT 'FORMAT CSV' FORMAT JSONEachRow SETTINGS max_threads = 1;");
        assertThat(statement.format()).contains("JSONEachRow");
        assertThat(statement.into("INTO OUTFILE 'x'", "JSONEachRow"))
                .isEqualTo("SELECT 'FORMAT CSV'\nINTO OUTFILE 'x' FORMAT JSONEachRow  SETTINGS max_threads = 1");
    }

    @Test
    void addsTheDefaultFormatAtTheEnd() {
        Statement statement = Statement.parse("SELECT format FROM t -- which format\n");
        assertThat(statement.format()).isEmpty();
        assertThat(statement.into("INTO OUTFILE 'x'", "CSV"))
                .isEqualTo("SELECT format FROM t\nINTO OUTFILE 'x' FORMAT CSV ");
    }

    @Test
    void takesAColumnNamedFormatForAColumn() {
        assertThat(Statement.parse("SELECT format x FROM t").format()).isEmpty();
        assertThat(Statement.parse("SELECT (SELECT 1 FORMAT CSV)").format()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'INSERT INTO t FORMAT CSV\n1' | 1",
                "'INSERT INTO t FORMAT CSV \t\r\n\n1' | '\n1'",
                "'INSERT INTO t FORMAT CSV 1' | 1",
                "'INSERT INTO t VALUES (1)' | ' (1)'"
            })
    void findsWhereTheRowsOfAnInsertBegin(String sql, String rows) {
        assertThat(sql.substring(Statement.parse(sql).dataStart())).isEqualTo(rows);
    }

    @ParameterizedTest
    @ValueSource(strings = {"SELECT 1; SELECT 2", "SELECT 1;; DROP TABLE t", "INSERT INTO t SELECT 1; SELECT 2"})
    void refusesSeveralStatements(String sql) {
        assertThatThrownBy(() -> Statement.parse(sql)).hasMessageContaining("Multi-statements are not allowed");
    }

    @Test
    void refusesToWriteFilesOnThisMachine() {
        assertThatThrownBy(() -> Statement.parse("SELECT 1 INTO OUTFILE '/tmp/x'"))
                .hasMessageContaining("INTO OUTFILE is not allowed");
    }

    @Test
    void isNotFooledByQuotesAndHeredocs() {
        assertThat(Statement.parse("SELECT 'it''s; \\'; ' AS `a;b`, $tag$;'$tag$ -- ;")
                        .kind())
                .isEqualTo(Kind.QUERY);
    }
}
