package dev.batchexports.server.api;

import dev.batchexports.server.request.RequestTime;
import dev.batchexports.server.security.SessionService;
import dev.batchexports.server.security.TokenService;
import jakarta.servlet.Filter;
import java.time.Instant;
import org.apache.catalina.core.StandardHost;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.jackson.autoconfigure.JsonMapperBuilderCustomizer;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ComponentScan;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.convert.converter.Converter;
import org.springframework.format.FormatterRegistry;
import org.springframework.web.servlet.config.annotation.InterceptorRegistry;
import org.springframework.web.servlet.config.annotation.ResourceHandlerRegistry;
import org.springframework.web.servlet.config.annotation.ViewControllerRegistry;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;
import org.webjars.WebJarVersionLocator;
import tools.jackson.core.StreamReadFeature;

/// The REST API: what every request passes on its way to a route, in this order, and the routes. A worker,
/// which is no web application, has none of it.
@Configuration(proxyBeanMethods = false)
@ConditionalOnWebApplication
@EnableConfigurationProperties({WebSettings.class, RequestSettings.class})
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
    FilterRegistrationBean<AuthenticationFilter> authentication(
            TokenService tokens, SessionService sessions, ProblemWriter problems) {
        return ordered(new AuthenticationFilter(tokens, sessions, problems), 3);
    }

    @Bean
    FilterRegistrationBean<RateLimitFilter> rateLimit(RequestSettings settings, ProblemWriter problems) {
        return ordered(new RateLimitFilter(settings, problems), 4);
    }

    @Bean
    FilterRegistrationBean<BodyLimitFilter> bodyLimit(ProblemWriter problems) {
        return ordered(new BodyLimitFilter(problems), 5);
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

    @Bean
    WebMvcConfigurer web(WebSettings settings) {
        return new WebMvcConfigurer() {
            @Override
            public void addInterceptors(InterceptorRegistry registry) {
                registry.addInterceptor(new ScopeInterceptor());
                registry.addInterceptor(new QueryParameters());
            }

            @Override
            public void addFormatters(FormatterRegistry registry) {
                registry.addConverter(new TimeConverter());
            }

            @Override
            public void addViewControllers(ViewControllerRegistry registry) {
                WebUi.addTo(registry, settings);
            }

            @Override
            public void addResourceHandlers(ResourceHandlerRegistry registry) {
                WebUi.addTo(registry, settings);
                registry.addResourceHandler(PublicPaths.DOCS_ASSETS + "**")
                        .addResourceLocations(
                                "classpath:/api-docs/",
                                "classpath:/META-INF/resources/webjars/swagger-ui/"
                                        + new WebJarVersionLocator().version(SWAGGER_UI) + "/");
            }
        };
    }

    private static final class TimeConverter implements Converter<String, Instant> {
        @Override
        public Instant convert(String text) {
            return RequestTime.parse(text).orElseThrow(() -> new IllegalArgumentException(RequestTime.EXPECTED));
        }
    }
}
