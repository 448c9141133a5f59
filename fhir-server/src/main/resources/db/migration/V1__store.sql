-- The store: one row per resource with everything it can be found by, one row per superseded version, one event per change.
-- Why it looks like this, with measurements: docs/decisions/0002-index-values.md

create table resource_type (
  code smallint primary key,
  name text not null unique
);
insert into resource_type (code, name)
select position, name from unnest(array[
  'Account', 'ActivityDefinition', 'AdverseEvent', 'AllergyIntolerance', 'Appointment', 'AppointmentResponse',
  'AuditEvent', 'Basic', 'Binary', 'BiologicallyDerivedProduct', 'BodyStructure', 'Bundle',
  'CapabilityStatement', 'CarePlan', 'CareTeam', 'CatalogEntry', 'ChargeItem', 'ChargeItemDefinition', 'Claim',
  'ClaimResponse', 'ClinicalImpression', 'CodeSystem', 'Communication', 'CommunicationRequest',
  'CompartmentDefinition', 'Composition', 'ConceptMap', 'Condition', 'Consent', 'Contract', 'Coverage',
  'CoverageEligibilityRequest', 'CoverageEligibilityResponse', 'DetectedIssue', 'Device', 'DeviceDefinition',
  'DeviceMetric', 'DeviceRequest', 'DeviceUseStatement', 'DiagnosticReport', 'DocumentManifest',
  'DocumentReference', 'EffectEvidenceSynthesis', 'Encounter', 'Endpoint', 'EnrollmentRequest',
  'EnrollmentResponse', 'EpisodeOfCare', 'EventDefinition', 'Evidence', 'EvidenceVariable', 'ExampleScenario',
  'ExplanationOfBenefit', 'FamilyMemberHistory', 'Flag', 'Goal', 'GraphDefinition', 'Group', 'GuidanceResponse',
  'HealthcareService', 'ImagingStudy', 'Immunization', 'ImmunizationEvaluation', 'ImmunizationRecommendation',
  'ImplementationGuide', 'InsurancePlan', 'Invoice', 'Library', 'Linkage', 'List', 'Location', 'Measure',
  'MeasureReport', 'Media', 'Medication', 'MedicationAdministration', 'MedicationDispense',
  'MedicationKnowledge', 'MedicationRequest', 'MedicationStatement', 'MedicinalProduct',
  'MedicinalProductAuthorization', 'MedicinalProductContraindication', 'MedicinalProductIndication',
  'MedicinalProductIngredient', 'MedicinalProductInteraction', 'MedicinalProductManufactured',
  'MedicinalProductPackaged', 'MedicinalProductPharmaceutical', 'MedicinalProductUndesirableEffect',
  'MessageDefinition', 'MessageHeader', 'MolecularSequence', 'NamingSystem', 'NutritionOrder', 'Observation',
  'ObservationDefinition', 'OperationDefinition', 'OperationOutcome', 'Organization', 'OrganizationAffiliation',
  'Parameters', 'Patient', 'PaymentNotice', 'PaymentReconciliation', 'Person', 'PlanDefinition', 'Practitioner',
  'PractitionerRole', 'Procedure', 'Provenance', 'Questionnaire', 'QuestionnaireResponse', 'RelatedPerson',
  'RequestGroup', 'ResearchDefinition', 'ResearchElementDefinition', 'ResearchStudy', 'ResearchSubject',
  'RiskAssessment', 'RiskEvidenceSynthesis', 'Schedule', 'SearchParameter', 'ServiceRequest', 'Slot',
  'Specimen', 'SpecimenDefinition', 'StructureDefinition', 'StructureMap', 'Subscription', 'Substance',
  'SubstanceNucleicAcid', 'SubstancePolymer', 'SubstanceProtein', 'SubstanceReferenceInformation',
  'SubstanceSourceMaterial', 'SubstanceSpecification', 'SupplyDelivery', 'SupplyRequest', 'Task',
  'TerminologyCapabilities', 'TestReport', 'TestScript', 'ValueSet', 'VerificationResult', 'VisionPrescription'
]) with ordinality as t(name, position);

-- 64-bit numbers called "key" or "self" here are Keys.of(...): the first eight bytes of a SHA-256.
-- self = key of "Type/id"; an entry of keys = key of the search parameter XOR key of the value, so that a
-- reference to a resource can be computed from its self in SQL (chains, _has, includes are joins on that).
create table resource (
  self    bigint      not null,
  updated timestamptz not null,
  at      timestamptz,              -- the type's principal date (Communication.sent, Appointment.start, ...)
  thread  bigint,                   -- Communication: self of the first partOf
  version int         not null,
  type    smallint    not null,
  kind    "char"      not null,     -- what made this version: C create, U update, D delete
  id      text collate "C" not null,
  keys    bigint[]    not null,     -- token, reference, uri, exact string and "is present" values
  who     bigint[]    not null,     -- the compartment owners it names: its rows in timeline
  audience bigint[],                -- who may see it: holders of one of these keys (access_grant); null: as its thread
  body    text,                     -- compact JSON without id, versionId, lastUpdated; null when deleted
  primary key (self)
);
-- A page of a thread, newest first: one index range, no sort.
create index resource_thread on resource (thread, at, self) where thread is not null;
-- A type by its principal date (GET Slot?start=ge..., Communication?_sort=-sent).
create index resource_at on resource (type, at, self) where at is not null;
-- _lastUpdated, type history, and the default order of a search.
create index resource_updated on resource (type, updated, self);
-- Every equality-like parameter. The pending list is kept short because every reader has to scan it.
create index resource_keys on resource using gin (keys) with (fastupdate = on, gin_pending_list_limit = 256);

-- Whom a resource concerns, and when: one row for each compartment owner (patient, practitioner, ...) it names.
-- Inbox, compartment and "all of this patient" are a range of this primary key; merged patients are found through it.
create table timeline (
  who  bigint      not null,
  at   timestamptz not null,
  self bigint      not null,
  type smallint    not null,
  primary key (who, type, at, self)
);

-- What is not equality-like gets a row per value; a message has none of these.
create table string_value (
  param bigint not null,
  self  bigint not null,
  value text collate "C" not null    -- lower case, no accents, single spaces
);
create index string_value_find on string_value (param, value, self);
create index string_value_self on string_value (self);

create table date_value (
  param bigint      not null,
  self  bigint      not null,
  low   timestamptz not null,        -- -infinity for an open start
  high  timestamptz not null         -- exclusive; infinity for an open end
);
create index date_value_find on date_value (param, low, high, self);
create index date_value_self on date_value (self);

create table number_value (
  param bigint   not null,
  self  bigint   not null,
  low   numeric  not null,
  high  numeric  not null,
  units bigint[] not null default '{}'  -- quantity: keys of "code", "system|code", "unit"
);
create index number_value_find on number_value (param, low, high, self);
create index number_value_self on number_value (self);

-- Versions that are no longer current.
create table version (
  self    bigint      not null,
  updated timestamptz not null,
  version int         not null,
  type    smallint    not null,
  kind    "char"      not null,
  id      text collate "C" not null,
  audience bigint[],                -- whom it was for: a draft stays its author's after it was sent
  body    text,
  primary key (self, version)
);
create index version_updated on version (type, updated, self, version);

-- The event log: one row per change, written in the change's own transaction.
-- Order is (era, xid, seq); a reader stays below pg_snapshot_xmin(pg_current_snapshot()), under which nothing can appear any more.
create table event (
  xid      xid8        not null default pg_current_xact_id(),
  seq      bigint      not null generated always as identity,
  at       timestamptz not null,
  self     bigint      not null,
  thread   bigint,
  version  int         not null,
  era      smallint    not null default 1,   -- the default is changed when a new era begins
  type     smallint    not null,
  kind     "char"      not null,
  id       text collate "C" not null,
  keys     bigint[]    not null,     -- frozen: what the new version is found by (empty for a delete)
  was      bigint[],                 -- frozen: what the version before it was found by (null for a create)
  audience bigint[]    not null default '{}',
  primary key (era, xid, seq)
);

-- Which audience keys somebody holds, and when: derived from the resource "source", in its transaction.
-- Time narrows by itself: an end of a period or a birthday needs no write.
create table access_grant (
  holder bigint      not null,      -- self of a person, or of a role, team or pool
  key    bigint      not null,
  source bigint      not null,
  low    timestamptz not null default '-infinity',
  high   timestamptz not null default 'infinity',
  since  timestamptz,               -- only what is from then on
  team   bigint,                    -- the holder is a member of this role, team or pool, and holds what it holds
  about  bigint                     -- the patient whom the key is about
);
create index access_grant_holder on access_grant (holder, key) include (low, high, since);
create index access_grant_member on access_grant (holder) include (team, low, high) where team is not null;
create index access_grant_team on access_grant (team) include (holder, low, high) where team is not null;
create index access_grant_key on access_grant (key) include (holder, low, high, since);
create index access_grant_source on access_grant (source);
create index access_grant_about on access_grant (about) where about is not null;

-- A person and all roles, teams and pools that they are in now.
create function holders(p_person bigint, p_now timestamptz) returns setof bigint language sql stable as $$
  with recursive held(self) as (
    select p_person
    union
    select g.team from held join access_grant g on g.holder = held.self
      where g.team is not null and g.low <= p_now and p_now < g.high)
  select self from held
$$;

-- Everybody who holds one of these keys now, themselves or by a role, team or pool. Frozen into the event of a change.
create function audience_holders(p_keys bigint[], p_now timestamptz, p_at timestamptz) returns bigint[] language sql stable as $$
  with recursive held(self) as (
    select g.holder from access_grant g
      where g.key = any(p_keys) and g.low <= p_now and p_now < g.high and (g.since is null or g.since <= p_at)
    union
    select g.holder from held join access_grant g on g.team = held.self
      where g.low <= p_now and p_now < g.high)
  select coalesce(array_agg(self), '{}') from held
$$;

create table parley_state (
  name  text primary key,
  value text not null
);

-- One write, whole: locks, version check, references, old version put aside, index values, event. Returns the new version.
-- A function, so that a plain create costs one round trip. Each statement in it sees what was committed before it began
-- (READ COMMITTED, volatile), so what is read after the locks cannot be stale; and nothing before the locks writes.
--   p_locks    advisory lock keys, sorted by the caller; taken until commit
--   p_expected 0: must not exist yet; n: must be at version n; null: whatever it is
--   p_refs     selfs that must exist and not be deleted
-- Errors: PA409 exists already, PA412 detail = current version, PA422 detail = the selfs that are missing.
create function write_resource(
  p_locks bigint[], p_expected int, p_refs bigint[],
  p_self bigint, p_type smallint, p_id text, p_kind "char", p_updated timestamptz, p_at timestamptz, p_thread bigint,
  p_keys bigint[], p_who bigint[], p_audience bigint[], p_body text,
  p_string_params bigint[] default '{}', p_strings text[] default '{}',
  p_date_params bigint[] default '{}', p_date_lows timestamptz[] default '{}', p_date_highs timestamptz[] default '{}',
  p_number_params bigint[] default '{}', p_number_lows numeric[] default '{}', p_number_highs numeric[] default '{}',
  p_number_units text[] default '{}'
) returns table (new_version int, new_updated timestamptz) language plpgsql as $$
declare
  k        bigint;
  old      resource%rowtype;
  missing  bigint[];
  v        int := 1;
  u        timestamptz := p_updated;
  aud      bigint[] := p_audience;  -- what is stored
  eff      bigint[];                -- what holds: its thread's, if it has none
begin
  foreach k in array p_locks loop
    perform pg_advisory_xact_lock(k);
  end loop;

  if cardinality(p_refs) > 0 then
    select array_agg(ref) into missing from unnest(p_refs) ref
      where not exists (select 1 from resource r where r.self = ref and r.body is not null);
    if missing is not null then
      raise exception 'missing references' using errcode = 'PA422', detail = array_to_string(missing, ',');
    end if;
  end if;

  if p_expected = 0 then
    insert into resource (self, updated, at, thread, version, type, kind, id, keys, who, audience, body)
      values (p_self, u, p_at, p_thread, 1, p_type, p_kind, p_id, p_keys, p_who, aud, p_body)
      on conflict (self) do nothing;
    if not found then
      raise exception 'exists already' using errcode = 'PA409';
    end if;
  else
    select * into old from resource where self = p_self for update;
    if p_expected is not null and (old.version is null or old.version <> p_expected) then
      raise exception 'other version' using errcode = 'PA412', detail = coalesce(old.version, 0)::text;
    end if;
    if old.self is null then
      insert into resource (self, updated, at, thread, version, type, kind, id, keys, who, audience, body)
        values (p_self, u, p_at, p_thread, 1, p_type, p_kind, p_id, p_keys, p_who, aud, p_body);
    else
      if old.id <> p_id or old.type <> p_type then
        raise exception 'exists already' using errcode = 'PA409';
      end if;
      v := old.version + 1;
      -- Time never runs backwards within a resource, whatever the clocks of two servers say.
      u := greatest(u, old.updated + interval '1 millisecond');
      insert into version (self, updated, version, type, kind, id, audience, body)
        values (old.self, old.updated, old.version, old.type, old.kind, old.id, old.audience, old.body);
      if p_body is null then
        -- Who might see it may see that it is gone.
        aud := coalesce(old.audience, (select h.audience from resource h where h.self = old.thread));
      end if;
      update resource set audience = aud, updated = u, at = p_at, thread = p_thread, version = v, kind = p_kind, keys = p_keys, who = p_who, body = p_body
        where self = p_self;
      delete from timeline
        where who = any(old.who) and type = old.type and at = coalesce(old.at, old.updated) and self = p_self;
      delete from string_value where self = p_self;
      delete from date_value where self = p_self;
      delete from number_value where self = p_self;
    end if;
  end if;

  if cardinality(p_who) > 0 then
    insert into timeline (who, type, at, self) select who, p_type, coalesce(p_at, u), p_self from unnest(p_who) who;
  end if;
  if cardinality(p_string_params) > 0 then
    insert into string_value (param, self, value) select param, p_self, value from unnest(p_string_params, p_strings) t(param, value);
  end if;
  if cardinality(p_date_params) > 0 then
    insert into date_value (param, self, low, high)
      select param, p_self, low, high from unnest(p_date_params, p_date_lows, p_date_highs) t(param, low, high);
  end if;
  if cardinality(p_number_params) > 0 then
    insert into number_value (param, self, low, high, units)
      select param, p_self, low, high, units::bigint[]
      from unnest(p_number_params, p_number_lows, p_number_highs, p_number_units) t(param, low, high, units);
  end if;

  eff := coalesce(aud, (select h.audience from resource h where h.self = p_thread));
  insert into event (at, self, thread, version, type, kind, id, keys, was, audience)
    values (u, p_self, p_thread, v, p_type, p_kind, p_id, p_keys, old.keys,
            case when eff is null then '{}'
                 when aud is null then audience_holders(eff, u, coalesce(p_at, u))
                 else audience_holders(eff, u, coalesce(p_at, u)) || aud end);
  return query select v, u;
end
$$;

-- Many creates of one transaction, set by set: loading is bound by this. Ids were drawn by the server, locks are held,
-- references are checked by the caller at the end (they may point forward within the transaction).
-- Arrays of arrays come as text[], because those of PostgreSQL have to be rectangular.
create function create_resources(
  p_updated timestamptz, p_selfs bigint[], p_types smallint[], p_ids text[], p_ats timestamptz[], p_threads bigint[],
  p_keys text[], p_whos text[], p_audiences text[], p_bodies text[],
  p_string_selfs bigint[], p_string_params bigint[], p_strings text[],
  p_date_selfs bigint[], p_date_params bigint[], p_date_lows timestamptz[], p_date_highs timestamptz[],
  p_number_selfs bigint[], p_number_params bigint[], p_number_lows numeric[], p_number_highs numeric[], p_number_units text[]
) returns void language sql as $$
  insert into resource (self, updated, at, thread, version, type, kind, id, keys, who, audience, body)
    select self, p_updated, at, thread, 1, type, 'C', id, keys::bigint[], who::bigint[], audience::bigint[], body
    from unnest(p_selfs, p_types, p_ids, p_ats, p_threads, p_keys, p_whos, p_audiences, p_bodies)
      t(self, type, id, at, thread, keys, who, audience, body);
  insert into timeline (who, type, at, self)
    select w, type, coalesce(at, p_updated), self
    from unnest(p_selfs, p_types, p_ats, p_whos) t(self, type, at, who), unnest(who::bigint[]) w;
  insert into string_value (self, param, value) select * from unnest(p_string_selfs, p_string_params, p_strings);
  insert into date_value (self, param, low, high)
    select * from unnest(p_date_selfs, p_date_params, p_date_lows, p_date_highs);
  insert into number_value (self, param, low, high, units)
    select self, param, low, high, units::bigint[]
    from unnest(p_number_selfs, p_number_params, p_number_lows, p_number_highs, p_number_units)
      t(self, param, low, high, units);
  insert into event (at, self, thread, version, type, kind, id, keys, audience)
    select p_updated, t.self, t.thread, 1, t.type, 'C', t.id, t.keys::bigint[],
           case when t.audience is not null
                then audience_holders(t.audience::bigint[], p_updated, coalesce(t.at, p_updated)) || t.audience::bigint[]
                when h.audience is not null then audience_holders(h.audience, p_updated, coalesce(t.at, p_updated))
                else '{}' end
    from unnest(p_selfs, p_threads, p_types, p_ids, p_keys, p_audiences, p_ats)
           with ordinality t(self, thread, type, id, keys, audience, at, position)
         left join resource h on h.self = t.thread
    order by t.position;
$$;
