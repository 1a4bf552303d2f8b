package dev.batchexports.server.workflow;

import dev.batchexports.server.security.Keyring;
import io.temporal.common.converter.ByteArrayPayloadConverter;
import io.temporal.common.converter.CodecDataConverter;
import io.temporal.common.converter.DataConverter;
import io.temporal.common.converter.DefaultDataConverter;
import io.temporal.common.converter.Jackson3JsonPayloadConverter;
import io.temporal.common.converter.NullPayloadConverter;
import java.util.List;

/// How workflow inputs, results, heartbeats and failures become bytes.
final class PayloadConverters {
    private PayloadConverters() {}

    /// JSON by Jackson 3, given explicitly: the SDK's default is Jackson 2. Tolerates fields that a later
    /// version has added, so that old and new workers may run side by side.
    static DataConverter plain() {
        return new DefaultDataConverter(
                new NullPayloadConverter(),
                new ByteArrayPayloadConverter(),
                new Jackson3JsonPayloadConverter(Jackson3JsonPayloadConverter.newDefaultJsonMapper(false)));
    }

    /// The same, encrypted. Messages and stack traces of failures are encrypted too; what stays readable
    /// in Temporal are ids, times, types and error codes.
    static DataConverter encrypted(Keyring keyring) {
        return new CodecDataConverter(plain(), List.of(new EncryptionCodec(keyring)), true);
    }
}
