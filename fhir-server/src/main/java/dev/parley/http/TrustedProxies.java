// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import java.net.InetSocketAddress;
import java.util.List;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.server.ForwardedRequestCustomizer;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.InetAddressSet;

/**
 * Believes what a proxy says of a request's origin (Forwarded, X-Forwarded-*) only if the proxy is
 * one of ours: anybody can write a header.
 */
final class TrustedProxies implements HttpConfiguration.Customizer {
  private final InetAddressSet addresses = new InetAddressSet();
  private final ForwardedRequestCustomizer forwarded = new ForwardedRequestCustomizer();

  /**
   * @param addresses or networks, as 10.1.0.0/16
   */
  TrustedProxies(List<String> addresses) {
    this.addresses.addAll(addresses);
  }

  @Override
  public Request customize(Request request, HttpFields.Mutable responseHeaders) {
    return request.getConnectionMetaData().getRemoteSocketAddress()
                instanceof InetSocketAddress peer
            && addresses.test(peer.getAddress())
        ? forwarded.customize(request, responseHeaders)
        : request;
  }
}
