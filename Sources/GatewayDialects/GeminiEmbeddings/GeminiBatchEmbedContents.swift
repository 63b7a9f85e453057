// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

/// Gemini's batchEmbedContents: several vectors.
///
/// Shapes: the types of PyPI `google-genai` 3.4.0 (2026-11).
package struct GeminiBatchEmbedContents: GeminiEmbeddingsDialect {
    package var format: WireFormat { .geminiBatchEmbedContents }

    package var endpoints: [Endpoint] { Endpoint.gemini("batchEmbedContents", .geminiBatchEmbedContents) }

    package init() {}
}
