package dev.batchexports.embedded;

/// How one component is started and recognised as ready. One object serves all starts of a component.
sealed interface Service permits TemporalService, ClickHouseService, ObjectStoreService, PostgresService {
    Component component();

    /// Takes the ports it listens on; again, if somebody else was quicker.
    void choosePorts(Ports ports);

    /// Prepares the data folder and tells what to run.
    GuardedProcess.Launch launch();

    /// Whether clients can use it. Called again and again while it starts.
    boolean ready();

    /// Removes what a process that has ended left outside the data folder.
    default void cleanUp() {}

    /// Adds where it is and how to log in.
    Connections addTo(Connections connections);

    /// Where it listens, for people.
    String address();
}
