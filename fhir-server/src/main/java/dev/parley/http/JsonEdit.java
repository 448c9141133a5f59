// SPDX-License-Identifier: Apache-2.0
package dev.parley.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.flipkart.zjsonpatch.CompatibilityFlags;
import com.flipkart.zjsonpatch.InvalidJsonPatchException;
import com.flipkart.zjsonpatch.JsonPatch;
import com.flipkart.zjsonpatch.JsonPatchApplicationException;
import com.flipkart.zjsonpatch.Operation;
import dev.parley.access.Refusal;
import java.util.EnumSet;

/** JSON Patch, RFC 6902, with decimals kept to the digit. */
final class JsonEdit {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .nodeFactory(JsonNodeFactory.withExactBigDecimals(true))
          .build();
  private static final EnumSet<CompatibilityFlags> STRICT =
      EnumSet.of(CompatibilityFlags.FORBID_REMOVE_MISSING_OBJECT);

  private JsonEdit() {}

  /**
   * The document after all operations of the patch.
   *
   * @throws Refusal 400 if it is not a JSON Patch, 422 if a test fails or a path is not there
   */
  static String apply(String json, String patch) {
    JsonNode operations = operations(patch);
    try {
      JsonNode before = JSON.readTree(json);
      JsonNode after = JsonPatch.apply(operations, before, STRICT);
      if (!after.path("resourceType").equals(before.path("resourceType"))) {
        throw Patches.identity();
      }
      return JSON.writeValueAsString(after);
    } catch (InvalidJsonPatchException e) {
      throw malformed();
    } catch (JsonPatchApplicationException e) {
      if (e.getOperation() == Operation.TEST) {
        throw Refusal.unprocessable(
            "business-rule", "patch-test", "The patch's test of " + e.getPath() + " failed");
      }
      throw Refusal.unprocessable(
          "business-rule",
          "patch-path",
          "The patch's " + e.getOperation() + " does not fit at " + e.getPath());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("stored JSON cannot be read", e);
    }
  }

  /** Whether the patch asks what stands there, rather than only changing it. */
  static boolean tests(String patch) {
    for (JsonNode operation : operations(patch)) {
      if (operation.path("op").asText().equalsIgnoreCase("test")) {
        return true;
      }
    }
    return false;
  }

  private static JsonNode operations(String patch) {
    try {
      JsonNode operations = JSON.readTree(patch);
      if (!operations.isArray()) {
        throw malformed();
      }
      JsonPatch.validate(operations);
      return operations;
    } catch (JsonProcessingException | JsonPatchApplicationException | IllegalArgumentException e) {
      throw malformed();
    }
  }

  private static Refusal malformed() {
    return Refusal.invalid(
        "malformed-patch", "The body is not a JSON Patch: an array of operations (RFC 6902)");
  }
}
