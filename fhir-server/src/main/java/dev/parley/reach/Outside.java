// SPDX-License-Identifier: Apache-2.0
package dev.parley.reach;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * What others say of those who are told.
 *
 * @param allows whether an address may be pushed to
 * @param send calls it, after a look at where the name leads now
 * @param admitted whether somebody could log in
 * @param page where people read messages, if no setting says so
 */
public record Outside(
    Predicate<String> allows,
    Function<HttpRequest, CompletableFuture<HttpResponse<Void>>> send,
    Permission permission,
    Predicate<String> admitted,
    Supplier<String> page) {}
