// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import ca.uhn.fhir.rest.annotation.Operation;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.parley.feed.Topic;
import dev.parley.http.DeclaredParams.Declared;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The CapabilityStatement as JSON, written without the model: it names 146 types, and the model
 * would load the definition of each.
 *
 * @param oauth the issuer's endpoints by their names in the oauth-uris extension; null without
 *     login
 * @param params what can be searched by, per type
 * @param operations HAPI providers whose methods carry {@link Operation}
 * @param enforced whether every local reference must exist
 * @param cors whether pages of other origins may call
 */
record CapabilityText(
    FhirApi.Addresses addresses,
    Map<String, String> oauth,
    Map<String, List<Declared>> params,
    List<?> operations,
    boolean enforced,
    boolean cors) {
  /** Made of the audit trail: read only, and no way to or from other types. */
  private static final String DERIVED = "AuditEvent";

  private static final String CORE = "http://hl7.org/fhir/";
  private static final String BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport/";
  private static final String SMART = "http://fhir-registry.smarthealthit.org/";
  private static final List<String> INTERACTIONS =
      List.of(
          "read",
          "vread",
          "update",
          "patch",
          "delete",
          "history-instance",
          "history-type",
          "create",
          "search-type");
  private static final List<Declared> COMMON =
      List.of(
          common("_id", "token", "Resource-id"),
          common("_lastUpdated", "date", "Resource-lastUpdated"),
          common("_tag", "token", "Resource-tag"),
          common("_security", "token", "Resource-security"),
          common("_profile", "uri", "Resource-profile"),
          common("_source", "uri", "Resource-source"));

  private static Declared common(String code, String kind, String name) {
    return new Declared("Resource", code, kind, CORE + "SearchParameter/" + name, List.of());
  }

  String json() {
    String version = version();
    StringWriter text = new StringWriter(1 << 20);
    try (JsonGenerator out = new JsonFactory().createGenerator(text)) {
      out.writeStartObject();
      head(out, version);
      out.writeArrayFieldStart("rest");
      rest(out);
      out.writeEndArray();
      out.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }

  private static String version() {
    Properties software = new Properties();
    try (InputStream in = CapabilityText.class.getResourceAsStream("software.properties")) {
      software.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return software.getProperty("version");
  }

  private void head(JsonGenerator out, String version) throws IOException {
    out.writeStringField("resourceType", "CapabilityStatement");
    out.writeStringField("url", addresses.base() + "/metadata");
    out.writeStringField("version", version);
    out.writeStringField("name", "Parley");
    out.writeStringField("title", "Parley, FHIR-native secure messaging");
    out.writeStringField("status", "active");
    out.writeStringField("date", addresses.since().truncatedTo(ChronoUnit.SECONDS).toString());
    out.writeStringField("publisher", "Parley");
    out.writeStringField("kind", "instance");
    strings(out, "instantiates", BACKPORT + "CapabilityStatement/backport-subscription-server-r4");
    out.writeObjectFieldStart("software");
    out.writeStringField("name", "Parley");
    out.writeStringField("version", version);
    out.writeEndObject();
    out.writeObjectFieldStart("implementation");
    out.writeStringField("description", "Parley at " + addresses.base());
    out.writeStringField("url", addresses.base());
    out.writeEndObject();
    out.writeStringField("fhirVersion", "4.0.1");
    strings(out, "format", "application/fhir+json", "application/fhir+xml", "json", "xml");
    strings(
        out,
        "patchFormat",
        "application/json-patch+json",
        "application/fhir+json",
        "application/fhir+xml");
    strings(
        out,
        "implementationGuide",
        BACKPORT + "ImplementationGuide/hl7.fhir.uv.subscriptions-backport|1.1.0");
  }

  private void rest(JsonGenerator out) throws IOException {
    out.writeStartObject();
    extension(
        out,
        List.of(CORE + "StructureDefinition/capabilitystatement-websocket"),
        "valueUri",
        List.of(addresses.socket()));
    out.writeStringField("mode", "server");
    security(out);
    out.writeArrayFieldStart("resource");
    for (String type : params.keySet()) {
      resource(out, type);
    }
    out.writeEndArray();
    codes(out, "interaction", List.of("transaction", "batch", "search-system", "history-system"));
    out.writeArrayFieldStart("searchParam");
    for (Declared param : COMMON) {
      param(out, param);
    }
    out.writeEndArray();
    operations(out, "");
    out.writeArrayFieldStart("compartment");
    for (String name : List.of("patient", "practitioner", "relatedPerson", "device", "encounter")) {
      out.writeString(CORE + "CompartmentDefinition/" + name);
    }
    out.writeEndArray();
    out.writeEndObject();
  }

  /** E-34, and the extension by which SMART clients found the endpoints before E-1. */
  private void security(JsonGenerator out) throws IOException {
    out.writeObjectFieldStart("security");
    if (oauth != null && !oauth.isEmpty()) {
      out.writeArrayFieldStart("extension");
      out.writeStartObject();
      out.writeStringField("url", SMART + "StructureDefinition/oauth-uris");
      extension(
          out,
          List.copyOf(oauth.keySet()),
          "valueUri",
          oauth.keySet().stream().map(oauth::get).toList());
      out.writeEndObject();
      out.writeEndArray();
    }
    out.writeBooleanField("cors", cors);
    if (oauth != null) {
      out.writeArrayFieldStart("service");
      out.writeStartObject();
      out.writeArrayFieldStart("coding");
      out.writeStartObject();
      out.writeStringField(
          "system", "http://terminology.hl7.org/CodeSystem/restful-security-service");
      out.writeStringField("code", "SMART-on-FHIR");
      out.writeEndObject();
      out.writeEndArray();
      out.writeStringField(
          "text", "OAuth 2 with SMART scopes; see .well-known/smart-configuration");
      out.writeEndObject();
      out.writeEndArray();
    }
    out.writeEndObject();
  }

  private void resource(JsonGenerator out, String type) throws IOException {
    out.writeStartObject();
    if (type.equals("Subscription")) {
      List<String> topics = Arrays.stream(Topic.values()).map(Topic::canonical).toList();
      String topic =
          BACKPORT + "StructureDefinition/capabilitystatement-subscriptiontopic-canonical";
      extension(out, topics.stream().map(t -> topic).toList(), "valueCanonical", topics);
    }
    out.writeStringField("type", type);
    out.writeStringField("profile", CORE + "StructureDefinition/" + type);
    if (type.equals("Subscription")) {
      strings(out, "supportedProfile", BACKPORT + "StructureDefinition/backport-subscription");
    }
    if (type.equals(DERIVED)) {
      codes(out, "interaction", List.of("read", "vread", "search-type"));
      params(out, type);
      out.writeEndObject();
      return;
    }
    codes(out, "interaction", INTERACTIONS);
    out.writeStringField("versioning", "versioned");
    out.writeBooleanField("readHistory", true);
    out.writeBooleanField("updateCreate", true);
    out.writeBooleanField("conditionalCreate", true);
    out.writeStringField("conditionalRead", "full-support");
    out.writeBooleanField("conditionalUpdate", true);
    out.writeStringField("conditionalDelete", "single");
    if (enforced) {
      strings(out, "referencePolicy", "literal", "logical", "enforced");
    } else {
      strings(out, "referencePolicy", "literal", "logical");
    }
    includes(out, type);
    params(out, type);
    operations(out, type);
    out.writeEndObject();
  }

  private void params(JsonGenerator out, String type) throws IOException {
    out.writeArrayFieldStart("searchParam");
    for (Declared param : COMMON.subList(0, 2)) {
      param(out, param);
    }
    for (Declared param : params.get(type)) {
      param(out, param);
    }
    out.writeEndArray();
  }

  private void includes(JsonGenerator out, String type) throws IOException {
    String[] include =
        Stream.concat(
                Stream.of("*"),
                params.get(type).stream()
                    .filter(p -> p.kind().equals("reference"))
                    .map(p -> type + ":" + p.code()))
            .toArray(String[]::new);
    if (include.length > 1) {
      strings(out, "searchInclude", include);
    }
    String[] reverse =
        params.values().stream()
            .flatMap(Collection::stream)
            .filter(p -> p.mayTarget(type) && !p.type().equals(DERIVED))
            .map(p -> p.type() + ":" + p.code())
            .toArray(String[]::new);
    strings(out, "searchRevInclude", reverse);
  }

  private static void param(JsonGenerator out, Declared param) throws IOException {
    out.writeStartObject();
    out.writeStringField("name", param.code());
    out.writeStringField("definition", param.url());
    out.writeStringField("type", param.kind());
    out.writeEndObject();
  }

  /**
   * the name is without the dollar sign.
   *
   * @param type empty for the operations of the whole system
   */
  private void operations(JsonGenerator out, String type) throws IOException {
    Map<String, String> found = new TreeMap<>();
    Stream.concat(Stream.of(ResourceProvider.class), operations.stream().map(Object::getClass))
        .flatMap(provider -> Arrays.stream(provider.getMethods()))
        .filter(method -> method.isAnnotationPresent(Operation.class))
        .filter(
            method ->
                method.getDeclaringClass() == ResourceProvider.class && !type.isEmpty()
                    || method.getAnnotation(Operation.class).typeName().equals(type))
        .map(method -> method.getAnnotation(Operation.class))
        .forEach(o -> found.put(o.name().substring(1), o.canonicalUrl()));
    if (found.isEmpty()) {
      return;
    }
    out.writeArrayFieldStart("operation");
    for (Map.Entry<String, String> operation : found.entrySet()) {
      out.writeStartObject();
      out.writeStringField("name", operation.getKey());
      out.writeStringField("definition", operation.getValue());
      out.writeEndObject();
    }
    out.writeEndArray();
  }

  private static void extension(
      JsonGenerator out, List<String> urls, String value, List<String> values) throws IOException {
    out.writeArrayFieldStart("extension");
    for (int i = 0; i < urls.size(); i++) {
      out.writeStartObject();
      out.writeStringField("url", urls.get(i));
      out.writeStringField(value, values.get(i));
      out.writeEndObject();
    }
    out.writeEndArray();
  }

  private static void codes(JsonGenerator out, String name, List<String> codes) throws IOException {
    out.writeArrayFieldStart(name);
    for (String code : codes) {
      out.writeStartObject();
      out.writeStringField("code", code);
      out.writeEndObject();
    }
    out.writeEndArray();
  }

  private static void strings(JsonGenerator out, String name, String... values) throws IOException {
    out.writeArrayFieldStart(name);
    for (String value : values) {
      out.writeString(value);
    }
    out.writeEndArray();
  }
}
