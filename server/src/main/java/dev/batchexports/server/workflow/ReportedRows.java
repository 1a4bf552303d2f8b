package dev.batchexports.server.workflow;

import dev.batchexports.core.source.EncodedRows;

/// Passes rows on unchanged and reports every read.
final class ReportedRows implements EncodedRows {
    private final EncodedRows encoded;
    private final Runnable report;

    ReportedRows(EncodedRows encoded, Runnable report) {
        this.encoded = encoded;
        this.report = report;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) {
        int read = encoded.read(buffer, offset, length);
        report.run();
        return read;
    }

    @Override
    public long rows() {
        return encoded.rows();
    }

    @Override
    public void close() {
        encoded.close();
    }
}
