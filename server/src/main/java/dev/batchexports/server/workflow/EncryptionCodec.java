package dev.batchexports.server.workflow;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.batchexports.server.security.Keyring;
import io.temporal.api.common.v1.Payload;
import io.temporal.payload.codec.PayloadCodec;
import io.temporal.payload.codec.PayloadCodecException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// Encrypts every payload before it leaves the process: AES-256-GCM, by the keys of the [Keyring].
///
/// What Temporal stores is the whole original payload, metadata included, as one cipher text. The cipher
/// text names its key, so payloads of earlier keys are read as long as the ring holds them; the key's id
/// stands in the metadata too, for whoever wants to know which keys are still in use.
///
/// The cipher text is not bound to a workflow's id: the input of a schedule is encrypted under the
/// schedule's workflow id and read by workflows whose ids have the scheduled time appended.
final class EncryptionCodec implements PayloadCodec {
    static final String ENCODING = "binary/encrypted";
    static final String METADATA_ENCODING = "encoding";
    static final String METADATA_KEY_ID = "encryption-key-id";

    private static final byte[] CONTEXT = "temporal-payload".getBytes(StandardCharsets.UTF_8);

    private final Keyring keyring;

    EncryptionCodec(Keyring keyring) {
        this.keyring = keyring;
    }

    @Override
    public List<Payload> encode(List<Payload> payloads) {
        return payloads.stream().map(this::encrypt).toList();
    }

    @Override
    public List<Payload> decode(List<Payload> payloads) {
        return payloads.stream().map(this::decrypt).toList();
    }

    private Payload encrypt(Payload plain) {
        return Payload.newBuilder()
                .putMetadata(METADATA_ENCODING, ByteString.copyFromUtf8(ENCODING))
                .putMetadata(METADATA_KEY_ID, ByteString.copyFromUtf8(keyring.primaryKeyId()))
                .setData(ByteString.copyFrom(keyring.encrypt(plain.toByteArray(), CONTEXT)))
                .build();
    }

    private Payload decrypt(Payload payload) {
        ByteString encoding = payload.getMetadataOrDefault(METADATA_ENCODING, ByteString.EMPTY);
        if (!encoding.toStringUtf8().equals(ENCODING)) {
            return payload;
        }
        try {
            return Payload.parseFrom(keyring.decrypt(payload.getData().toByteArray(), CONTEXT));
        } catch (InvalidProtocolBufferException e) {
            throw new PayloadCodecException("a decrypted payload cannot be read", e);
        }
    }
}
