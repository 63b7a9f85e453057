// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

/// Gemini's embedContent: one vector.
///
/// Shapes: the types of PyPI `google-genai` 3.4.0 (2026-11).
package struct GeminiEmbedContent: GeminiEmbeddingsDialect {
    package var format: WireFormat { .geminiEmbedContent }

    package var endpoints: [Endpoint] { Endpoint.gemini("embedContent", .geminiEmbedContent) }

    package init() {}
}
