// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.bench;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.rest.annotation.Create;
import ca.uhn.fhir.rest.annotation.IdParam;
import ca.uhn.fhir.rest.annotation.Read;
import ca.uhn.fhir.rest.annotation.ResourceParam;
import ca.uhn.fhir.rest.api.EncodingEnum;
import ca.uhn.fhir.rest.api.MethodOutcome;
import ca.uhn.fhir.rest.server.IResourceProvider;
import ca.uhn.fhir.rest.server.RestfulServer;
import ca.uhn.fhir.rest.server.exceptions.ResourceNotFoundException;
import java.util.Date;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.IdType;

/**
 * The limit of HAPI's RestfulServer on Jetty: create and read of messages that are only in memory.
 * A program of its own; it prints its port.
 */
public final class MemoryServer {
  /** So that a long run does not fill the memory. */
  private static final int KEPT = 2_000;

  private MemoryServer() {}

  public static void main(String[] arguments) throws Exception {
    ChildJvm.quiet();
    RestfulServer fhir = new RestfulServer(FhirContext.forR4());
    fhir.setDefaultResponseEncoding(EncodingEnum.JSON);
    fhir.registerProvider(new Messages());
    ServletContextHandler context = new ServletContextHandler();
    context.setContextPath("/fhir/R4");
    context.addServlet(new ServletHolder(fhir), "/*");
    Server server = new Server();
    ServerConnector connector = new ServerConnector(server);
    connector.setHost("127.0.0.1");
    server.addConnector(connector);
    server.setHandler(context);
    server.start();
    System.out.println("port " + connector.getLocalPort());
  }

  /** Messages under the numbers 0, 1, 2 ..., the oldest replaced when there are many. */
  public static final class Messages implements IResourceProvider {
    private final Map<String, Communication> messages = new ConcurrentHashMap<>();
    private final AtomicLong next = new AtomicLong();

    @Override
    public Class<Communication> getResourceType() {
      return Communication.class;
    }

    @Create
    public MethodOutcome create(@ResourceParam Communication message, @ResourceParam String raw) {
      IdType id = new IdType("Communication", String.valueOf(next.getAndIncrement() % KEPT), "1");
      message.setId(id);
      message.getMeta().setVersionId("1").setLastUpdated(new Date());
      messages.put(id.getIdPart(), message);
      return new MethodOutcome(id, true).setResource(message);
    }

    @Read
    public Communication read(@IdParam IdType id) {
      Communication message = messages.get(id.getIdPart());
      if (message == null) {
        throw new ResourceNotFoundException(id);
      }
      return message;
    }
  }
}
