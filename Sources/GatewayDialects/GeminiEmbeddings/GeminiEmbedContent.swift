// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayJSON
package import NIOCore

/// Gemini's embedContent: one vector.
///
/// Shapes: the types of PyPI `google-genai` 3.4.0 (2026-11).
package struct GeminiEmbedContent: RelayedDialect {
    package var format: WireFormat { .geminiEmbedContent }
    package var namesModelInBody: Bool { false }

    package init() {}

    package func makeRelay(for relay: RelayContext) -> any ResponseTransform {
        WholeRelay(usageMember: "usageMetadata", Gemini.usage)
    }

    package func encodeError(_ error: GatewayError, requestID: String) -> ByteBuffer {
        Gemini().encodeError(error, requestID: requestID)
    }

    package func encodeStreamError(_ error: GatewayError, requestID: String) -> ByteBuffer {
        Gemini().encodeStreamError(error, requestID: requestID)
    }
}
