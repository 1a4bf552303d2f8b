package dev.batchexports.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.server.TestServer;
import dev.batchexports.server.security.Scope;
import dev.batchexports.server.security.SessionService;
import dev.batchexports.server.security.TokenService;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// Browsers sign in with a token or a one-time code, and no other site can use their cookie.
class SessionRoutesTest {
    private static final String JSON = "application/json";
    private static final String SIGN_IN = "/api/sign_in";
    private static final String SESSION = "/api/session";

    private final TestServer server = TestServer.get();
    private final ApiClient anybody = ApiClient.forNewProject().withToken("");

    private ApiClient.Answer signIn(String field, String value) {
        return anybody.send("POST", SIGN_IN, ApiClient.JSON.writeValueAsString(Map.of(field, value)));
    }

    private static String cookie(ApiClient.Answer answer) {
        return answer.header("set-cookie").replaceAll(";.*", "");
    }

    @Test
    void aTokenOpensASessionThatMayDoWhatTheTokenMay() {
        ApiClient.Answer signedIn = signIn("token", TestServer.TOKEN).is(200);

        assertThat(signedIn.header("set-cookie")).contains("HttpOnly", "SameSite=Strict", "Path=/");
        assertThat(signedIn.body()).doesNotContain(TestServer.TOKEN);
        String cookie = cookie(signedIn);
        assertThat(anybody.send("GET", SESSION, "", "Cookie", cookie)
                        .is(200)
                        .json()
                        .get("may_write")
                        .booleanValue())
                .isTrue();
        anybody.send("GET", anybody.exports(), "", "Cookie", cookie).is(200);
    }

    @Test
    void anUnknownTokenOpensNothing() {
        ApiClient.Answer refused = signIn("token", "bxt_unknown").is(403);

        assertThat(refused.json().get("code").stringValue()).isEqualTo("invalid_token");
        assertThat(refused.header("set-cookie")).isEmpty();
        anybody.send("POST", SIGN_IN, "{}").is(400);
        anybody.send("POST", SIGN_IN, "{\"password\": \"x\"}").is(400);
    }

    @Test
    void aOneTimeCodeIsGoodOnce() {
        String code = server.bean(SessionService.class).oneTimeCode(TestServer.TOKEN);

        signIn("code", code).is(200);
        assertThat(signIn("code", code).is(403).json().get("code").stringValue())
                .isEqualTo("used_link");
    }

    @Test
    void aRequestThatAnotherSiteCanMakeIsRefused() {
        String cookie = cookie(signIn("token", TestServer.TOKEN));

        ApiClient.Answer forged =
                anybody.send("POST", anybody.exports() + "test/", "{}", "Cookie", cookie, "Content-Type", JSON);
        assertThat(forged.is(403).json().get("code").stringValue()).isEqualTo("forgeable_request");
        anybody.send("GET", SESSION, "", "Cookie", cookie, "Sec-Fetch-Site", "cross-site")
                .is(403);
        anybody.send("GET", SESSION, "", "Cookie", cookie, "Sec-Fetch-Site", "same-origin")
                .is(200);
        anybody.send(
                        "POST",
                        anybody.exports() + "test/",
                        "{}",
                        "Cookie",
                        cookie,
                        "Content-Type",
                        JSON,
                        SessionCookie.HEADER,
                        "ui")
                .is(400);
    }

    @Test
    void aReaderReadsAndDoesNotWrite() {
        String token = server.bean(TokenService.class).issue("reader", Set.of(Scope.READ), null);
        ApiClient.Answer signedIn = signIn("token", token).is(200);
        String cookie = cookie(signedIn);

        assertThat(signedIn.json().get("may_write").booleanValue()).isFalse();
        anybody.send("GET", anybody.exports(), "", "Cookie", cookie).is(200);
        anybody.send(
                        "POST",
                        anybody.exports(),
                        "{}",
                        "Cookie",
                        cookie,
                        "Content-Type",
                        JSON,
                        SessionCookie.HEADER,
                        "ui")
                .is(403);
    }

    @Test
    void signingOutEndsTheSession() {
        String cookie = cookie(signIn("token", TestServer.TOKEN));

        ApiClient.Answer out = anybody.send("DELETE", SESSION, "", "Cookie", cookie, SessionCookie.HEADER, "ui")
                .is(204);

        assertThat(out.header("set-cookie")).contains("Max-Age=0");
        assertThat(anybody.send("GET", SESSION, "", "Cookie", cookie)
                        .is(401)
                        .json()
                        .get("detail")
                        .stringValue())
                .contains("sign in again");
    }
}
