// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.login;

import dev.parley.launcher.demo.Person;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The page's HTML: it needs no script and nothing from elsewhere. */
final class ChoicePage {
  private static final Map<String, String> GROUPS = new LinkedHashMap<>();

  static {
    GROUPS.put("patient", "Patients");
    GROUPS.put("proxy", "Those who stand for a patient");
    GROUPS.put("nurse", "Nurses");
    GROUPS.put("physician", "Physicians");
    GROUPS.put("pharmacist", "Pharmacists");
    GROUPS.put("analyst", "Analysts");
    GROUPS.put("privacy-officer", "Privacy officers");
    GROUPS.put("staff", "Staff");
  }

  private final AuthorizationRequest request;
  private final List<Person> offered;
  private final String trouble;

  /**
   * @param trouble what was wrong with the last choice, or null
   */
  ChoicePage(AuthorizationRequest request, List<Person> offered, String trouble) {
    this.request = request;
    this.offered = offered;
    this.trouble = trouble;
  }

  /** Who are you? */
  String people() {
    StringBuilder body = new StringBuilder();
    body.append(
        """
        <h1>Who are you today?</h1>
        %s<p><strong>%s</strong> wants to act for you. Choose a person; no password is asked.</p>
        <details><summary>What it asks for</summary><p class="scope">%s</p></details>
        <form method="post" action="choose">
        """
            .formatted(alert(), escaped(request.client().name()), escaped(request.scope())));
    body.append(hidden(request.parameters()));
    for (Map.Entry<String, String> group : GROUPS.entrySet()) {
      buttons(
          body,
          group.getValue(),
          offered.stream().filter(p -> p.role().equals(group.getKey())).toList(),
          "person");
    }
    body.append("</form>");
    return page(request.client().name(), body.append(search("person")).append(cancel()).toString());
  }

  private String alert() {
    return trouble == null ? "" : "<p role=\"alert\">%s</p>\n".formatted(escaped(trouble));
  }

  /** Whose record is it about? */
  String patients(Person person) {
    Map<String, String> kept = new LinkedHashMap<>(request.parameters());
    kept.put("person", person.reference());
    StringBuilder body = new StringBuilder();
    body.append(
        """
        <h1>Which patient is it about?</h1>
        <p>You are <strong>%s</strong>. <strong>%s</strong> wants to know whose record to open.</p>
        <form method="post" action="choose">
        """
            .formatted(escaped(person.name()), escaped(request.client().name())));
    body.append(hidden(kept));
    buttons(
        body,
        "Patients",
        offered.stream().filter(p -> p.reference().startsWith("Patient/")).toList(),
        "patient");
    return page(request.client().name(), body.append("</form>").append(cancel()).toString());
  }

  private String search(String name) {
    return """
    <form method="post" action="choose" class="search">
    %s<label for="other">Somebody else, by name or reference</label>
    <span><input id="other" name="%s" required autocomplete="off" placeholder="Practitioner/grace-lim">
    <button>Continue</button></span>
    </form>
    """
        .formatted(hidden(request.parameters()), name);
  }

  private String cancel() {
    return """
    <form method="post" action="choose" class="cancel">
    %s<button name="cancel" value="yes">Cancel and go back</button>
    </form>
    """
        .formatted(hidden(request.parameters()));
  }

  /** Nothing leads back: the app must not be told. */
  static String refused(String why) {
    return page(
        "refused",
        "<h1>This is no way to log in</h1>\n<p role=\"alert\">%s</p>".formatted(escaped(why)));
  }

  private static void buttons(
      StringBuilder body, String heading, List<Person> people, String name) {
    if (people.isEmpty()) {
      return;
    }
    body.append("<h2>").append(heading).append("</h2>\n<ul>\n");
    for (Person person : people) {
      body.append(
          """
          <li><button name="%s" value="%s"><b>%s</b> <span>%s</span></button></li>
          """
              .formatted(
                  name,
                  escaped(person.reference()),
                  escaped(person.name()),
                  escaped(person.story().isEmpty() ? person.reference() : person.story())));
    }
    body.append("</ul>\n");
  }

  private static String hidden(Map<String, String> parameters) {
    List<String> inputs = new ArrayList<>();
    parameters.forEach(
        (name, value) ->
            inputs.add(
                "<input type=\"hidden\" name=\"%s\" value=\"%s\">\n"
                    .formatted(escaped(name), escaped(value))));
    return String.join("", inputs);
  }

  private static String page(String title, String body) {
    return """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>Log in to Parley: %s</title>
    <link rel="stylesheet" href="login.css">
    </head>
    <body>
    <p class="demo" role="note"><b>Demo log-in.</b> Everybody on this machine can be anybody here. Not for real patients.</p>
    <main>
    %s
    </main>
    </body>
    </html>
    """
        .formatted(escaped(title), body);
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("'", "&#39;");
  }
}
