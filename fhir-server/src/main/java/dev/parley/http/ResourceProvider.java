// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.rest.annotation.ConditionalUrlParam;
import ca.uhn.fhir.rest.annotation.Create;
import ca.uhn.fhir.rest.annotation.Delete;
import ca.uhn.fhir.rest.annotation.History;
import ca.uhn.fhir.rest.annotation.IdParam;
import ca.uhn.fhir.rest.annotation.Operation;
import ca.uhn.fhir.rest.annotation.Patch;
import ca.uhn.fhir.rest.annotation.Read;
import ca.uhn.fhir.rest.annotation.ResourceParam;
import ca.uhn.fhir.rest.annotation.Search;
import ca.uhn.fhir.rest.annotation.Update;
import ca.uhn.fhir.rest.api.MethodOutcome;
import ca.uhn.fhir.rest.api.PatchTypeEnum;
import ca.uhn.fhir.rest.api.server.IBundleProvider;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.server.IResourceProvider;
import ca.uhn.fhir.rest.server.SimpleBundleProvider;
import java.util.function.Function;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.OperationOutcome;
import org.hl7.fhir.r4.model.Resource;

/**
 * The interactions of one resource type, for HAPI to bind URLs to: one class, an instance for each
 * type. What it answers is an {@link Answer}; what it returns to HAPI is only the shape of it.
 */
public final class ResourceProvider implements IResourceProvider {
  static final IBundleProvider NOTHING = nothing();

  private final String type;
  private final FhirContext fhir;
  private final Interactions interactions;
  private final ValidateOperation validate;

  ResourceProvider(
      String type, FhirContext fhir, Interactions interactions, ValidateOperation validate) {
    this.type = type;
    this.fhir = fhir;
    this.interactions = interactions;
    this.validate = validate;
  }

  @Override
  public Class<? extends IBaseResource> getResourceType() {
    return fhir.getResourceDefinition(type).getImplementingClass();
  }

  @Read(version = true)
  public IBaseResource read(@IdParam IdType id, RequestDetails request) {
    return shape(interactions.read(type, id, request));
  }

  @Create
  public MethodOutcome create(
      @ResourceParam IBaseResource resource,
      @ResourceParam String raw,
      @ConditionalUrlParam String ifNoneExist,
      RequestDetails request) {
    return outcome(interactions.create((Resource) resource, raw, ifNoneExist, request));
  }

  @Update
  public MethodOutcome update(
      @IdParam IdType id,
      @ResourceParam IBaseResource resource,
      @ResourceParam String raw,
      @ConditionalUrlParam String condition,
      RequestDetails request) {
    return outcome(interactions.update((Resource) resource, raw, id, condition, request));
  }

  @Patch
  public MethodOutcome patch(
      @IdParam IdType id,
      PatchTypeEnum kind,
      @ResourceParam String patch,
      @ConditionalUrlParam String condition,
      RequestDetails request) {
    return outcome(interactions.patch(type, id, kind, patch, condition, request));
  }

  @Delete
  public MethodOutcome delete(
      @IdParam IdType id, @ConditionalUrlParam String condition, RequestDetails request) {
    return outcome(interactions.delete(type, id, condition, request));
  }

  @Search(allowUnknownParams = true)
  public IBundleProvider search(RequestDetails request) {
    return bundle(r -> interactions.search(type, r), request);
  }

  @History
  public IBundleProvider history(@IdParam IdType id, RequestDetails request) {
    return bundle(r -> interactions.history(type, id.getIdPart(), r), request);
  }

  @History
  public IBundleProvider history(RequestDetails request) {
    return bundle(r -> interactions.history(type, null, r), request);
  }

  /** HAPI offers its global operations on instances only, so each type has its own. */
  @Operation(
      name = "$validate",
      manualRequest = true,
      idempotent = true,
      canonicalUrl = ValidateOperation.CANONICAL)
  public OperationOutcome validate(@IdParam(optional = true) IdType id, RequestDetails request) {
    return validate.answer(id, request);
  }

  /** For HAPI to make a Bundle of that nobody reads; without a time, which it would format. */
  private static IBundleProvider nothing() {
    SimpleBundleProvider nothing = new SimpleBundleProvider();
    nothing.setPublished(null);
    return nothing;
  }

  private static IBundleProvider bundle(
      Function<RequestDetails, Answer> interaction, RequestDetails request) {
    interaction.apply(request).on(request);
    return NOTHING;
  }

  /** Only the id: with a version or a time HAPI would answer conditional reads its own way. */
  private IBaseResource shape(Answer answer) {
    Resource resource = (Resource) fhir.getResourceDefinition(type).newInstance();
    resource.setId(new IdType(type, answer.stored().id()));
    return resource;
  }

  private static MethodOutcome outcome(Answer answer) {
    MethodOutcome outcome = new MethodOutcome();
    outcome.setCreated(answer.status() == 201);
    if (answer.stored() != null) {
      outcome.setId(
          new IdType(
              answer.stored().type(),
              answer.stored().id(),
              String.valueOf(answer.stored().version())));
    }
    return outcome;
  }
}
