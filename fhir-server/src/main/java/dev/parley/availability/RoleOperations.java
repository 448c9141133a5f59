// SPDX-License-Identifier: Apache-2.0
package dev.parley.availability;

import ca.uhn.fhir.rest.annotation.IdParam;
import ca.uhn.fhir.rest.annotation.Operation;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import dev.parley.access.Caller;
import dev.parley.access.Refusal;
import dev.parley.duty.Duty;
import dev.parley.feature.Tools;
import dev.parley.store.CallerStore;
import dev.parley.store.Codes;
import dev.parley.store.Lookup;
import dev.parley.store.Step;
import dev.parley.store.StoredResource;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.BooleanType;
import org.hl7.fhir.r4.model.Extension;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.PractitionerRole;
import org.hl7.fhir.r4.model.Reference;

/**
 * {@code $take-role}, {@code $give-up-role}: "charge nurse 4B" for a shift. What is sent to the
 * role follows whoever holds it; they send in its name, and are audited as themselves.
 */
public final class RoleOperations {
  /** On a role that people take and give up: valueBoolean true. */
  static final String SHIFT = Codes.SHIFT_ROLE;

  /** On one that several hold at once: valueBoolean true. */
  static final String SEVERAL = Codes.EXTENSIONS + "several-holders";

  private final Tools tools;
  private final Duty duty;

  RoleOperations(Tools tools, Duty duty) {
    this.tools = tools;
    this.duty = duty;
  }

  /** Takes a role that nobody holds, or that several may. */
  @Operation(
      name = "$take-role",
      typeName = "PractitionerRole",
      canonicalUrl = Codes.OPERATIONS + "take-role")
  public PractitionerRole take(@IdParam IdType id, RequestDetails request) {
    CallerStore mine = staff(request);
    String me = mine.caller().reference();
    PractitionerRole stored =
        tools.chart().parse(mine.read("PractitionerRole", id.getIdPart()), PractitionerRole.class);
    requireColleague(me, stored, id);
    return change(
        mine,
        id,
        role -> {
          List<String> holders = duty.holders(role);
          if (holders.contains(me)) {
            return;
          }
          if (!holders.isEmpty() && !says(role, SEVERAL)) {
            throw Refusal.conflict(
                "role-held",
                "PractitionerRole/%s is held by %s; they give it up first ($give-up-role)"
                    .formatted(id.getIdPart(), holders.get(0)));
          }
          if (role.hasPractitioner()) {
            role.addExtension(Codes.HOLDER, new Reference(me));
          } else {
            role.setPractitioner(new Reference(me));
          }
        });
  }

  /** Gives it up; who holds it besides keeps it. */
  @Operation(
      name = "$give-up-role",
      typeName = "PractitionerRole",
      canonicalUrl = Codes.OPERATIONS + "give-up-role")
  public PractitionerRole giveUp(@IdParam IdType id, RequestDetails request) {
    CallerStore mine = staff(request);
    String me = mine.caller().reference();
    return change(
        mine,
        id,
        role -> {
          if (!says(role, SHIFT) || !duty.holders(role).contains(me)) {
            throw Refusal.conflict(
                "role-not-held",
                "%s does not hold PractitionerRole/%s".formatted(me, id.getIdPart()));
          }
          if (tools.chart().local(role.getPractitioner()).filter(me::equals).isPresent()) {
            Extension next = role.getExtensionByUrl(Codes.HOLDER);
            role.setPractitioner(next == null ? null : (Reference) next.getValue());
            role.getExtension().remove(next);
          } else {
            role.getExtension().removeIf(e -> isHolder(e, me));
          }
        });
  }

  private boolean isHolder(Extension extension, String who) {
    return Codes.HOLDER.equals(extension.getUrl())
        && extension.getValue() instanceof Reference holder
        && tools.chart().local(holder).filter(who::equals).isPresent();
  }

  private CallerStore staff(RequestDetails request) {
    CallerStore mine = tools.as(request);
    mine.caller().require("PractitionerRole", "ru");
    if (mine.caller().kind() != Caller.Kind.STAFF) {
      throw Refusal.forbidden("not-staff", "Only staff take roles");
    }
    return mine;
  }

  /** Whoever works for the same service or organization by another role. */
  private void requireColleague(String me, PractitionerRole role, IdType id) {
    if (!says(role, SHIFT) || Boolean.FALSE.equals(role.getActiveElement().getValue())) {
      throw Refusal.forbidden(
          "no-shift-role",
          "PractitionerRole/%s is no role that people take".formatted(id.getIdPart()));
    }
    Set<String> places = places(role);
    List<StoredResource> roles =
        tools
            .database()
            .with(c -> Lookup.referring(c, "PractitionerRole", "practitioner", List.of(me)));
    for (StoredResource each : roles) {
      PractitionerRole other = tools.chart().parse(each, PractitionerRole.class);
      boolean on = duty.isEmployed(other, tools.clock().instant());
      if (on
          && !each.id().equals(id.getIdPart())
          && !says(other, SHIFT)
          && places(other).stream().anyMatch(places::contains)) {
        return;
      }
    }
    throw Refusal.forbidden(
        "not-a-colleague",
        "%s works neither for the service nor for the organization of PractitionerRole/%s"
            .formatted(me, id.getIdPart()));
  }

  private Set<String> places(PractitionerRole role) {
    return Stream.concat(Stream.of(role.getOrganization()), role.getHealthcareService().stream())
        .flatMap(r -> tools.chart().local(r).stream())
        .collect(Collectors.toSet());
  }

  private static boolean says(PractitionerRole role, String url) {
    Extension extension = role.getExtensionByUrl(url);
    return extension != null
        && extension.getValue() instanceof BooleanType yes
        && yes.booleanValue();
  }

  private PractitionerRole change(CallerStore mine, IdType id, Consumer<PractitionerRole> change) {
    Step step = Step.byOperation(tools.fhir(), PractitionerRole.class, id.getIdPart(), change);
    return tools.chart().parse(mine.write(step).resource(), PractitionerRole.class);
  }
}
