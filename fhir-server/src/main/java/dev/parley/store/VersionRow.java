// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.IdClass;
import jakarta.persistence.Table;
import java.io.Serializable;
import java.time.Instant;
import org.hibernate.annotations.Immutable;

/** A superseded version of a resource. */
@Entity
@Immutable
@Table(name = "version")
@IdClass(VersionRow.Key.class)
public class VersionRow {
  @Id long self;
  @Id int version;
  short type;
  String id;
  Instant updated;
  char kind;
  String body;

  StoredResource stored(ResourceTypes types) {
    return new StoredResource(types.name(type), id, version, updated, Change.Kind.of(kind), body);
  }

  /** The primary key of a version. */
  public record Key(long self, int version) implements Serializable {}
}
