package dev.parley.store;

import dev.parley.access.Caller;
import java.util.List;
import org.hibernate.StatelessSession;

public final class ResourceSearch {
  public ResourceSearch(
      dev.parley.db.Database d,
      ResourceTypes t,
      SearchParams p,
      Visibility v,
      java.time.Clock c,
      dev.parley.config.Config g) {}

  public SearchPage search(Caller caller, SearchRequest request) {
    return null;
  }

  public List<StoredResource> match(
      StatelessSession session, Caller caller, String type, String query) {
    return List.of();
  }

  public List<StoredResource> match(Caller caller, String type, String query) {
    return List.of();
  }
}
