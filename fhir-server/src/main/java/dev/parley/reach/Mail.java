// SPDX-License-Identifier: Apache-2.0
package dev.parley.reach;

import dev.parley.config.Config;
import dev.parley.config.Setting;
import jakarta.mail.Message;
import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import jakarta.mail.Transport;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeMessage;
import java.time.Instant;
import java.util.Date;
import java.util.Properties;
import java.util.function.Supplier;

/** The e-mail that says that there is a message, and where to read it; and nothing else. */
final class Mail {
  private static final String SUBJECT = "You have a new message";
  private static final String TIMEOUT_MILLIS = "5000";

  private final Config config;
  private final Supplier<String> page;

  /**
   * @param page where people read messages
   */
  Mail(Config config, Supplier<String> page) {
    this.config = config;
    this.page = page;
  }

  /** Whether there is a mail server. */
  boolean isThere() {
    return config.isSet(Setting.PARLEY_SMTP);
  }

  /** Whether this can be the address of one person. */
  static boolean isAddress(String text) {
    try {
      InternetAddress[] parsed = InternetAddress.parse(text, true);
      parsed[0].validate();
      return parsed.length == 1 && text.equals(parsed[0].getAddress()) && text.length() <= 254;
    } catch (MessagingException | RuntimeException e) {
      return false;
    }
  }

  /** Hands it to the mail server. */
  void send(String address, Instant now) throws MessagingException {
    Session session = Session.getInstance(properties());
    MimeMessage message = new MimeMessage(session);
    message.setFrom(new InternetAddress(config.text(Setting.PARLEY_EMAIL_FROM)));
    message.setRecipient(Message.RecipientType.TO, new InternetAddress(address, true));
    message.setSubject(SUBJECT, "UTF-8");
    message.setSentDate(Date.from(now));
    // No answer by an absence assistant (RFC 3834).
    message.setHeader("Auto-Submitted", "auto-generated");
    message.setText(config.text(Setting.PARLEY_EMAIL_TEXT) + "\n\n" + page.get() + "\n", "UTF-8");
    String user = config.text(Setting.PARLEY_SMTP_USER);
    try (Transport transport = session.getTransport()) {
      if (user.isEmpty()) {
        transport.connect();
      } else {
        transport.connect(user, config.text(Setting.PARLEY_SMTP_PASSWORD));
      }
      message.saveChanges();
      transport.sendMessage(message, message.getAllRecipients());
    }
  }

  private Properties properties() {
    String server = config.text(Setting.PARLEY_SMTP);
    int colon = server.lastIndexOf(':');
    String protocol = config.text(Setting.PARLEY_SMTP_TLS).equals("tls") ? "smtps" : "smtp";
    String prefix = "mail." + protocol + ".";
    Properties properties = new Properties();
    properties.put("mail.transport.protocol", protocol);
    properties.put(prefix + "host", server.substring(0, colon));
    properties.put(prefix + "port", server.substring(colon + 1));
    for (String each : new String[] {"connectiontimeout", "timeout", "writetimeout"}) {
      properties.put(prefix + each, TIMEOUT_MILLIS);
    }
    boolean login = config.isSet(Setting.PARLEY_SMTP_USER);
    properties.put(prefix + "auth", String.valueOf(login));
    boolean starts = config.text(Setting.PARLEY_SMTP_TLS).equals("starttls");
    properties.put(prefix + "starttls.enable", String.valueOf(starts));
    properties.put(prefix + "starttls.required", String.valueOf(starts));
    properties.put(prefix + "ssl.checkserveridentity", "true");
    return properties;
  }
}
