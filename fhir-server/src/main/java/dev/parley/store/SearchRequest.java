package dev.parley.store;

public record SearchRequest() {}
