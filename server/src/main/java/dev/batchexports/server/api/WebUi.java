package dev.batchexports.server.api;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.Resource;
import org.springframework.http.CacheControl;
import org.springframework.web.servlet.config.annotation.ResourceHandlerRegistry;
import org.springframework.web.servlet.config.annotation.ViewControllerRegistry;
import org.springframework.web.servlet.resource.EncodedResourceResolver;
import org.springframework.web.servlet.resource.PathResourceResolver;

/// Serves the built files of the web UI. What the build has named by its content may be kept for ever; the
/// page itself is asked for each time, and stands at every path at which the UI has a view.
final class WebUi {
    private static final String PAGE = "index.html";
    private static final Pattern VIEW = Pattern.compile("sign-in|system|projects/.*");
    private static final Duration FOR_EVER = Duration.ofDays(365);

    private WebUi() {}

    static void addTo(ResourceHandlerRegistry registry, WebSettings settings) {
        if (settings.directory().isBlank()) {
            return;
        }
        String files = Path.of(settings.directory())
                .toAbsolutePath()
                .normalize()
                .toUri()
                .toString();
        String folder = files.endsWith("/") ? files : files + "/";
        registry.addResourceHandler("/assets/**")
                .addResourceLocations(folder + "assets/")
                .setCacheControl(CacheControl.maxAge(FOR_EVER).cachePublic().immutable())
                .resourceChain(true)
                .addResolver(compressed())
                .addResolver(new PathResourceResolver());
        registry.addResourceHandler("/**")
                .addResourceLocations(folder)
                .setCacheControl(CacheControl.noCache())
                .resourceChain(true)
                .addResolver(compressed())
                .addResolver(new Views());
    }

    /// The root of the site, which has no name that a file could have.
    static void addTo(ViewControllerRegistry registry, WebSettings settings) {
        if (!settings.directory().isBlank()) {
            registry.addViewController("/").setViewName("forward:/" + PAGE);
        }
    }

    private static EncodedResourceResolver compressed() {
        EncodedResourceResolver resolver = new EncodedResourceResolver();
        resolver.setContentCodings(List.of("br", "gzip"));
        return resolver;
    }

    private static final class Views extends PathResourceResolver {
        @Override
        protected @Nullable Resource getResource(String path, Resource location) throws IOException {
            return super.getResource(VIEW.matcher(path).matches() ? PAGE : path, location);
        }
    }
}
