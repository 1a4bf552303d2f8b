package dev.batchexports.embedded.clickhouse;

import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;

/// The layouts of C on 64-bit Linux, and the look-up of functions.
final class NativeCalls {
    static final AddressLayout POINTER = ValueLayout.ADDRESS;
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    static final ValueLayout.OfLong SIZE = ValueLayout.JAVA_LONG;

    private static final Linker LINKER = Linker.nativeLinker();

    private NativeCalls() {}

    /// A function of the C library.
    static MethodHandle libc(String name, MemoryLayout result, MemoryLayout... arguments) {
        return function(LINKER.defaultLookup(), name, FunctionDescriptor.of(result, arguments));
    }

    static MethodHandle function(SymbolLookup library, String name, FunctionDescriptor descriptor) {
        MemorySegment address = library.find(name)
                .orElseThrow(() -> new IllegalStateException("The engine's library holds no function " + name + "."));
        return LINKER.downcallHandle(address, descriptor);
    }

    /// A method handle declares `Throwable`; a C function throws nothing, so this can only be a defect.
    static IllegalStateException failed(Throwable cause) {
        if (cause instanceof Error error) {
            throw error;
        }
        return new IllegalStateException("A native call failed.", cause);
    }

    static MemorySegment utf8(Arena arena, String text) {
        return arena.allocateFrom(ValueLayout.JAVA_BYTE, text.getBytes(StandardCharsets.UTF_8));
    }
}
