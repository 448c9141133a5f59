// SPDX-License-Identifier: Apache-2.0
package dev.parley.store;

import java.util.List;

/**
 * A page of versions, newest first.
 *
 * @param total all versions that the request is about
 * @param next where the next page begins, or null
 */
public record HistoryPage(List<StoredResource> versions, long total, HistoryRequest.Place next) {}
