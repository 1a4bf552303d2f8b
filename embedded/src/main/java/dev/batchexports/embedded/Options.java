package dev.batchexports.embedded;

import java.nio.file.Path;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/// How to start an [EmbeddedPlatform]. Begin with [#forDevelopment] or [#forTests] and adapt with the `with` methods.
///
/// @param dataFolder holds the data, logs and credentials of all components; created if it is missing
/// @param components those to start
/// @param ports which ports to listen on
/// @param bucket the S3 bucket that exists once the platform has started, at least 3 characters
/// @param identities S3 users beside the administrator
/// @param progress takes one line for each thing worth telling a person; called from any thread
/// @param tools the programs to start
public record Options(
        Path dataFolder,
        Set<Component> components,
        PortChoice ports,
        String bucket,
        List<S3Identity> identities,
        Consumer<String> progress,
        Tools tools) {

    private static final String DEFAULT_BUCKET = "batch-exports";

    public Options {
        if (bucket.length() < 3) {
            throw new IllegalArgumentException("The bucket name " + bucket + " needs 3 characters or more.");
        }
        dataFolder = dataFolder.toAbsolutePath().normalize();
        components = Set.copyOf(components);
        identities = List.copyOf(identities);
    }

    /// All components on their usual ports, silent.
    ///
    /// @throws EmbeddedException if the tools are not installed
    public static Options forDevelopment(Path dataFolder) {
        return new Options(
                dataFolder,
                EnumSet.allOf(Component.class),
                PortChoice.USUAL,
                DEFAULT_BUCKET,
                List.of(),
                line -> {},
                Tools.locate());
    }

    /// The named components on free ports, silent.
    ///
    /// @throws EmbeddedException if the tools are not installed
    public static Options forTests(Path dataFolder, Component... components) {
        return forDevelopment(dataFolder).withPorts(PortChoice.FREE).withComponents(List.of(components));
    }

    public Options withComponents(Collection<Component> chosen) {
        return new Options(dataFolder, Set.copyOf(chosen), ports, bucket, identities, progress, tools);
    }

    public Options withPorts(PortChoice chosen) {
        return new Options(dataFolder, components, chosen, bucket, identities, progress, tools);
    }

    public Options withBucket(String name) {
        return new Options(dataFolder, components, ports, name, identities, progress, tools);
    }

    public Options withIdentities(List<S3Identity> further) {
        return new Options(dataFolder, components, ports, bucket, further, progress, tools);
    }

    public Options withProgress(Consumer<String> listener) {
        return new Options(dataFolder, components, ports, bucket, identities, listener, tools);
    }

    public Options withTools(Tools chosen) {
        return new Options(dataFolder, components, ports, bucket, identities, progress, chosen);
    }
}
