// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import ca.uhn.fhir.rest.annotation.Metadata;
import ca.uhn.fhir.rest.api.Constants;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.server.IServerConformanceProvider;
import ca.uhn.fhir.rest.server.RestfulServer;
import ca.uhn.fhir.rest.server.exceptions.NotModifiedException;
import ca.uhn.fhir.rest.server.servlet.ServletRequestDetails;
import dev.parley.access.Refusal;
import jakarta.servlet.http.HttpServletRequest;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.zip.CRC32;
import org.hl7.fhir.r4.model.CapabilityStatement;

/**
 * {@code GET [base]/metadata} (A.21): written at the first question and kept as text; anew when the
 * issuer's addresses change.
 */
public final class Capability implements IServerConformanceProvider<CapabilityStatement> {
  private final Supplier<Map<String, String>> oauth;
  private final Function<Map<String, String>, CapabilityText> facts;
  private Map<String, String> told;
  private String json;
  private String etag;

  /**
   * @param oauth the issuer's endpoints, as they are now
   * @param facts the rest, with them
   */
  Capability(
      Supplier<Map<String, String>> oauth, Function<Map<String, String>, CapabilityText> facts) {
    this.oauth = oauth;
    this.facts = facts;
  }

  @Override
  @Metadata(cacheMillis = 0)
  public CapabilityStatement getServerConformance(
      HttpServletRequest servletRequest, RequestDetails request) {
    String[] mode = request.getParameters().get("mode");
    if (mode != null && mode.length > 0 && mode[0].equals("terminology")) {
      throw Refusal.notSupported(
          "mode", "mode=terminology is not there: this is no terminology server");
    }
    write();
    String known = request.getHeader(Constants.HEADER_IF_NONE_MATCH);
    if (known != null && known.contains(etag)) {
      throw new NotModifiedException("");
    }
    if (request instanceof ServletRequestDetails servlet) {
      servlet.getServletResponse().setHeader(Constants.HEADER_ETAG, "W/\"" + etag + "\"");
    }
    Answer.json(json).on(request);
    return new CapabilityStatement();
  }

  private synchronized void write() {
    Map<String, String> now = oauth.get();
    if (json == null || !now.equals(told)) {
      told = now;
      json = facts.apply(now).json();
      CRC32 sum = new CRC32();
      sum.update(json.getBytes(StandardCharsets.UTF_8));
      etag = Long.toHexString(sum.getValue());
    }
  }

  @Override
  public void setRestfulServer(RestfulServer server) {
    // What is declared comes from Parley's own lists, not from HAPI's bindings.
  }
}
