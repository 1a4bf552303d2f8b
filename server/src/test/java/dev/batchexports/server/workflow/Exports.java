package dev.batchexports.server.workflow;

import dev.batchexports.server.exports.BatchExport;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// Exports that differ from others in one thing.
final class Exports {
    private Exports() {}

    /// The same export with another value.
    ///
    /// @param component of [BatchExport]: `giveUpAfter`
    static UnaryOperator<BatchExport> with(String component, @Nullable Object value) {
        return export -> changed(export, component, value);
    }

    private static BatchExport changed(BatchExport export, String name, @Nullable Object value) {
        RecordComponent[] components = BatchExport.class.getRecordComponents();
        try {
            @Nullable Object[] values = new @Nullable Object[components.length];
            for (int index = 0; index < components.length; index++) {
                values[index] = components[index].getName().equals(name)
                        ? value
                        : components[index].getAccessor().invoke(export);
            }
            Class<?>[] types =
                    Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
            return BatchExport.class.getDeclaredConstructor(types).newInstance(values);
        } catch (NoSuchMethodException | InstantiationException | IllegalAccessException e) {
            throw new LinkageError("a record can be copied", e);
        } catch (InvocationTargetException e) {
            throw new IllegalStateException(e.getCause());
        }
    }
}
