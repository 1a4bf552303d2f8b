package dev.batchexports.server;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/// Which package may know which.
@AnalyzeClasses(packages = "dev.batchexports", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
    private static final String ROOT = "dev.batchexports.server";

    @ArchTest
    static final ArchRule CORE_AND_ITS_NEIGHBOURS_KNOW_NEITHER_SPRING_NOR_TEMPORAL = noClasses()
            .that()
            .resideOutsideOfPackage(ROOT + "..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.springframework..", "io.temporal..", ROOT + "..");

    @ArchTest
    static final ArchRule CORE_KNOWS_NOTHING_BUT_THE_JDK = classes()
            .that()
            .resideInAPackage("dev.batchexports.core..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("dev.batchexports.core..", "java..", "org.jspecify.annotations..");

    @ArchTest
    static final ArchRule CLIENTS_KNOW_NOTHING_BUT_THE_API = noClasses()
            .that()
            .resideInAPackage("dev.batchexports.cli..")
            .should()
            .dependOnClassesThat(
                    resideInAPackage("dev.batchexports..").and(resideOutsideOfPackage("dev.batchexports.cli..")));

    @ArchTest
    static final ArchRule NOBODY_KNOWS_THE_API_BUT_THE_APPLICATION = noClasses()
            .that()
            .resideOutsideOfPackages(ROOT, ROOT + ".api..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage(ROOT + ".api..");

    @ArchTest
    static final ArchRule ONLY_THE_API_SPEAKS_HTTP = noClasses()
            .that()
            .resideOutsideOfPackage(ROOT + ".api..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("jakarta.servlet..", "org.springframework.web..", "org.springframework.http..");

    @ArchTest
    static final ArchRule ONLY_THE_WORKFLOW_PACKAGE_SPEAKS_TEMPORAL = noClasses()
            .that()
            .resideOutsideOfPackage(ROOT + ".workflow..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.temporal..");

    @ArchTest
    static final ArchRule STORES_KNOW_NO_SERVICE = noClasses()
            .that()
            .haveSimpleNameEndingWith("Store")
            .should()
            .dependOnClassesThat()
            .haveSimpleNameEndingWith("Service");

    @ArchTest
    static final ArchRule WORKFLOWS_DO_NOT_USE_THE_SERVICES_OF_THE_API = noClasses()
            .that()
            .resideInAPackage(ROOT + ".workflow..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(ROOT + ".request..", ROOT + ".commands..");

    @ArchTest
    static final ArchRule THE_SERVER_NAMES_NO_DESTINATION = noClasses()
            .that()
            .resideInAPackage(ROOT + "..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("dev.batchexports.destination..");

    @ArchTest
    static final ArchRule REQUESTS_KNOW_NO_FEATURE = noClasses()
            .that()
            .resideInAPackage(ROOT + ".request..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    ROOT + ".api..",
                    ROOT + ".exports..",
                    ROOT + ".runs..",
                    ROOT + ".backfills..",
                    ROOT + ".workflow..");
}
