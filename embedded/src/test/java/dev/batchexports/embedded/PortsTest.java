package dev.batchexports.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PortsTest {
    @TempDir
    private Path folder;

    @Test
    void keepsThePortsOfADataFolder() {
        int port = new Ports(PortChoice.FREE, folder).choose("a");
        assertThat(new Ports(PortChoice.FREE, folder).choose("a")).isEqualTo(port);
    }

    @Test
    void givesUpAPortThatSomebodyElseHasTaken() throws Exception {
        int port = new Ports(PortChoice.FREE, folder).choose("a");
        try (ServerSocket taken = new ServerSocket()) {
            taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            assertThat(new Ports(PortChoice.FREE, folder).choose("a")).isNotEqualTo(port);
            assertThat(new Ports(PortChoice.USUAL, folder).choose("a", port)).isNotEqualTo(port);
        }
    }

    @Test
    void takesTheUsualPortIfItCan() {
        int usual = new Ports(PortChoice.FREE, folder).choose("other");
        assertThat(new Ports(PortChoice.USUAL, folder).choose("a", usual)).isEqualTo(usual);
    }

    @Test
    void givesEachPortOnce() {
        Ports ports = new Ports(PortChoice.FREE, folder);
        Set<Integer> chosen = new HashSet<>();
        for (int index = 0; index < 50; index++) {
            assertThat(chosen.add(ports.choose("port" + index))).isTrue();
        }
    }
}
