// SPDX-License-Identifier: Apache-2.0
package dev.parley.reach;

import ca.uhn.fhir.rest.annotation.Operation;
import ca.uhn.fhir.rest.annotation.OperationParam;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import com.nimbusds.jose.util.Base64URL;
import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.feature.Tools;
import dev.parley.store.Codes;
import dev.parley.store.Keys;
import dev.parley.store.Moments;
import java.net.URI;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.hl7.fhir.r4.model.CodeType;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Parameters.ParametersParameterComponent;
import org.hl7.fhir.r4.model.StringType;
import org.hl7.fhir.r4.model.TimeType;
import org.hl7.fhir.r4.model.UrlType;

/** How somebody wants to be told of messages: everybody says it of themselves. */
public final class ReachOperations {
  private static final Set<String> CHANNELS = Set.of(Preference.PUSH, Preference.EMAIL, "none");
  private static final int LONGEST = 1_000;

  private final Tools tools;
  private final Vapid vapid;
  private final Predicate<String> allowed;
  private final ZoneId zone;

  ReachOperations(Tools tools, Vapid vapid, Predicate<String> allowed, ZoneId zone) {
    this.tools = tools;
    this.vapid = vapid;
    this.allowed = allowed;
    this.zone = zone;
  }

  /** What the caller has chosen, their push subscriptions, and the key for a new one. */
  @Operation(
      name = "$reach",
      typeName = "Communication",
      idempotent = true,
      canonicalUrl = Codes.OPERATIONS + "reach")
  public Parameters reach(RequestDetails request) {
    return of(person(request));
  }

  /** Says all of it anew. */
  @Operation(
      name = "$set-reach",
      typeName = "Communication",
      canonicalUrl = Codes.OPERATIONS + "set-reach")
  public Parameters set(
      @OperationParam(name = "channel") List<CodeType> channel,
      @OperationParam(name = "email") StringType email,
      @OperationParam(name = "quietFrom") TimeType from,
      @OperationParam(name = "quietUntil") TimeType until,
      @OperationParam(name = "timeZone") StringType timeZone,
      RequestDetails request) {
    String person = person(request);
    if ((from == null) != (until == null)) {
      throw wrong("quietUntil", "Quiet hours have \"quietFrom\" and \"quietUntil\"");
    }
    if (email != null && !Mail.isAddress(email.getValue())) {
      throw wrong("email", "\"email\" is one e-mail address, without a name");
    }
    Preference preference =
        new Preference(
            channels(channel),
            email == null ? null : email.getValue(),
            time(from, "quietFrom"),
            time(until, "quietUntil"),
            from == null ? null : zone(timeZone));
    tools.database().run(connection -> PreferenceTable.put(connection, person, preference));
    return of(person);
  }

  private static Set<String> channels(List<CodeType> named) {
    if (named == null || named.isEmpty()) {
      return null;
    }
    Set<String> channels = new TreeSet<>();
    named.forEach(each -> channels.add(String.valueOf(each.getValue())));
    if (!CHANNELS.containsAll(channels) || channels.contains("none") && channels.size() > 1) {
      throw wrong("channel", "\"channel\" is push, email, both, or none");
    }
    channels.remove("none");
    return channels;
  }

  private static LocalTime time(TimeType time, String parameter) {
    try {
      return time == null ? null : LocalTime.parse(time.getValue()).withNano(0);
    } catch (DateTimeException | NullPointerException e) {
      throw wrong(parameter, "\"%s\" is a time of the day, as 22:00:00".formatted(parameter));
    }
  }

  private ZoneId zone(StringType named) {
    if (named == null) {
      return zone;
    }
    if (!ZoneId.getAvailableZoneIds().contains(named.getValue())) {
      throw wrong("timeZone", "\"timeZone\" is one of IANA's, as Europe/Berlin");
    }
    return ZoneId.of(named.getValue());
  }

  /**
   * Registers a browser or app.
   *
   * @param endpoint of its push service
   * @param p256dh its public key, as it was given out by the browser
   * @param auth its secret, as well
   */
  @Operation(
      name = "$push-subscribe",
      typeName = "Communication",
      canonicalUrl = Codes.OPERATIONS + "push-subscribe")
  public Parameters subscribe(
      @OperationParam(name = "endpoint") UrlType endpoint,
      @OperationParam(name = "p256dh") StringType p256dh,
      @OperationParam(name = "auth") StringType auth,
      RequestDetails request) {
    String person = person(request);
    String address = endpoint == null ? "" : endpoint.getValue();
    if (address.length() > LONGEST || !allowed.test(address)) {
      throw wrong(
          "endpoint", "\"endpoint\" is the https address of a push service, at a public address");
    }
    if (bytes(p256dh) != 65 || bytes(auth) != 16) {
      throw wrong(
          "keys", "\"p256dh\" (65 bytes) and \"auth\" (16 bytes) are what the browser gave out");
    }
    Instant now = tools.clock().instant();
    tools
        .database()
        .run(
            connection ->
                PushTable.put(
                    connection, person, address, p256dh.getValue(), auth.getValue(), now));
    return of(person);
  }

  private static int bytes(StringType base64) {
    return base64 == null || !base64.getValue().matches("[A-Za-z0-9_-]{1,200}=*")
        ? -1
        : new Base64URL(base64.getValue()).decode().length;
  }

  /** Takes one's own off again; nothing happens if it is not there. */
  @Operation(
      name = "$push-unsubscribe",
      typeName = "Communication",
      canonicalUrl = Codes.OPERATIONS + "push-unsubscribe")
  public Parameters unsubscribe(
      @OperationParam(name = "endpoint") UrlType endpoint, RequestDetails request) {
    String person = person(request);
    if (endpoint == null || !endpoint.hasValue()) {
      throw wrong("endpoint", "Say in \"endpoint\" which one");
    }
    tools.database().run(connection -> PushTable.remove(connection, person, endpoint.getValue()));
    return of(person);
  }

  private String person(RequestDetails request) {
    Caller caller = tools.caller().apply(request);
    caller.require("Communication", "r");
    if (caller.isSystem()) {
      throw Refusal.forbidden("not-a-person", "Only people are told of their messages");
    }
    return caller.reference();
  }

  private Parameters of(String person) {
    Parameters answer = new Parameters();
    tools.database().run(connection -> add(answer, person, connection));
    answer.addParameter("vapidKey", new StringType(vapid.publicKey()));
    return answer;
  }

  private static void add(Parameters answer, String person, Connection connection)
      throws SQLException {
    List<Long> self = List.of(Keys.of(person));
    add(
        answer,
        PreferenceTable.of(connection, self).getOrDefault(Keys.of(person), Preference.USUAL));
    for (Push each : PushTable.ofPersons(connection, self)) {
      ParametersParameterComponent push = answer.addParameter().setName("subscription");
      // The whole address is a secret between the browser, its push service and us.
      push.addPart()
          .setName("service")
          .setValue(new StringType(URI.create(each.endpoint()).getHost()));
      push.addPart().setName("since").setValue(Moments.instant(each.since()));
    }
  }

  private static void add(Parameters answer, Preference preference) {
    if (preference.channels() != null) {
      Set<String> channels =
          preference.channels().isEmpty() ? Set.of("none") : preference.channels();
      channels.forEach(c -> answer.addParameter("channel", new CodeType(c)));
    }
    if (preference.email() != null) {
      answer.addParameter("email", new StringType(preference.email()));
    }
    if (preference.quietFrom() != null) {
      answer.addParameter("quietFrom", time(preference.quietFrom()));
      answer.addParameter("quietUntil", time(preference.quietUntil()));
      answer.addParameter("timeZone", new StringType(preference.zone().getId()));
    }
  }

  private static TimeType time(LocalTime time) {
    return new TimeType(
        "%02d:%02d:%02d".formatted(time.getHour(), time.getMinute(), time.getSecond()));
  }

  private static Refusal wrong(String parameter, String sentence) {
    return Refusal.unprocessable("value", parameter, sentence);
  }
}
