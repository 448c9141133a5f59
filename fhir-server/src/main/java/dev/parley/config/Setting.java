// SPDX-License-Identifier: Apache-2.0
package dev.parley.config;

import java.util.Arrays;
import java.util.Optional;

/**
 * Every setting there is. The configuration page, {@code --help} and the messages about wrong
 * values come from here; a setting is given as the environment variable of the same name.
 */
public enum Setting {
  PARLEY_HOST(Type.TEXT, "127.0.0.1", "Address to listen on; loopback unless you say otherwise."),
  PARLEY_PORT(
      Type.PORT, "8080", "Port for FHIR, the socket, health and metrics; 0 picks a free one."),
  PARLEY_PUBLIC_URL(
      Type.URL, "", "Address under which clients reach Parley, if not http://host:port."),
  PARLEY_SOCKET_URL(
      Type.URL,
      "",
      "Address under which clients reach the socket, http or https, if not that of the FHIR"
          + " server."),
  PARLEY_DATA(Type.TEXT, "data", "Folder of the embedded PostgreSQL."),
  PARLEY_JDBC_URL(
      Type.TEXT, "", "An existing PostgreSQL 15 or newer; empty starts the embedded one."),
  PARLEY_JDBC_USER(Type.TEXT, "parley", "Database user."),
  PARLEY_JDBC_PASSWORD(Type.SECRET, "", "Database password."),
  PARLEY_JDBC_CONNECTIONS(Type.COUNT, "12", "Database connections of this process at the most."),
  PARLEY_ISSUER(
      Type.TEXT,
      "",
      "Who issues the tokens: the addresses of OpenID Connect issuers, with commas; see"
          + " docs/features/auth.md."),
  PARLEY_ISSUER_JWKS(
      Type.TEXT,
      "",
      "Where the issuer's public keys are, a file or an address, if its discovery document is not"
          + " to be asked; one for each issuer."),
  PARLEY_ISSUER_KEYS_SECONDS(
      Type.COUNT, "600", "How long an issuer's keys are used before they are fetched again."),
  PARLEY_ISSUER_OUTAGE_SECONDS(
      Type.COUNT,
      "14400",
      "How long known keys serve on while the issuer cannot be reached; opaque tokens do not."),
  PARLEY_AUDIENCE(
      Type.TEXT,
      "",
      "What a token's audience must name, with commas; empty for the address of the FHIR base."),
  PARLEY_TOKEN_ALGORITHMS(
      Type.TEXT,
      "RS256,RS384,RS512,PS256,PS384,PS512,ES256,ES384,ES512",
      "Signature algorithms that are accepted; none and HMAC never are."),
  PARLEY_CLOCK_SKEW_SECONDS(Type.COUNT, "30", "How far the issuer's clock and ours may be apart."),
  PARLEY_ROLES_CLAIM(
      Type.TEXT,
      "roles",
      "The claim that lists a person's roles; a dot steps inside, as in realm_access.roles."),
  PARLEY_ACR_LEVELS(
      Type.pattern("(\\S+=[0-3](,\\s*\\S+=[0-3])*)?", "acr=level pairs with commas, levels 0 to 3"),
      "0=0,1=1,2=2,3=3",
      "How sure each acr of the issuer is of the person, 0 to 3; any other is 0."),
  PARLEY_STAFF_ASSURANCE(
      Type.pattern("[1-3]", "1, 2 or 3"),
      "1",
      "How sure a session of staff has to be for clinical text, 1 to 3; 1 is any login, whatever its acr says."),
  PARLEY_SESSION_IDLE_MINUTES(
      Type.COUNT, "60", "How long a person's login may go unused before it has ended."),
  PARLEY_SESSION_HOURS(Type.COUNT, "12", "How long a person's login lasts in all."),
  PARLEY_INTROSPECTION_URL(
      Type.URL, "", "Where opaque tokens are asked about (RFC 7662); empty refuses them."),
  PARLEY_INTROSPECTION_CLIENT(Type.TEXT, "", "Client id for the introspection endpoint."),
  PARLEY_INTROSPECTION_SECRET(Type.SECRET, "", "Client secret for the introspection endpoint."),
  PARLEY_RATE_PER_PERSON(
      Type.COUNT, "3000", "Requests of one person in a minute at the most; more are answered 429."),
  PARLEY_RATE_PER_SYSTEM(
      Type.COUNT, "600000", "The same for one client that acts for nobody, an EHR say."),
  PARLEY_INSECURE_NO_LOGIN(
      Type.choice("true", "false"),
      "false",
      "Lets everybody who reaches the port do everything; on loopback only, never with real data."),
  PARLEY_REFERENCES(
      Type.choice("enforced", "messages", "open"),
      "messages",
      "Which references must exist when written: all local ones, sender, recipient and partOf of"
          + " messages, or none."),
  PARLEY_VALIDATION(
      Type.choice("basic", "full"),
      "basic",
      "How a resource is checked when written: its elements, codes and the invariants that matter,"
          + " or all of R4 by the full validator, which takes seconds at the first write."),
  PARLEY_ORGANIZATION(
      Type.TEXT,
      "",
      "Organization/id whose server this is: its consents count, its phone number is named; empty"
          + " for any."),
  PARLEY_CLINIC_PHONE(
      Type.TEXT, "", "Number to call when a message cannot pass, if not the organisation's own."),
  PARLEY_CONSENT_TEXT(
      Type.TEXT,
      "I agree that the clinic and I write to each other by secure message about my care. Messages"
          + " complement visits and calls, they do not replace them. Messages are not for"
          + " emergencies: in an emergency I call. Messages become part of my record. I can"
          + " withdraw this consent at any time.",
      "What a patient is asked to sign for secure messaging."),
  PARLEY_IDENTITY_LEVELS(
      Type.IDENTITY_LEVELS,
      "greeting=0,scheduling=1,clinical=2,sensitive=3",
      "How sure, 0 to 3, the server has to be of a patient or proxy before they read each class of"
          + " message."),
  PARLEY_IDENTITY_MONTHS(Type.COUNT, "12", "How long a verified identity is good for."),
  PARLEY_IDENTITY_TEXT(
      Type.TEXT,
      "You have a message. To read it, have your identity verified: show an identity card at the"
          + " front desk, or log in with a second factor.",
      "What is read in place of a message by somebody who is not verified."),
  PARLEY_WITHHELD_HOURS(
      Type.COUNT, "24", "How long a message may wait for a verified reader before staff call."),
  PARLEY_TIME_ZONE(
      Type.ZONE,
      "",
      "Time zone of services that name none, as Europe/Berlin; empty for that of the machine."),
  PARLEY_AUTOMATIC_ANSWER_MINUTES(
      Type.COUNT,
      "15",
      "A closed service answers a conversation by itself at most once in this time, and not within"
          + " it after a person has."),
  PARLEY_ESCALATION(
      Type.pattern(
          "((owner|on-call|team-lead)=\\d{1,6}(,\\s*(owner|on-call|team-lead)=\\d{1,6})*)?",
          "owner, on-call, team-lead = minutes, with commas"),
      "owner=0,on-call=15,team-lead=30",
      "Whom a late answer is put before, so many minutes after its due time, where a service says"
          + " nothing else."),
  PARLEY_ESCALATION_GRACE_MINUTES(
      Type.COUNT, "30", "How long somebody who accepts a late answer has before the next is told."),
  PARLEY_EDIT_MINUTES(Type.COUNT, "15", "How long the sender of a message may edit its text."),
  PARLEY_UNDO_SECONDS(
      Type.COUNT, "10", "How long a message is held back for which its sender asks for undo."),
  PARLEY_REACTIONS(
      Type.TEXT,
      "\ud83d\udc4d \u2705 \ud83d\udc40 \u2764\ufe0f \ud83d\ude4f \ud83d\ude0a \ud83d\ude22",
      "Emojis with which people may react to a message, with spaces."),
  PARLEY_CORS_ORIGINS(
      Type.TEXT,
      "",
      "Origins of web pages that may call the FHIR API, with commas; * for all, empty for none."),
  PARLEY_BODY_LIMIT_BYTES(Type.COUNT, "10000000", "Largest request body."),
  PARLEY_ATTACHMENT_LIMIT_BYTES(
      Type.COUNT, "1073741824", "Largest file that can be attached to a message."),
  PARLEY_UPLOADS_AT_ONCE(
      Type.COUNT, "4", "Files that one person may be uploading at once; more are answered 429."),
  PARLEY_UPLOAD_BYTES_A_DAY(
      Type.COUNT,
      "10737418240",
      "Bytes of files that one person may upload in a day (UTC); more are answered 429."),
  PARLEY_ATTACHMENT_FHIR_BYTES(
      Type.COUNT, "1000000", "Largest file that is also given out inside of FHIR, in base64."),
  PARLEY_ATTACHMENT_TYPES(
      Type.TEXT,
      "image/jpeg,image/png,image/gif,image/webp,image/bmp,image/tiff,image/heic,image/heif,"
          + "image/avif,video/mp4,video/quicktime,video/webm,video/x-msvideo,video/mpeg,audio/mpeg,"
          + "audio/mp4,audio/ogg,audio/vnd.wave,audio/webm,audio/x-flac,application/pdf,text/plain,"
          + "text/csv,application/rtf,application/dicom,"
          + "application/vnd.openxmlformats-officedocument.wordprocessingml.document,"
          + "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet,"
          + "application/vnd.openxmlformats-officedocument.presentationml.presentation,"
          + "application/vnd.oasis.opendocument.text",
      "Media types that can be attached, with commas; image/* stands for all of its kind."),
  PARLEY_ATTACHMENT_HOURS(
      Type.COUNT, "24", "How long an upload waits for a message that refers to it."),
  PARLEY_ATTACHMENT_KEY(
      Type.KEYS,
      "",
      "Encrypts attachments where they are stored; make one with openssl rand -base64 32, and put a"
          + " new one in front of the old, with commas, until all are encrypted with it."),
  PARLEY_S3_URL(
      Type.URL,
      "",
      "A store that speaks S3 (https://s3.eu-central-1.amazonaws.com), for attachments; empty keeps"
          + " them in the database."),
  PARLEY_S3_BUCKET(Type.TEXT, "parley", "Its bucket, which must exist."),
  PARLEY_S3_REGION(Type.TEXT, "us-east-1", "Its region."),
  PARLEY_S3_KEY(Type.TEXT, "", "Access key id for it."),
  PARLEY_S3_SECRET(Type.SECRET, "", "Secret access key for it."),
  PARLEY_LANGUAGE(
      Type.pattern("[A-Za-z]{2}", "two letters, as en"),
      "en",
      "Language of messages that do not say theirs, for the search in their text."),
  PARLEY_CLAMAV(
      Type.pattern("(\\S+:\\d{1,5})?", "host:port"),
      "",
      "ClamAV's daemon (clamd), asked about every attachment; what it has not seen is held."),
  PARLEY_BUNDLE_LIMIT(Type.COUNT, "10000", "Entries of a batch or transaction at the most."),
  PARLEY_PAGE_DEFAULT(Type.COUNT, "20", "Entries of a search page when _count is absent."),
  PARLEY_PAGE_LIMIT(Type.COUNT, "1000", "Entries of a search page at the most."),
  PARLEY_EVENT_RETENTION_HOURS(
      Type.COUNT, "168", "How long a client may stay away and still get what it missed."),
  PARLEY_BINDING_TOKEN_SECONDS(
      Type.COUNT, "3600", "How long a token binds a socket; clients fetch a new one before."),
  PARLEY_SUBSCRIPTION_LIMIT(
      Type.COUNT,
      "500",
      "Subscriptions of one person at the most; system clients have as many as they need."),
  PARLEY_SOCKET_LIMIT(Type.COUNT, "20000", "Open sockets of one bridge process at the most."),
  PARLEY_SOCKET_ORIGINS(
      Type.TEXT,
      "",
      "Origins of web pages that may open the socket, with commas; the server's own always may."),
  PARLEY_REST_HOOK_HOSTS(
      Type.TEXT,
      "",
      "Hosts that a rest-hook may call without TLS or at a private address, with commas; this"
          + " machine too while PARLEY_HOST is loopback."),
  PARLEY_TRUSTED_PROXIES(
      Type.TEXT,
      "",
      "Addresses or networks (10.1.0.0/16) of proxies, with commas, whose Forwarded and X-Forwarded"
          + " headers are believed."),
  PARLEY_TLS_CERTIFICATE(
      Type.TEXT,
      "",
      "Certificate chain, a PEM or PKCS12 file, to serve https; read again when it changes."),
  PARLEY_TLS_KEY(Type.TEXT, "", "Its private key, a PEM file (PKCS8), unless that is PKCS12."),
  PARLEY_TLS_PASSWORD(Type.SECRET, "", "Password of the PKCS12 file."),
  PARLEY_TOKEN(
      Type.SECRET, "", "Access token that the commands send to a server; see ./parley token."),
  PARLEY_CLIENT_ID(
      Type.TEXT,
      "",
      "The commands as a client of PARLEY_ISSUER, which then gives them a system's token."),
  PARLEY_CLIENT_SECRET(Type.SECRET, "", "That client's secret."),
  PARLEY_AUDIT_KEY(
      Type.SECRET,
      "",
      "Seals the audit trail, so that the database alone cannot seal it anew; older ones after it,"
          + " with commas."),
  PARLEY_AUDIT_RETENTION_DAYS(
      Type.atLeast(2192),
      "2192",
      "How long audit rows are kept; six years are the least that HIPAA asks."),
  PARLEY_RETENTION(
      Type.pattern(
          "([A-Za-z]+=\\d{1,6}(,\\s*[A-Za-z]+=\\d{1,6})*)?", "type=days pairs with commas"),
      "",
      "How many days resources of a type are kept after their last change, as in"
          + " Communication=3650; a legal hold keeps them longer, a type that is not named is kept"
          + " for ever."),
  PARLEY_BACKUP_KEY(
      Type.KEYS,
      "",
      "Encrypts backups; make one with openssl rand -base64 32, and put a new one in front of the"
          + " old, with commas, so that older backups can still be restored."),
  PARLEY_AUDIT_SPOOL(
      Type.TEXT,
      "",
      "File for the audit rows of break-glass while the database cannot take them; empty for"
          + " audit.spool in the data folder."),
  PARLEY_PROXY_AGES(
      Type.TEXT,
      "12,18",
      "Ages at which a patient becomes an adolescent and an adult, as the law where you are has it:"
          + " what a proxy may see narrows on these birthdays."),
  PARLEY_SENSITIVE_TOPICS(
      Type.TEXT,
      "sexual-health,reproductive-health,mental-health,substance-use,PSY,SEX,ETH,HIV",
      "Codes of topics, categories and security labels that an adolescent's proxies do not see."),
  PARLEY_BREAK_GLASS_MINUTES(
      Type.COUNT, "60", "How long an emergency access to a patient's record lasts."),
  PARLEY_EMERGENCY_NUMBER(
      Type.TEXT, "911", "Number that a patient is told to call in an emergency."),
  PARLEY_CRISIS_NUMBER(
      Type.TEXT,
      "988",
      "Number for somebody who thinks of suicide, told beside the other; empty for none."),
  PARLEY_RED_FLAG_MINUTES(
      Type.COUNT, "10", "By when staff look at a message with words of danger."),
  PARLEY_RED_FLAG_LIST(
      Type.TEXT,
      "",
      "File, a CodeSystem as JSON, in place of the phrases of danger; read again when it changes."),
  PARLEY_RESULT_RULES(
      Type.pattern(
          "(\\S+=(now|clinician|\\d{1,4}h)(,\\s*\\S+=(now|clinician|\\d{1,4}h))*)?",
          "code=now, code=clinician or code=72h, with commas"),
      "sensitive=clinician,SP=clinician,CP=clinician,GE=clinician,default=now",
      "When a patient hears of a final report, by its code or category: at once, after hours, or"
          + " when a clinician has looked at it."),
  PARLEY_CRITICAL_MINUTES(
      Type.COUNT, "30", "By when a critical result is acknowledged by whoever ordered it."),
  PARLEY_WORDING(
      Type.choice("advise", "confirm", "refuse"),
      "advise",
      "What becomes of a routine message of staff that may be read wrongly: a warning, a question"
          + " to confirm it, or a refusal; see docs/features/wording.md."),
  PARLEY_WORDING_LIST(
      Type.TEXT,
      "",
      "File, a CodeSystem as JSON, in place of the list of words that are read wrongly; read again"
          + " when it changes."),
  PARLEY_REACH_SECONDS(
      Type.COUNT,
      "5",
      "How long a message may be on its way to an open client before its reader is told by Web Push"
          + " or e-mail; see docs/features/reach.md."),
  PARLEY_UNDELIVERED_SECONDS(
      Type.COUNT,
      "120",
      "A stat message that no device of a recipient has by then steps the ladder and tells its"
          + " sender."),
  PARLEY_UNACKNOWLEDGED_SECONDS(
      Type.COUNT, "300", "The same if the recipient has not acknowledged it by then."),
  PARLEY_UNREAD_HOURS(
      Type.COUNT,
      "48",
      "A message that a patient has not read by then becomes work for its sender's pool."),
  PARLEY_VAPID_KEYS(
      Type.SECRET,
      "",
      "Public and private key for Web Push in base64url, with a comma, as common tools print them;"
          + " empty for a pair that is made once and kept in the database."),
  PARLEY_VAPID_SUBJECT(
      Type.pattern("((mailto:|https://)\\S+)?", "mailto: or https address"),
      "",
      "Whom a push service writes to about our pushes; empty for the address of this server."),
  PARLEY_SMTP(
      Type.pattern("(\\S+:\\d{1,5})?", "host:port"),
      "",
      "Mail server by which people are told that they have a message; empty for no e-mail."),
  PARLEY_SMTP_TLS(
      Type.choice("starttls", "tls", "none"),
      "starttls",
      "How it is spoken to: TLS after a greeting, from the start, or not at all."),
  PARLEY_SMTP_USER(Type.TEXT, "", "User at the mail server; empty for no login."),
  PARLEY_SMTP_PASSWORD(Type.SECRET, "", "That user's password."),
  PARLEY_EMAIL_FROM(
      Type.pattern("\\S.*@\\S+|\\S+@\\S+", "e-mail address"),
      "noreply@localhost",
      "Sender of these e-mails."),
  PARLEY_EMAIL_TEXT(
      Type.TEXT,
      "You have a new message. To read it, log in here:",
      "What they say; the address of PARLEY_EMAIL_URL follows."),
  PARLEY_EMAIL_URL(
      Type.URL, "", "Page where people read messages; empty for the address of this server."),
  PARLEY_EMAIL_MINUTES(
      Type.COUNT, "30", "Nobody gets more than one of these e-mails in this time."),
  PARLEY_LOG(
      Type.choice("text", "json"), "text", "Form of the log: lines for people, or for programs."),
  PARLEY_JAVA_OPTS(Type.TEXT, "", "Java flags that the parley script uses in place of its own.");

  private final Type type;
  private final String fallback;
  private final String sentence;

  Setting(Type type, String fallback, String sentence) {
    this.type = type;
    this.fallback = fallback;
    this.sentence = sentence;
  }

  public Type type() {
    return type;
  }

  /** The value when nothing is set; empty means "not set". */
  public String fallback() {
    return fallback;
  }

  public String sentence() {
    return sentence;
  }

  public boolean secret() {
    return type == Type.SECRET || type == Type.KEYS;
  }

  /** The setting of this name, if there is one. */
  public static Optional<Setting> named(String name) {
    return Arrays.stream(values()).filter(s -> s.name().equals(name)).findFirst();
  }

  /** What values a setting takes: a word for the page, and the check. */
  public record Type(String word, java.util.function.Predicate<String> accepts) {
    static final Type TEXT = new Type("text", v -> true);
    static final Type SECRET = new Type("secret", v -> true);
    static final Type KEYS =
        new Type(
            "keys of 32 bytes in base64, with commas",
            v -> v.isEmpty() || v.matches("[A-Za-z0-9+/]{43}=(,\\s*[A-Za-z0-9+/]{43}=)*"));
    static final Type COUNT = atLeast(1);
    static final Type PORT = new Type("port, 0 to 65535", v -> number(v, 0, 65535));
    static final Type URL =
        new Type("http or https address", v -> v.isEmpty() || v.matches("https?://[^\\s/]+\\S*"));

    static final Type ZONE =
        new Type(
            "IANA time zone",
            v -> v.isEmpty() || java.time.ZoneId.getAvailableZoneIds().contains(v));

    static Type atLeast(long least) {
      return new Type("whole number of at least " + least, v -> number(v, least, 1L << 40));
    }

    static Type pattern(String regex, String word) {
      return new Type(word, v -> v.matches(regex));
    }

    static final Type IDENTITY_LEVELS =
        new Type(
            "class=level pairs with commas, levels 0 to 3",
            v -> v.matches("((^|,) *(greeting|scheduling|clinical|sensitive)=[0-3] *(?=,|$))+"));

    static Type choice(String... words) {
      return new Type("one of " + String.join(", ", words), Arrays.asList(words)::contains);
    }

    private static boolean number(String value, long low, long high) {
      return value.matches("\\d{1,15}")
          && Long.parseLong(value) >= low
          && Long.parseLong(value) <= high;
    }
  }
}
