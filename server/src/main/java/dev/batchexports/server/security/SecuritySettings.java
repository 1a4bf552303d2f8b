package dev.batchexports.server.security;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/// @param bootstrapToken a token that is to exist, with the scope admin, once the server has started; empty
///     for none
@ConfigurationProperties("bx.security")
public record SecuritySettings(@DefaultValue("") String bootstrapToken) {
    @Override
    public String toString() {
        return "SecuritySettings[***]";
    }
}
