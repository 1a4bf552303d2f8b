package dev.batchexports.core.error;

import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The only exception that crosses the seams [dev.batchexports.core.source.Source] and
/// [dev.batchexports.core.destination.Destination].
///
/// The message is one plain sentence for the person who operates the export; [#fix()] says what to
/// change. Neither may ever hold a secret or a row. The code is stable and searchable: the destination's
/// own code where it has one (`NoSuchBucket`), otherwise a word of ours (`RowCountMismatch`).
public final class ExportException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final Pattern CODE = Pattern.compile("[A-Za-z][A-Za-z0-9_.]{1,99}");

    private final String code;
    private final ErrorKind kind;
    private final String fix;

    public ExportException(String code, ErrorKind kind, String sentence, String fix) {
        this(code, kind, sentence, fix, null);
    }

    /// @param fix what to change; empty when there is nothing to do but wait
    public ExportException(String code, ErrorKind kind, String sentence, String fix, @Nullable Throwable cause) {
        super(Objects.requireNonNull(sentence), cause);
        if (!CODE.matcher(code).matches()) {
            throw new IllegalArgumentException("not an error code: " + code);
        }
        this.code = code;
        this.kind = Objects.requireNonNull(kind);
        this.fix = Objects.requireNonNull(fix);
    }

    public static ExportException user(String code, String sentence, String fix) {
        return new ExportException(code, ErrorKind.USER, sentence, fix);
    }

    /// A passing error: there is nothing to change, it is tried again.
    public static ExportException passing(String code, String sentence, @Nullable Throwable cause) {
        return new ExportException(code, ErrorKind.TRANSIENT, sentence, "", cause);
    }

    public String code() {
        return code;
    }

    public ErrorKind kind() {
        return kind;
    }

    /// What to change, in one sentence; empty when waiting is all there is to do.
    public String fix() {
        return fix;
    }

    /// The sentence, never null.
    public String sentence() {
        return Objects.requireNonNull(getMessage());
    }
}
