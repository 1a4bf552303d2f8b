package dev.batchexports.server.api;

import dev.batchexports.server.security.Scope;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// What a token must allow for a route. A route without it that is not one of [PublicPaths] is refused to
/// everybody.
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
@interface RequiresScope {
    Scope value();
}
