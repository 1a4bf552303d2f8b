package dev.batchexports.server.api;

import java.util.List;

/// A list that is always whole.
record Results<T>(List<T> results) {
    Results {
        results = List.copyOf(results);
    }
}
