package dev.batchexports.server.exports;

import dev.batchexports.core.destination.Destination;
import dev.batchexports.core.destination.DestinationLimits;
import dev.batchexports.core.destination.DestinationType;
import dev.batchexports.core.destination.HostResolver;
import dev.batchexports.core.destination.InvalidConfigurationException;
import dev.batchexports.core.destination.InvalidConfigurationException.Violation;
import dev.batchexports.core.secret.Secret;
import dev.batchexports.server.security.EndpointGuard;
import dev.batchexports.server.security.Keyring;
import dev.batchexports.server.store.Json;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.cfg.CoercionAction;
import tools.jackson.databind.cfg.CoercionInputShape;
import tools.jackson.databind.deser.std.StdDeserializer;
import tools.jackson.databind.exc.UnrecognizedPropertyException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;
import tools.jackson.databind.type.LogicalType;

/// The destination types of this installation: the one map from a destination to its workflow type, and
/// the way from stored settings to an open destination.
public final class DestinationCatalog {
    private final Map<String, DestinationType<?>> types = new TreeMap<>();
    private final Keyring keyring;
    private final EndpointGuard guard;

    /// Always the same one, so that destinations that are checked alike can be told.
    private final HostResolver hosts;
    private final JsonMapper mapper;

    /// The destination types that are on the class path.
    public DestinationCatalog(Keyring keyring, EndpointGuard guard) {
        this(
                keyring,
                guard,
                ServiceLoader.load(DestinationType.class).stream()
                        .<DestinationType<?>>map(ServiceLoader.Provider::get)
                        .toList());
    }

    /// The given destination types.
    public DestinationCatalog(Keyring keyring, EndpointGuard guard, Collection<DestinationType<?>> installed) {
        this.keyring = keyring;
        this.guard = guard;
        this.hosts = guard::resolve;
        for (DestinationType<?> type : installed) {
            types.put(type.name(), type);
        }
        this.mapper = JsonMapper.builder()
                .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .withCoercionConfig(
                        LogicalType.Textual,
                        coercion -> coercion.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                                .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                                .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
                .addModule(new SimpleModule().addDeserializer(Secret.class, new SecretDeserializer()))
                .build();
    }

    public Collection<DestinationType<?>> types() {
        return types.values();
    }

    public Optional<DestinationType<?>> find(String name) {
        return Optional.ofNullable(types.get(name));
    }

    /// @throws IllegalStateException for a type that was removed from this installation
    public DestinationType<?> type(String name) {
        return find(name)
                .orElseThrow(() -> new IllegalStateException("destination type " + name + " is not installed"));
    }

    /// The JSON names of a type's secret parameters.
    public static Set<String> secretFields(DestinationType<?> type) {
        return Arrays.stream(type.configurationType().getRecordComponents())
                .filter(component -> component.getType() == Secret.class)
                .map(DestinationCatalog::jsonName)
                .collect(Collectors.toUnmodifiableSet());
    }

    /// The JSON name of a parameter: its component's name in snake_case.
    public static String jsonName(RecordComponent component) {
        return component.getName().replaceAll("([a-z0-9])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT);
    }

    /// Validates a complete configuration, secrets included.
    ///
    /// @throws InvalidConfigurationException naming every field that is wrong
    public Record configuration(DestinationType<?> type, Map<String, Object> config) {
        try {
            return mapper.convertValue(config, type.configurationType());
        } catch (JacksonException e) {
            throw invalid(e);
        }
    }

    /// Validates a complete configuration and makes it ready to be stored.
    ///
    /// @throws InvalidConfigurationException naming every field that is wrong
    public DestinationSettings seal(UUID exportId, DestinationType<?> type, Map<String, Object> config) {
        configuration(type, config);
        Map<String, Object> open = new LinkedHashMap<>(config);
        Map<String, Object> secrets = new LinkedHashMap<>();
        for (String field : secretFields(type)) {
            Object value = open.remove(field);
            if (value != null) {
                secrets.put(field, value);
            }
        }
        String sealed = secrets.isEmpty()
                ? ""
                : Base64.getEncoder()
                        .encodeToString(keyring.encrypt(
                                Json.write(secrets).getBytes(StandardCharsets.UTF_8), context(exportId)));
        return new DestinationSettings(type.name(), open, sealed);
    }

    /// The complete configuration, secrets included: for opening and for merging a change, never for an
    /// answer.
    public Map<String, Object> unseal(UUID exportId, DestinationSettings settings) {
        Map<String, Object> config = new LinkedHashMap<>(settings.config());
        if (!settings.encryptedSecrets().isEmpty()) {
            byte[] plain = keyring.decrypt(Base64.getDecoder().decode(settings.encryptedSecrets()), context(exportId));
            config.putAll(
                    Json.read(new String(plain, StandardCharsets.UTF_8), new TypeReference<Map<String, Object>>() {}));
        }
        return config;
    }

    /// @throws dev.batchexports.core.error.ExportException when an endpoint has become one that is not allowed
    public void requireAllowed(DestinationSettings settings) {
        guard.require(settings.config());
    }

    /// Opens the destination of an export, without talking to it.
    ///
    /// @throws dev.batchexports.core.error.ExportException when its endpoint has become one that is not allowed
    public Destination open(UUID exportId, DestinationSettings settings, DestinationLimits limits) {
        Map<String, Object> config = unseal(exportId, settings);
        guard.require(config);
        return open(type(settings.type()), config, limits);
    }

    /// Opens a destination that is not stored: for a connection test.
    ///
    /// @throws InvalidConfigurationException naming every field that is wrong
    public <C extends Record> Destination open(
            DestinationType<C> type, Map<String, Object> config, DestinationLimits limits) {
        return type.open(type.configurationType().cast(configuration(type, config)), limits.withHosts(hosts));
    }

    static byte[] context(UUID exportId) {
        return ("destination-secrets:" + exportId).getBytes(StandardCharsets.UTF_8);
    }

    private static InvalidConfigurationException invalid(JacksonException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof InvalidConfigurationException invalid) {
                return invalid;
            }
        }
        String field = e.getPath().isEmpty() ? "" : e.getPath().getFirst().getPropertyName();
        String message = switch (e) {
            case UnrecognizedPropertyException unknown -> {
                field = unknown.getPropertyName();
                yield "is not a parameter of this destination";
            }
            case DatabindException mismatch -> "has the wrong type";
            default -> "cannot be read";
        };
        return new InvalidConfigurationException(List.of(new Violation(field == null ? "" : field, message)));
    }

    private static final class SecretDeserializer extends StdDeserializer<Secret> {
        SecretDeserializer() {
            super(Secret.class);
        }

        @Override
        public Secret deserialize(JsonParser parser, DeserializationContext context) {
            return new Secret(context.readValue(parser, String.class));
        }
    }
}
