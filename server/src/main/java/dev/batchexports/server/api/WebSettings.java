package dev.batchexports.server.api;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/// @param directory where the built files of the web UI are (`BX_WEB_DIRECTORY`); empty for no web UI
@ConfigurationProperties("bx.web")
record WebSettings(@DefaultValue("") String directory) {}
