package dev.batchexports.server;

import dev.batchexports.server.api.ApiConfiguration;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.Banner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.ComponentScan;
import org.springframework.context.annotation.ComponentScan.Filter;
import org.springframework.context.annotation.FilterType;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;

/// The server in any of its roles.
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import({ServerConfiguration.class, ApiConfiguration.class})
@ComponentScan(
        basePackages = "dev.batchexports.server.workflow",
        useDefaultFilters = false,
        includeFilters = @Filter(type = FilterType.REGEX, pattern = ".*\\.WorkflowConfiguration"))
public class ServerApplication {
    private static final Logger LOG = LoggerFactory.getLogger(ServerApplication.class);
    private static final String ROLE = "bx.role";

    /// Starts the server and returns once it answers. A worker (`bx.role` is `worker`) opens no port.
    ///
    /// @param properties take precedence over environment variables: `bx.http.port`, `bx.database.url`
    /// @throws RuntimeException whatever went wrong; [StartFailure#sentence] says it in one sentence
    public static ConfigurableApplicationContext start(Map<String, Object> properties) {
        return start(ServerApplication.class, properties);
    }

    static ConfigurableApplicationContext start(Class<?> application, Map<String, Object> properties) {
        SpringApplication spring = new SpringApplication(application);
        spring.setBannerMode(Banner.Mode.OFF);
        if (Settings.Role.WORKER.name().equalsIgnoreCase(String.valueOf(properties.get(ROLE)))) {
            spring.setWebApplicationType(WebApplicationType.NONE);
        } else {
            spring.addInitializers(context -> HttpTls.configure(context.getEnvironment()));
        }
        ConfigurableApplicationContext context = spring.run(properties.entrySet().stream()
                .map(property -> "--" + property.getKey() + "=" + property.getValue())
                .toArray(String[]::new));
        Environment environment = context.getEnvironment();
        String port = environment.getProperty("local.server.port");
        if (port != null) {
            LOG.info(
                    "The API answers at {}://{}:{}",
                    environment.containsProperty("server.ssl.bundle") ? "https" : "http",
                    environment.getProperty("server.address"),
                    port);
        }
        return context;
    }
}
