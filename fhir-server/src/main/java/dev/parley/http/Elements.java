package dev.parley.http;

final class Elements {
  void check(org.hl7.fhir.r4.model.Resource r) {}
}
