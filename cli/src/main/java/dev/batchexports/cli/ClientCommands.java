package dev.batchexports.cli;

import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/// The client commands of `bx`, to be added to a command line, and how it fails. Exit statuses: 0 for
/// success, 1 for a failure, 2 for a command line that cannot be understood.
public final class ClientCommands {
    private ClientCommands() {}

    /// Adds the commands and the way to tell about a wrong command line.
    public static CommandLine addTo(CommandLine bx) {
        bx.addSubcommand(new ExportCommands())
                .addSubcommand(new RunCommands())
                .addSubcommand(new BackfillCommands())
                .addSubcommand(new LogsCommand())
                .addSubcommand(new ApplyCommand())
                .addSubcommand(new DoctorCommand());
        return bx.setParameterExceptionHandler(wrongCommandLine())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpAutoWidth(true);
    }

    /// What to tell a person about a failure of one of these commands; empty for any other failure.
    public static Optional<String> explanation(Exception failure) {
        return failure instanceof CommandFailure known ? Optional.of(known.text()) : Optional.empty();
    }

    private static IParameterExceptionHandler wrongCommandLine() {
        return (failure, arguments) -> {
            CommandLine command = failure.getCommandLine();
            command.getErr().println("bx: " + sentence(failure));
            command.getErr().println("See `" + command.getCommandSpec().qualifiedName() + " --help`.");
            return command.getCommandSpec().exitCodeOnInvalidInput();
        };
    }

    private static String sentence(ParameterException failure) {
        CommandLine command = failure.getCommandLine();
        if (failure instanceof UnmatchedArgumentException unmatched
                && !unmatched.isUnknownOption()
                && !unmatched.getUnmatched().isEmpty()) {
            String given = unmatched.getUnmatched().getFirst();
            List<String> known = command.getSubcommands().values().stream()
                    .filter(subcommand ->
                            !subcommand.getCommandSpec().usageMessage().hidden())
                    .map(CommandLine::getCommandName)
                    .distinct()
                    .toList();
            if (!known.isEmpty()) {
                return "There is no command `" + command.getCommandSpec().qualifiedName() + " " + given + "`. "
                        + Nearest.to(given, known)
                                .map(near -> "Did you mean `" + near + "`?")
                                .orElse("There are: " + String.join(", ", known) + ".");
            }
            return "Nothing further was expected after the arguments, but there is \"" + given + "\".";
        }
        if (failure instanceof UnmatchedArgumentException unmatched && unmatched.isUnknownOption()) {
            String given = unmatched.getUnmatched().getFirst().replaceAll("=.*", "");
            return "There is no option " + given + "."
                    + Nearest.to(given, command.getCommandSpec().optionsMap().keySet())
                            .map(near -> " Did you mean " + near + "?")
                            .orElse("");
        }
        String message = String.valueOf(failure.getMessage());
        return message.endsWith(".") ? message : message + ".";
    }
}
