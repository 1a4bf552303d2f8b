package dev.batchexports.server.request;

/// Text as requests hold it.
public final class RequestText {
    public static final String EXPECTED = "must not contain the character U+0000 or half of a surrogate pair";

    private RequestText() {}

    /// Whether the database can hold a text and give it back unchanged.
    public static boolean isStorable(String text) {
        for (int index = 0; index < text.length(); index++) {
            char unit = text.charAt(index);
            if (unit == 0 || Character.isLowSurrogate(unit)) {
                return false;
            }
            if (Character.isHighSurrogate(unit)) {
                index++;
                if (index == text.length() || !Character.isLowSurrogate(text.charAt(index))) {
                    return false;
                }
            }
        }
        return true;
    }
}
