// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import java.nio.charset.StandardCharsets;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;

/** What Jetty refuses by itself (an encoded slash in a path) is an OperationOutcome too. */
final class PlainErrors extends ErrorHandler {
  private static final String OUTCOME =
      """
      {"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"%s","details":{"coding":\
      [{"system":"https://parley.dev/fhir/CodeSystem/refusal","code":"http"}],"text":"%s"}}]}""";

  @Override
  public boolean errorPageForMethod(String method) {
    return true;
  }

  @Override
  protected void generateResponse(
      Request request,
      Response response,
      int code,
      String message,
      Throwable cause,
      Callback callback) {
    String text =
        OUTCOME.formatted(
            code == 404 ? "not-found" : code < 500 ? "invalid" : "exception",
            code < 500 ? plain(message) : "Something went wrong here");
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/fhir+json;charset=UTF-8");
    response.write(true, BufferUtil.toBuffer(text, StandardCharsets.UTF_8), callback);
  }

  private static String plain(String message) {
    return message == null ? "" : message.replaceAll("[^A-Za-z0-9 ,.:-]", "");
  }
}
