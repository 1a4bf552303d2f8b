package dev.batchexports.source.clickhouse;

import dev.batchexports.core.error.ExportException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Refuses queries of users that read anything but tables, or change how they run.
///
/// ClickHouse's own parser says what a query is made of: `EXPLAIN AST` parses and executes nothing, not even
/// a table function. A query that parses alone has balanced brackets, so that it can be put into brackets and
/// filtered by project. Grants bound what is left; see `docs/models.md`.
final class QueryGuard {
    private static final Pattern LINE = Pattern.compile("( *)(\\w+)(?: (.*?))??(?: \\(children (\\d+)\\))?");
    private static final Pattern SYSTEM_TABLE = Pattern.compile("(?:system|information_schema)\\..*");
    private static final Pattern IN = Pattern.compile("(?:global)?(?:not)?(?:null)?in(?:ignoreset)?");

    /// Functions that read what is no argument of theirs: dictionaries, tables, files, models, the server itself.
    private static final Pattern READING_FUNCTION =
            Pattern.compile("dict(?:get|has|is).*|joinget.*|file|filesystem.*|catboost.*|modelevaluate|url.*|ai[a-z_]*|"
                    + "sleep.*|addressto.*|getserversetting|getmacro|hascolumnintable|showcertificate|hostname|fqdn|"
                    + "getclienthttpheader|executable.*");

    private final List<Node> nodes;

    /// @param name what stands behind the kind: of a table, of a function with its alias
    private record Node(int depth, String kind, String name, int children) {}

    private QueryGuard(List<Node> nodes) {
        this.nodes = nodes;
    }

    /// @param tree the answer to `EXPLAIN AST`
    /// @throws ExportException of kind USER unless the query may be run
    static void check(String tree) {
        List<Node> nodes = new ArrayList<>();
        for (String line : tree.lines().toList()) {
            Matcher matcher = LINE.matcher(line);
            if (!matcher.matches()) {
                throw notUnderstood();
            }
            Optional<String> children = Optional.ofNullable(matcher.group(4));
            nodes.add(new Node(
                    matcher.group(1).length(),
                    matcher.group(2),
                    Optional.ofNullable(matcher.group(3)).orElse(""),
                    children.map(Integer::parseInt).orElse(0)));
        }
        new QueryGuard(nodes).check();
    }

    private void check() {
        requireTree();
        if (!nodes.getFirst().kind().equals("SelectWithUnionQuery")
                || nodes.getFirst().children() != 1) {
            throw refused("is not one plain SELECT", "Write one SELECT, without FORMAT, SETTINGS or INTO behind it.");
        }
        for (int index = 0; index < nodes.size(); index++) {
            check(index);
        }
    }

    /// A name may hold line breaks and thereby forge lines of the tree. Then the counts do not fit any more.
    private void requireTree() {
        Deque<Integer> open = new ArrayDeque<>();
        for (int index = 0; index < nodes.size(); index++) {
            Node node = nodes.get(index);
            while (!open.isEmpty() && open.peek() == 0) {
                open.pop();
            }
            if (open.size() != node.depth() || (open.isEmpty() && index > 0)) {
                throw notUnderstood();
            }
            if (!open.isEmpty()) {
                open.push(open.pop() - 1);
            }
            open.push(node.children());
        }
        if (nodes.isEmpty() || open.stream().anyMatch(count -> count != 0)) {
            throw notUnderstood();
        }
    }

    private void check(int index) {
        Node node = nodes.get(index);
        String name = node.name().toLowerCase(Locale.ROOT);
        switch (node.kind()) {
            case "Set" -> throw refused("has a SETTINGS clause", "Leave the SETTINGS clause out.");
            case "TableIdentifier" -> {
                if (SYSTEM_TABLE.matcher(name).matches()) {
                    throw refused("reads a table of ClickHouse's own", "Read your own tables only.");
                }
            }
            case "TableExpression" -> {
                if (index + 1 < nodes.size() && nodes.get(index + 1).kind().equals("Function")) {
                    throw refused(
                            "uses the table function "
                                    + word(nodes.get(index + 1).name()),
                            "Read from tables only.");
                }
            }
            case "Function" -> checkFunction(index, word(name));
            default -> {
                // Expressions, joins, orders: what they are made of is looked at by itself.
            }
        }
    }

    private void checkFunction(int index, String name) {
        if (READING_FUNCTION.matcher(name).matches()) {
            throw refused("uses the function " + name, "Leave out functions that read more than their arguments.");
        }
        if (IN.matcher(name).matches() && secondArgument(index).kind().equals("Identifier")) {
            throw refused("names a table on the right of IN", "Write a subquery there: IN (SELECT id FROM the_table).");
        }
    }

    /// The second node below the list of arguments.
    private Node secondArgument(int function) {
        int depth = nodes.get(function).depth() + 2;
        int found = 0;
        for (int index = function + 1; index < nodes.size() && nodes.get(index).depth() >= depth - 1; index++) {
            if (nodes.get(index).depth() == depth) {
                found++;
            }
            if (found == 2) {
                return nodes.get(index);
            }
        }
        return nodes.get(function);
    }

    private static String word(String name) {
        int alias = name.indexOf(" (alias ");
        return alias < 0 ? name : name.substring(0, alias);
    }

    private static ExportException refused(String what, String fix) {
        return ExportException.user("QueryNotAllowed", "The query of the model " + what + ".", fix);
    }

    private static ExportException notUnderstood() {
        return refused("cannot be checked", "Use plain names, without line breaks or brackets in them.");
    }
}
