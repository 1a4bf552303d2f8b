package dev.batchexports.embedded.clickhouse;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// CityHash128 in version 1.0.2 of the algorithm, which later versions changed: the checksum of ClickHouse's
/// compressed blocks.
///
/// @param low the first eight bytes of the checksum, little-endian
/// @param high the other eight
record CityHash(long low, long high) {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private static final long K0 = 0xc3a5c85c97cb3127L;
    private static final long K1 = 0xb492b66fbe98f273L;
    private static final long K2 = 0x9ae16a3b2f90404fL;
    private static final long K3 = 0xc949d7c7509e6557L;
    private static final long MULTIPLIER = 0x9ddfea08eb382d69L;

    /// Hashes a part of an array.
    static CityHash of(byte[] bytes, int offset, int length) {
        if (length >= 16) {
            return seeded(bytes, offset + 16, length - 16, longAt(bytes, offset) ^ K3, longAt(bytes, offset + 8));
        }
        if (length >= 8) {
            return seeded(
                    bytes, offset, 0, longAt(bytes, offset) ^ (length * K0), longAt(bytes, offset + length - 8) ^ K1);
        }
        return seeded(bytes, offset, length, K0, K1);
    }

    private static CityHash seeded(byte[] bytes, int offset, int length, long seedLow, long seedHigh) {
        if (length < 128) {
            return murmur(bytes, offset, length, seedLow, seedHigh);
        }
        int position = offset;
        int remaining = length;
        long x = seedLow;
        long y = seedHigh;
        long z = length * K1;
        long vLow = Long.rotateRight(y ^ K1, 49) * K1 + longAt(bytes, position);
        long vHigh = Long.rotateRight(vLow, 42) * K1 + longAt(bytes, position + 8);
        CityHash v = new CityHash(vLow, vHigh);
        CityHash w = new CityHash(
                Long.rotateRight(y + z, 35) * K1 + x, Long.rotateRight(x + longAt(bytes, position + 88), 53) * K1);
        while (remaining >= 128) {
            for (int half = 0; half < 2; half++) {
                x = Long.rotateRight(x + y + v.low + longAt(bytes, position + 16), 37) * K1;
                y = Long.rotateRight(y + v.high + longAt(bytes, position + 48), 42) * K1;
                x ^= w.high;
                y ^= v.low;
                z = Long.rotateRight(z ^ w.low, 33);
                v = weak(bytes, position, v.high * K1, x + w.low);
                w = weak(bytes, position + 32, z + w.high, y);
                long formerZ = z;
                z = x;
                x = formerZ;
                position += 64;
            }
            remaining -= 128;
        }
        y += Long.rotateRight(w.low, 37) * K0 + z;
        x += Long.rotateRight(v.low + z, 49) * K0;
        for (int done = 32; done < remaining + 32; done += 32) {
            y = Long.rotateRight(y - x, 42) * K0 + v.high;
            long wLow = w.low + longAt(bytes, position + remaining - done + 16);
            x = Long.rotateRight(x, 49) * K0 + wLow;
            w = new CityHash(wLow + v.low, w.high);
            v = weak(bytes, position + remaining - done, v.low, v.high);
        }
        x = mix(x, v.low);
        y = mix(y, w.low);
        return new CityHash(mix(x + v.high, w.high) + y, mix(x + w.high, y + v.high));
    }

    private static CityHash murmur(byte[] bytes, int offset, int length, long seedLow, long seedHigh) {
        long a = seedLow;
        long b = seedHigh;
        long c;
        long d;
        if (length <= 16) {
            a = shiftMix(a * K1) * K1;
            c = b * K1 + upTo16(bytes, offset, length);
            d = shiftMix(a + (length >= 8 ? longAt(bytes, offset) : c));
        } else {
            c = mix(longAt(bytes, offset + length - 8) + K1, a);
            d = mix(b + length, c + longAt(bytes, offset + length - 16));
            a += d;
            int position = offset;
            for (int remaining = length - 16; remaining > 0; remaining -= 16) {
                a = (a ^ (shiftMix(longAt(bytes, position) * K1) * K1)) * K1;
                b ^= a;
                c = (c ^ (shiftMix(longAt(bytes, position + 8) * K1) * K1)) * K1;
                d ^= c;
                position += 16;
            }
        }
        a = mix(a, c);
        b = mix(d, b);
        return new CityHash(a ^ b, mix(b, a));
    }

    private static long upTo16(byte[] bytes, int offset, int length) {
        if (length > 8) {
            long first = longAt(bytes, offset);
            long last = longAt(bytes, offset + length - 8);
            return mix(first, Long.rotateRight(last + length, length)) ^ last;
        }
        if (length >= 4) {
            return mix((intAt(bytes, offset) << 3) + length, intAt(bytes, offset + length - 4));
        }
        if (length > 0) {
            int first = bytes[offset] & 0xff;
            int middle = bytes[offset + (length >> 1)] & 0xff;
            int last = bytes[offset + length - 1] & 0xff;
            return shiftMix((first + (middle << 8)) * K2 ^ (length + (last << 2)) * K3) * K2;
        }
        return K2;
    }

    private static CityHash weak(byte[] bytes, int offset, long seedA, long seedB) {
        long z = longAt(bytes, offset + 24);
        long a = seedA + longAt(bytes, offset);
        long b = Long.rotateRight(seedB + a + z, 21);
        long c = a;
        a += longAt(bytes, offset + 8) + longAt(bytes, offset + 16);
        b += Long.rotateRight(a, 44);
        return new CityHash(a + z, b + c);
    }

    private static long mix(long first, long second) {
        long a = shiftMix((first ^ second) * MULTIPLIER);
        return shiftMix((second ^ a) * MULTIPLIER) * MULTIPLIER;
    }

    private static long shiftMix(long value) {
        return value ^ (value >>> 47);
    }

    private static long longAt(byte[] bytes, int offset) {
        return (long) LONG.get(bytes, offset);
    }

    private static long intAt(byte[] bytes, int offset) {
        return Integer.toUnsignedLong((int) INT.get(bytes, offset));
    }
}
