package dev.batchexports.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.batchexports.core.secret.Secret;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.NotSerializableException;
import java.io.ObjectOutputStream;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;
import tools.jackson.databind.json.JsonMapper;

/// No record prints the secrets that it holds: a log line or an error text that names it shows none.
class SecretRecordsTest {
    private static final String CANARY = "canary-2b9d-secret";

    /// Names of components whose text is, or may hold, a secret in the clear.
    private static final Pattern SECRET =
            Pattern.compile("(?i).*(secret|password|passphrase|credential|token|apikey).*|keys|config");

    /// What is called like one and is none.
    private static final Set<String> HARMLESS = Set.of(
            // cipher texts
            "DestinationSettings.encryptedSecrets",
            "Webhook.sealedSecret",
            // the parameters that are no secrets, apart from which secrets are kept
            "DestinationSettings.config",
            "DestinationAnswer.config",
            "ExportAnswer.destinationConfig",
            // names of parameters
            "Authorship.secretsChanged",
            "DestinationTypeAnswer.secretFields",
            "DestinationTypeAnswer.configSchema",
            // what a slice's objects are called by
            "SliceUpload.token");

    @Test
    void noRecordShowsTheSecretsThatItHolds() throws IOException, ClassNotFoundException {
        Set<String> checked = new TreeSet<>();
        Set<String> leaking = new TreeSet<>();
        for (Class<? extends Record> type : records()) {
            check(type, checked, leaking);
        }

        assertThat(leaking).isEmpty();
        assertThat(checked)
                .contains("Temporal.apiKey", "Clickhouse.password", "Encryption.keys", "SignInForm.token")
                .hasSizeGreaterThan(12);
    }

    /// Those of all modules, without those of tests.
    private static List<Class<? extends Record>> records() throws IOException, ClassNotFoundException {
        List<Class<? extends Record>> records = new ArrayList<>();
        ClassLoader loader = SecretRecordsTest.class.getClassLoader();
        for (Resource file : new PathMatchingResourcePatternResolver(loader)
                .getResources("classpath*:dev/batchexports/**/*.class")) {
            String path = file.getURL().getPath();
            String name = path.substring(path.lastIndexOf("dev/batchexports/"), path.length() - ".class".length())
                    .replace('/', '.');
            if (path.contains("/test-classes/") || name.contains(".testkit.") || name.endsWith("-info")) {
                continue;
            }
            Class<?> type = Class.forName(name, false, loader);
            if (type.isRecord()) {
                records.add(type.asSubclass(Record.class));
            }
        }
        return records;
    }

    private static void check(Class<? extends Record> type, Set<String> checked, Set<String> leaking) {
        RecordComponent[] components = type.getRecordComponents();
        for (int index = 0; index < components.length; index++) {
            String name = type.getSimpleName() + "." + components[index].getName();
            Optional<Object> canary = canary(components[index]);
            if (canary.isEmpty() || HARMLESS.contains(name)) {
                continue;
            }
            checked.add(name);
            @Nullable Object[] values = new @Nullable Object[components.length];
            for (int other = 0; other < components.length; other++) {
                values[other] = other == index ? canary.get() : nothing(components[other].getType());
            }
            if (text(type, values).contains(CANARY)) {
                leaking.add(name);
            }
        }
    }

    private static Optional<Object> canary(RecordComponent component) {
        if (!SECRET.matcher(component.getName()).matches()) {
            return Optional.empty();
        }
        if (component.getType() == String.class) {
            return Optional.of(CANARY);
        }
        if (component.getType() == Map.class) {
            return Optional.of(Map.of("aws_secret_access_key", CANARY));
        }
        return component.getType() == List.class ? Optional.of(List.of(CANARY)) : Optional.empty();
    }

    private static @Nullable Object nothing(Class<?> type) {
        if (type == String.class) {
            return "https://example.com";
        }
        if (type == boolean.class) {
            return true;
        }
        if (type == int.class) {
            return 1;
        }
        if (type == long.class) {
            return 1L;
        }
        if (type == double.class) {
            return 1.0;
        }
        if (type == List.class) {
            return List.of();
        }
        if (type == Set.class) {
            return Set.of();
        }
        if (type == Map.class) {
            return Map.of();
        }
        if (type.isInterface() && !type.isSealed()) {
            return Proxy.newProxyInstance(
                    type.getClassLoader(),
                    new Class<?>[] {type},
                    (proxy, method, arguments) -> method.getReturnType() == String.class ? "proxy" : null);
        }
        return type.isRecord() ? recordOfNothing(type) : null;
    }

    /// Null for a record that wants more than nothing.
    private static @Nullable Object recordOfNothing(Class<?> type) {
        RecordComponent[] components = type.getRecordComponents();
        Class<?>[] types = new Class<?>[components.length];
        @Nullable Object[] values = new @Nullable Object[components.length];
        for (int index = 0; index < components.length; index++) {
            types[index] = components[index].getType();
            values[index] = nothing(types[index]);
        }
        try {
            Constructor<?> constructor = type.getDeclaredConstructor(types);
            constructor.setAccessible(true);
            return constructor.newInstance(values);
        } catch (InvocationTargetException e) {
            return null;
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(type + " cannot be looked into", e);
        }
    }

    /// A record that refuses these values tells why, which must not show the secret either.
    private static String text(Class<? extends Record> type, @Nullable Object[] values) {
        List<Class<?>> types = new ArrayList<>();
        for (RecordComponent component : type.getRecordComponents()) {
            types.add(component.getType());
        }
        try {
            Constructor<? extends Record> constructor = type.getDeclaredConstructor(types.toArray(Class<?>[]::new));
            constructor.setAccessible(true);
            return constructor.newInstance(values).toString();
        } catch (InvocationTargetException e) {
            assertThat(String.valueOf(e.getCause())).doesNotContain(CANARY);
            throw new AssertionError(type + " cannot be made, so that nobody knows what it prints", e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(type + " cannot be looked into", e);
        }
    }

    @Test
    void aSecretIsWrittenByNothing() {
        Secret secret = new Secret(CANARY);

        assertThat("" + secret).doesNotContain(CANARY);
        assertThat(String.format("%s %10s", secret, List.of(secret))).doesNotContain(CANARY);
        assertThat(JsonMapper.shared().writeValueAsString(Map.of("secret", "" + secret)))
                .doesNotContain(CANARY);
        try {
            assertThat(JsonMapper.shared().writeValueAsString(secret)).doesNotContain(CANARY);
        } catch (tools.jackson.core.JacksonException e) {
            assertThat(e.toString()).doesNotContain(CANARY);
        }
        assertThatThrownBy(() -> serialise(secret)).isInstanceOf(NotSerializableException.class);
    }

    private static void serialise(Object value) throws IOException {
        try (ObjectOutputStream output = new ObjectOutputStream(new ByteArrayOutputStream())) {
            output.writeObject(value);
        }
    }
}
