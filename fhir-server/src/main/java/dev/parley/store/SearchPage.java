package dev.parley.store;

public record SearchPage() {}
