// SPDX-License-Identifier: Apache-2.0
package dev.parley.subscription;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.access.Refusal;
import dev.parley.config.Config;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A subscriber does not make the server call what is inside. */
class EndpointsTest {
  private static final Endpoints REACHED =
      Endpoints.of(
          Config.from(
              Map.of("PARLEY_HOST", "0.0.0.0", "PARLEY_REST_HOOK_HOSTS", "ehr.inside, 10.0.0.7")));
  private static final Endpoints LOCAL = Endpoints.of(Config.from(Map.of()));

  @Test
  void private_addresses_are_refused_in_every_spelling() {
    for (String host :
        List.of(
            "127.0.0.1",
            "localhost",
            "foo.localhost",
            "[::1]",
            "10.0.0.8",
            "192.168.1.1",
            "172.16.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "2130706433",
            "127.1",
            "[fd00::1]",
            "[fe80::1]",
            "[::ffff:10.0.0.8]",
            "[::]",
            "[64:ff9b::a00:8]",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1")) {
      String url = "https://" + host + "/hook";
      assertThrows(Refusal.class, () -> REACHED.check("rest-hook", url), url);
      assertFalse(REACHED.open(URI.create(url)), url);
    }
  }

  @Test
  void public_addresses_and_listed_hosts_are_called() {
    for (String url :
        List.of(
            "https://93.184.216.34/hook",
            "https://[2606:2800:220:1::1]/hook",
            "https://app.example.org/hook",
            "http://ehr.inside/hook",
            "https://EHR.inside/hook",
            "http://10.0.0.7:8080/hook")) {
      assertDoesNotThrow(() -> REACHED.check("rest-hook", url), url);
    }
    assertTrue(REACHED.open(URI.create("http://ehr.inside/hook")));
    assertTrue(REACHED.open(URI.create("https://93.184.216.34/hook")));
    assertFalse(REACHED.open(URI.create("https://no-such-host.invalid/hook")));
  }

  @Test
  void this_machine_is_called_only_while_nobody_else_reaches_the_server() {
    assertDoesNotThrow(() -> LOCAL.check("rest-hook", "http://127.0.0.1:9000/hook"));
    assertTrue(LOCAL.open(URI.create("http://localhost:9000/hook")));
    assertFalse(LOCAL.open(URI.create("https://10.0.0.8/hook")));
  }

  @Test
  void plain_http_and_other_schemes_are_refused() {
    for (String url :
        List.of(
            "http://app.example.org/",
            "ftp://app.example.org/",
            "file:///etc/passwd",
            "https://user:pw@app.example.org/",
            "https:///nohost",
            "//app.example.org/")) {
      assertThrows(Refusal.class, () -> REACHED.check("rest-hook", url), url);
    }
  }

  @Test
  void ranges_that_only_look_public_are_not() throws UnknownHostException {
    assertFalse(Endpoints.isPublic(InetAddress.getByName("2002:0a00:0008::1")));
    assertFalse(Endpoints.isPublic(InetAddress.getByName("192.0.0.8")));
    assertTrue(Endpoints.isPublic(InetAddress.getByName("192.0.2.1")));
    assertTrue(Endpoints.isPublic(InetAddress.getByName("100.128.0.1")));
  }

  @Test
  void behind_a_proxy_this_machine_is_not_called() {
    for (String setting :
        List.of("PARLEY_TRUSTED_PROXIES=127.0.0.1", "PARLEY_PUBLIC_URL=https://a.example.org")) {
      String[] pair = setting.split("=");
      Endpoints proxied = Endpoints.of(Config.from(Map.of(pair[0], pair[1])));
      String url = "http://127.0.0.1:9000/hook";
      assertThrows(Refusal.class, () -> proxied.check("rest-hook", url), setting);
      assertFalse(proxied.open(URI.create(url)), setting);
    }
    Endpoints alone =
        Endpoints.of(Config.from(Map.of("PARLEY_PUBLIC_URL", "http://localhost:8080")));
    assertTrue(alone.open(URI.create("http://localhost:9000/hook")));
  }
}
