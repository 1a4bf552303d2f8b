package dev.batchexports.core.destination;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// Describes a component of a destination's configuration record to the API, the UI form and the command
/// line. Its JSON name is the component's in snake_case; a component of type
/// [dev.batchexports.core.secret.Secret] is a secret; one that is `@Nullable` may be left out.
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.RECORD_COMPONENT, ElementType.FIELD, ElementType.METHOD})
public @interface Parameter {
    /// The label of the form field.
    String title();

    /// One or two sentences: what it means, its unit, its default.
    String description();

    /// What the form shows in an empty field.
    String example() default "";

    /// The only values allowed, as they stand in JSON; empty for any.
    String[] allowed() default {};

    /// The value that stands when the parameter is left out, as text; empty for none.
    String defaultValue() default "";
}
