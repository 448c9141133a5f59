// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.login;

import dev.parley.launcher.demo.Person;
import java.io.IOException;
import java.net.URI;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** The page on which one chooses who one is, and its answer to the app. */
final class Authorize {
  private static final Set<String> CHOICE = Set.of("person", "patient", "cancel");
  private final Clients clients;
  private final Addresses addresses;
  private final People people;
  private final OneTime<Code> codes;
  private final Clock clock;

  /** What a code stands for. */
  record Code(Grant grant, String redirect, String challenge) {}

  Authorize(Clients clients, Addresses addresses, People people, OneTime<Code> codes, Clock clock) {
    this.clients = clients;
    this.addresses = addresses;
    this.people = people;
    this.codes = codes;
    this.clock = clock;
  }

  /** Shows the page; by GET, or by a form of the app. */
  void page(Exchange exchange) throws IOException {
    answer(exchange, exchange.parameters(), request -> show(exchange, request, null, null));
  }

  /** Somebody has chosen, on our page and no other. */
  void choose(Exchange exchange) throws IOException {
    Map<String, String> form = exchange.form();
    String origin = exchange.header("Origin");
    if (origin != null && !addresses.is(origin, "")) {
      throw OAuthError.request("the choice was made on another page");
    }
    answer(exchange, form, request -> chosen(exchange, request, form));
  }

  private void answer(
      Exchange exchange, Map<String, String> parameters, Consumer<AuthorizationRequest> then)
      throws IOException {
    AuthorizationRequest request;
    try {
      Map<String, String> asked = new LinkedHashMap<>(parameters);
      asked.keySet().removeAll(CHOICE);
      request = AuthorizationRequest.of(asked, clients);
    } catch (OAuthError e) {
      exchange.html(400, ChoicePage.refused(e.getMessage()));
      return;
    }
    try {
      request.check(addresses);
      then.accept(request);
    } catch (OAuthError e) {
      exchange.redirect(request.answer(addresses, "error", e.error(), e.getMessage()));
    }
  }

  private void chosen(Exchange exchange, AuthorizationRequest request, Map<String, String> form) {
    if (form.containsKey("cancel")) {
      throw OAuthError.of("access_denied", "nobody was chosen");
    }
    Person person;
    try {
      person = people.named(form.getOrDefault("person", ""));
    } catch (OAuthError e) {
      show(exchange, request, null, e.getMessage());
      return;
    }
    String patient = people.patientOf(person);
    if (patient == null && (" " + request.scope() + " ").contains(" launch/patient ")) {
      if (!form.containsKey("patient")) {
        show(exchange, request, person, null);
        return;
      }
      patient = people.named(form.get("patient")).reference().replace("Patient/", "");
    }
    Set<String> roles = people.roles(person);
    Grant grant =
        new Grant(
            request.client().id(),
            person.reference(),
            person.name(),
            roles,
            patient,
            ScopeChoice.ofPerson(request.scope(), patient != null),
            Random.text(),
            clock.instant(),
            request.parameters().get("nonce"));
    String code =
        codes.put(new Code(grant, request.redirect(), request.parameters().get("code_challenge")));
    exchange.redirect(request.answer(addresses, "code", code, null));
  }

  /**
   * @param person whose patient is chosen, or null if the person is
   * @param trouble with the choice before, or null
   */
  private void show(
      Exchange exchange, AuthorizationRequest request, Person person, String trouble) {
    URI back = URI.create(request.redirect());
    String target =
        back.getRawAuthority() == null
            ? back.getScheme() + ":"
            : back.getScheme() + "://" + back.getRawAuthority();
    // Browsers apply form-action to where the form's answer leads, too.
    exchange.set(
        "Content-Security-Policy",
        "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self' "
            + target);
    ChoicePage page = new ChoicePage(request, people.offered(), trouble);
    try {
      exchange.html(
          trouble == null ? 200 : 400, person == null ? page.people() : page.patients(person));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
