// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import org.hibernate.annotations.Immutable;

/** The current version of a resource, without its index values: those are only searched. */
@Entity
@Immutable
@Table(name = "resource")
public class ResourceRow {
  @Id long self;
  short type;
  String id;
  int version;
  Instant updated;
  char kind;
  Long thread;
  String body;

  StoredResource stored(ResourceTypes types) {
    return new StoredResource(types.name(type), id, version, updated, Change.Kind.of(kind), body);
  }
}
