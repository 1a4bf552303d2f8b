/// What is exported: models and their columns.
@NullMarked
package dev.batchexports.core.model;

import org.jspecify.annotations.NullMarked;
