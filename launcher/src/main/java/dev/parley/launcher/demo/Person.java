// SPDX-License-Identifier: Apache-2.0
package dev.parley.launcher.demo;

/** Somebody of the demo hospital whom it is worth to be. */
public record Person(String name, String role, String reference, String story) {}
