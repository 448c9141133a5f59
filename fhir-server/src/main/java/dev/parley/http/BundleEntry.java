// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import dev.parley.access.Refusal;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.Resource;

/**
 * One entry of a batch or transaction, its request taken apart.
 *
 * @param method GET, HEAD, POST, PUT, PATCH or DELETE
 * @param type of the URL; null for a system search
 * @param id of the URL, or null
 * @param rest what follows the id: "_history", "_history/2", "$validate", or empty
 * @param query without the question mark; null if there is none
 * @param text raw JSON of the resource; null if there is none
 */
record BundleEntry(
    int index,
    String method,
    String type,
    String id,
    String rest,
    String query,
    String fullUrl,
    Bundle.BundleEntryRequestComponent request,
    Resource resource,
    String text) {
  private static final Pattern PATH =
      Pattern.compile("([A-Z][A-Za-z]+)?(?:/([A-Za-z0-9.-]{1,64}))?(?:/(.+))?");

  static BundleEntry of(int index, Bundle.BundleEntryComponent entry, String text, String base) {
    String at = "Bundle.entry[" + index + "]";
    if (!entry.hasRequest() || entry.getRequest().getMethod() == null) {
      throw Refusal.invalid("entry-without-request", at + ".request with a method is required")
          .at(at + ".request");
    }
    String method = entry.getRequest().getMethod().toCode();
    String url = String.valueOf(entry.getRequest().getUrl());
    if (url.startsWith(base + "/")) {
      url = url.substring(base.length() + 1);
    }
    int mark = url.indexOf('?');
    String path = (mark < 0 ? url : url.substring(0, mark)).replaceAll("^/|/$", "");
    Matcher parts = PATH.matcher(path);
    if (!parts.matches()) {
      throw Refusal.invalid("wrong-entry-url", at + ".request.url is not a URL of this server")
          .at(at + ".request.url");
    }
    BundleEntry parsed =
        new BundleEntry(
            index,
            method,
            parts.group(1),
            parts.group(2),
            parts.group(3) == null ? "" : parts.group(3),
            mark < 0 ? null : url.substring(mark + 1),
            entry.getFullUrl(),
            entry.getRequest(),
            entry.getResource(),
            text);
    parsed.check();
    return parsed;
  }

  private void check() {
    boolean hasBody = method.equals("POST") || method.equals("PUT") || method.equals("PATCH");
    if (hasBody && resource == null) {
      throw Refusal.invalid("entry-without-resource", at() + ".resource is required").at(at());
    }
    boolean stores = method.equals("POST") || method.equals("PUT");
    if (stores && !resource.fhirType().equals(type)) {
      throw Refusal.invalid(
              "wrong-type",
              "%s.request.url names %s, the resource is a %s"
                  .formatted(at(), type, resource.fhirType()))
          .at(at());
    }
    if (method.equals("POST") && (id != null || !rest.isEmpty())) {
      throw Refusal.notSupported("entry-operation", at() + ": operations do not run in a bundle");
    }
    if (method.equals("PUT") && id != null && !id.equals(resource.getIdElement().getIdPart())) {
      throw Refusal.invalid("id-mismatch", at() + ": the resource needs the id of the URL")
          .at(at());
    }
  }

  /** The same refusal, pointing into this entry: at what it pointed at in the resource. */
  Refusal named(Refusal refusal) {
    String inner = refusal.expression();
    if (inner == null || inner.startsWith("Bundle.entry[")) {
      return inner == null ? refusal.at(at()) : refusal;
    }
    return refusal.at(at() + ".resource" + inner.substring(Math.max(0, inner.indexOf('.'))));
  }

  String at() {
    return "Bundle.entry[" + index + "]";
  }

  boolean deletes() {
    return method.equals("DELETE");
  }

  boolean reads() {
    return method.equals("GET") || method.equals("HEAD");
  }
}
