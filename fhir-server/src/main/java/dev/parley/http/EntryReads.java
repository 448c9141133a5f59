package dev.parley.http;

import dev.parley.store.CallerStore;

final class EntryReads {
  void answer(BundleText t, CallerStore s, BundleEntry e, String base) {}
}
