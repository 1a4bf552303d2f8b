package dev.batchexports.destination.snowflake;

/// What an export asks of Snowflake, with the words for it in an error.
enum SnowflakeAction {
    LOG_IN("log in"),
    USE_WAREHOUSE("use the warehouse"),
    FIND_DATABASE("find the database"),
    FIND_SCHEMA("find the schema"),
    FIND_TABLE("look at the table"),
    CREATE_TABLE("create the table"),
    READ_TABLE("read the table"),
    WRITE_TABLE("write to the table"),
    DROP_TABLE("drop the table"),
    CREATE_LOAD_TABLE("create a temporary table for"),
    UPLOAD("upload a file to the user's stage for"),
    LIST_FILES("list the staged files for"),
    REMOVE_FILES("remove the staged files for"),
    LOAD("load the staged files for"),
    COMMIT("commit the rows to");

    private final String words;

    SnowflakeAction(String words) {
        this.words = words;
    }

    /// What it does: `commit the rows to`; a table's name may follow.
    String words() {
        return words;
    }
}
