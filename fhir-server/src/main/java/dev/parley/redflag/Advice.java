// SPDX-License-Identifier: Apache-2.0
package dev.parley.redflag;

import dev.parley.redflag.RedFlagList.Found;
import dev.parley.store.Chart;
import dev.parley.store.Codes;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.Communication;
import org.hl7.fhir.r4.model.Extension;
import org.hl7.fhir.r4.model.HealthcareService;
import org.hl7.fhir.r4.model.Reference;

/** What somebody who may be in danger is told, in the language they write in. */
final class Advice {
  /** Of a HealthcareService: what it says to those who cannot wait. */
  private final Supplier<RedFlagList> list;

  private final Chart chart;
  private final String number;
  private final String crisis;

  /**
   * @param number to call in an emergency
   * @param crisis to call in a crisis of life; empty for none
   */
  Advice(Supplier<RedFlagList> list, Chart chart, String number, String crisis) {
    this.list = list;
    this.chart = chart;
    this.number = number;
    this.crisis = crisis;
  }

  String to(Communication message, List<Found> found, Connection connection) throws SQLException {
    String language = found.get(0).language();
    StringBuilder text = new StringBuilder();
    text.append(list.get().text("advice", language).replace("{number}", number));
    if (!crisis.isEmpty() && found.stream().anyMatch(f -> f.code().equals("suicide"))) {
      text.append(' ').append(list.get().text("crisis", language).replace("{crisis}", crisis));
    }
    ofService(message, connection).ifPresent(own -> text.append(' ').append(own));
    return text.toString();
  }

  private Optional<String> ofService(Communication message, Connection connection)
      throws SQLException {
    Optional<String> service = service(message, connection);
    if (service.isEmpty()) {
      return Optional.empty();
    }
    return chart
        .find(connection, service.get(), HealthcareService.class)
        .map(s -> s.getExtensionByUrl(Codes.EMERGENCY_TEXT))
        .map(Extension::getValue)
        .map(Object::toString);
  }

  /** The service that takes part, in the message or in its thread. */
  Optional<String> service(Communication message, Connection connection) throws SQLException {
    Optional<String> own = serviceAmong(message);
    if (own.isPresent() || !message.hasPartOf()) {
      return own;
    }
    Optional<String> thread = chart.local(message.getPartOfFirstRep());
    return thread.isEmpty()
        ? Optional.empty()
        : chart.find(connection, thread.get(), Communication.class).flatMap(this::serviceAmong);
  }

  private Optional<String> serviceAmong(Communication message) {
    return Stream.concat(message.getRecipient().stream(), Stream.of(message.getSender()))
        .flatMap((Reference r) -> chart.local(r).stream())
        .filter(r -> r.startsWith("HealthcareService/"))
        .findFirst();
  }
}
