package dev.batchexports.server;

import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Parameter;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.context.config.ConfigDataEnvironmentPostProcessor;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/// `docs/operations.md` names every variable that the program reads, with its true default, and no other.
class OperationsDocumentTest {
    private static final Path ROOT = Path.of("..");
    private static final Path DOCUMENT = ROOT.resolve("docs").resolve("operations.md");
    private static final Pattern ROW = Pattern.compile("^\\| `(BX_\\w+)` \\| `?([^`|]*?)`? \\|", Pattern.MULTILINE);
    private static final Pattern VARIABLE = Pattern.compile("\\bBX_[A-Z_]*[A-Z]\\b");
    private static final Pattern PROPERTY = Pattern.compile("\"(bx\\.[a-z-]+\\.[a-z.-]*[a-z])\"");
    private static final Pattern PLACEHOLDER = Pattern.compile("\\$\\{(bx\\.[a-z.-]+):([^}]*)}");
    private static final Pattern EXAMPLE = Pattern.compile("```yaml\\n(bx:\\n.*?)```", Pattern.DOTALL);

    /// Given by the command, for tests, of the launcher's own making, or by file only.
    private static final Pattern NOT_FOR_OPERATORS =
            Pattern.compile("BX_(ROLE|TEST.*|ROOT|HOME|LOCKED|ENGINE_.*|CLICKHOUSE_SETTINGS)");

    @Test
    void namesEveryVariableThatIsReadAndNoOther() throws IOException {
        Set<String> read = new TreeSet<>(settings().keySet());
        for (Path file : production()) {
            String text = Files.readString(file);
            VARIABLE.matcher(text).results().map(MatchResult::group).forEach(read::add);
            PROPERTY.matcher(text)
                    .results()
                    .map(property -> variable(property.group(1)))
                    .forEach(read::add);
        }
        read.removeIf(name -> NOT_FOR_OPERATORS.matcher(name).matches());

        assertThat(documented().keySet()).containsExactlyElementsOf(read);
        assertThat(read).hasSizeGreaterThan(50);
    }

    @Test
    void namesTheDefaults() throws IOException {
        Map<String, String> documented = documented();
        Map<String, String> defaults = settings();
        defaults.keySet().removeIf(name -> NOT_FOR_OPERATORS.matcher(name).matches());

        assertThat(documented).containsAllEntriesOf(defaults);
    }

    @Test
    void anExampleOfAFileIsReadAsItSays(@TempDir Path folder) throws IOException {
        MatchResult example = EXAMPLE.matcher(Files.readString(DOCUMENT))
                .results()
                .findFirst()
                .orElseThrow();
        Path file = Files.writeString(folder.resolve("batch-exports.yaml"), example.group(1));
        Path secrets = Files.createDirectory(folder.resolve("secrets"));
        Files.writeString(secrets.resolve("bx.clickhouse.password"), "from a file");

        Settings settings = bound(Map.of(
                "SPRING_CONFIG_ADDITIONAL_LOCATION",
                file.toString(),
                "SPRING_CONFIG_IMPORT",
                "configtree:" + secrets + "/",
                "BX_TEMPORAL_ADDRESS",
                "from-the-environment:7233"));

        assertThat(settings.clickhouse().url()).isEqualTo("https://clickhouse.internal:8443");
        assertThat(settings.clickhouse().settings()).isEqualTo(Map.of("max_network_bandwidth", "100000000"));
        assertThat(settings.clickhouse().password()).isEqualTo("from a file");
        assertThat(settings.temporal().address()).isEqualTo("from-the-environment:7233");
    }

    private static Settings bound(Map<String, Object> variables) {
        StandardEnvironment environment = new StandardEnvironment();
        environment
                .getPropertySources()
                .replace(
                        StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
                        new SystemEnvironmentPropertySource(
                                StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME, variables));
        ConfigDataEnvironmentPostProcessor.applyTo(environment);
        return Binder.get(environment).bind("bx", Settings.class).get();
    }

    private static Map<String, String> documented() throws IOException {
        Map<String, String> documented = new TreeMap<>();
        ROW.matcher(Files.readString(DOCUMENT))
                .results()
                .forEach(row -> assertThat(documented.put(row.group(1), row.group(2)))
                        .as(row.group(1))
                        .isNull());
        return documented;
    }

    /// The variables of all settings, with their defaults.
    private static Map<String, String> settings() throws IOException {
        Map<String, String> variables = new TreeMap<>();
        Path sources = Path.of("src", "main", "java");
        for (Path file : filesOf(sources)) {
            if (Files.readString(file).contains("@ConfigurationProperties(")) {
                String name =
                        sources.relativize(file).toString().replace(".java", "").replace('/', '.');
                Class<?> settings;
                try {
                    settings = Class.forName(name);
                } catch (ClassNotFoundException e) {
                    throw new IllegalStateException(e);
                }
                add(
                        variables,
                        variable(settings.getAnnotation(ConfigurationProperties.class)
                                .value()),
                        settings);
            }
        }
        PLACEHOLDER
                .matcher(Files.readString(Path.of("src", "main", "resources", "application.yaml")))
                .results()
                .forEach(placeholder -> variables.put(variable(placeholder.group(1)), placeholder.group(2)));
        return variables;
    }

    private static void add(Map<String, String> variables, String prefix, Class<?> settings) {
        RecordComponent[] components = settings.getRecordComponents();
        Parameter[] parameters = settings.getDeclaredConstructors()[0].getParameters();
        for (int index = 0; index < components.length; index++) {
            RecordComponent component = components[index];
            String name = prefix + "_"
                    + component.getName().replaceAll("([A-Z])", "_$1").toUpperCase(Locale.ROOT);
            if (component.getType().isRecord()) {
                add(variables, name, component.getType());
            } else {
                DefaultValue value = parameters[index].getAnnotation(DefaultValue.class);
                assertThat(value).as(name).isNotNull();
                variables.put(name, String.join(",", value.value()));
            }
        }
    }

    private static String variable(String property) {
        return property.replace('.', '_').replace('-', '_').toUpperCase(Locale.ROOT);
    }

    /// Everything that runs at an operator's.
    private static Set<Path> production() throws IOException {
        Set<Path> files = new TreeSet<>(filesOf(ROOT.resolve("scripts")));
        files.removeIf(file -> file.toString().contains(".test."));
        files.add(ROOT.resolve("bx"));
        for (String module : List.of("core", "source-clickhouse", "cli", "embedded", "server")) {
            files.addAll(filesOf(ROOT.resolve(module).resolve("src/main")));
        }
        try (Stream<Path> destinations = Files.list(ROOT.resolve("destinations"))) {
            for (Path destination : destinations.toList()) {
                if (Files.isDirectory(destination.resolve("src/main"))) {
                    files.addAll(filesOf(destination.resolve("src/main")));
                }
            }
        }
        return files;
    }

    private static Set<Path> filesOf(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().matches(".*\\.(java|yaml|sh|mjs|args)"))
                    .collect(toCollection(TreeSet::new));
        }
    }
}
