package dev.batchexports.server.api;

import dev.batchexports.core.error.ExportException;
import dev.batchexports.server.request.RequestTime;
import dev.batchexports.server.security.TokenService;
import dev.batchexports.server.workflow.OrchestrationUnavailableException;
import dev.batchexports.server.workflow.TaskQueues;
import dev.batchexports.source.clickhouse.ClickHouseSource;
import jakarta.servlet.Filter;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.catalina.core.StandardHost;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.jackson.autoconfigure.JsonMapperBuilderCustomizer;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ComponentScan;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.convert.converter.Converter;
import org.springframework.format.FormatterRegistry;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.web.servlet.config.annotation.InterceptorRegistry;
import org.springframework.web.servlet.config.annotation.ResourceHandlerRegistry;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;
import org.webjars.WebJarVersionLocator;
import tools.jackson.core.StreamReadFeature;

/// The REST API: what every request passes on its way to a route, in this order, and the routes. A worker,
/// which is no web application, has none of it.
@Configuration(proxyBeanMethods = false)
@ConditionalOnWebApplication
@ComponentScan
public class ApiConfiguration {
    private static final String SWAGGER_UI = "swagger-ui";

    @Bean
    FilterRegistrationBean<CanonicalPathFilter> canonicalPath() {
        return ordered(new CanonicalPathFilter(), 1);
    }

    @Bean
    FilterRegistrationBean<SecurityHeadersFilter> securityHeaders() {
        return ordered(new SecurityHeadersFilter(), 2);
    }

    @Bean
    FilterRegistrationBean<AuthenticationFilter> authentication(TokenService tokens, ProblemWriter problems) {
        return ordered(new AuthenticationFilter(tokens, problems), 3);
    }

    @Bean
    FilterRegistrationBean<BodyLimitFilter> bodyLimit(ProblemWriter problems) {
        return ordered(new BodyLimitFilter(problems), 4);
    }

    private static <T extends Filter> FilterRegistrationBean<T> ordered(T filter, int order) {
        FilterRegistrationBean<T> registration = new FilterRegistrationBean<>(filter);
        registration.setOrder(order);
        return registration;
    }

    /// An object that names a field twice is malformed.
    @Bean
    JsonMapperBuilderCustomizer strictJson() {
        return builder -> builder.enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION);
    }

    @Bean
    WebServerFactoryCustomizer<TomcatServletWebServerFactory> malformedRequests() {
        return factory -> factory.addContextCustomizers(context -> {
            if (context.getParent() instanceof StandardHost host) {
                host.setErrorReportValveClass(ProblemReportValve.class.getName());
            }
        });
    }

    @Bean(destroyMethod = "close")
    Readiness readiness(JdbcClient jdbc, ClickHouseSource source, ObjectProvider<TaskQueues> queues, Clock clock) {
        List<DependencyCheck> checks = new ArrayList<>();
        checks.add(new DependencyCheck("database", () -> {
            jdbc.sql("select 1").query(Integer.class).single();
            return Optional.empty();
        }));
        checks.add(new DependencyCheck("clickhouse", () -> {
            try {
                source.check();
                return Optional.empty();
            } catch (ExportException e) {
                return Optional.of(e.sentence());
            }
        }));
        queues.ifAvailable(taskQueues -> {
            checks.add(new DependencyCheck("temporal", () -> temporalProblem(taskQueues)));
            checks.add(new DependencyCheck("workers", () -> workerProblem(taskQueues)));
        });
        return new Readiness(checks, clock);
    }

    private static Optional<String> temporalProblem(TaskQueues queues) {
        queues.withoutPollers();
        return Optional.empty();
    }

    private static Optional<String> workerProblem(TaskQueues queues) {
        try {
            List<String> idle = queues.withoutPollers();
            return idle.isEmpty()
                    ? Optional.empty()
                    : Optional.of("no worker serves the task queues " + String.join(", ", idle));
        } catch (OrchestrationUnavailableException e) {
            return Optional.of("cannot be seen while Temporal does not answer");
        }
    }

    @Bean
    WebMvcConfigurer web() {
        return new WebMvcConfigurer() {
            @Override
            public void addInterceptors(InterceptorRegistry registry) {
                registry.addInterceptor(new ScopeInterceptor());
            }

            @Override
            public void addFormatters(FormatterRegistry registry) {
                registry.addConverter(new TimeConverter());
            }

            @Override
            public void addResourceHandlers(ResourceHandlerRegistry registry) {
                registry.addResourceHandler(PublicPaths.DOCS_ASSETS + "**")
                        .addResourceLocations(
                                "classpath:/api-docs/",
                                "classpath:/META-INF/resources/webjars/swagger-ui/"
                                        + new WebJarVersionLocator().version(SWAGGER_UI) + "/");
            }
        };
    }

    private static final class TimeConverter implements Converter<String, @Nullable Instant> {
        @Override
        public @Nullable Instant convert(String text) {
            return text.isBlank()
                    ? null
                    : RequestTime.parse(text).orElseThrow(() -> new IllegalArgumentException(RequestTime.EXPECTED));
        }
    }
}
